"""The next best action on simulated customers: the share of the attainable gain that the product's rule earns."""
