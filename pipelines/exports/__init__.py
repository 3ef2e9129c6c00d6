"""Files for the tools of marketers: one file per destination, each with its ``DESTINATION`` (`features.discovery`)."""
