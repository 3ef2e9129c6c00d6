"""The journey map: one picture for the wall, as SVG with text as text."""
