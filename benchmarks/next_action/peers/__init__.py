"""The product's rule beside the libraries of the field, on the same decisions; they run in a python of their own."""
