"""Which categories a customer buys next: a probability per customer and category, for known and new categories."""
