"""One thin module per DVC stage and per command."""
