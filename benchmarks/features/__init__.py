"""The feature benchmark: 252 columns per customer and cutoff, by the project and by its peers."""
