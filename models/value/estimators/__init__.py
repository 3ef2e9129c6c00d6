"""One file per way to predict money."""
