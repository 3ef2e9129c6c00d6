"""One file per tool that takes score files, each with its ``DESTINATION`` (`pipelines.exports.destinations._base`)."""
