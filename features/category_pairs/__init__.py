"""Customer x category at a cutoff: what is known of each pair, and whether the customer bought it soon after.

One row per customer and cutoff holds a value per category, so a table is an array (customers, categories) per measure.
The categories are a fixed list, most bought first, chosen by what was known at the oldest cutoff.
"""
