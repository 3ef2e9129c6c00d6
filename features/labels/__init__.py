"""One target per file: its contract and a function from the label window to columns."""
