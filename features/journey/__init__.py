"""The journey as it went: what the kernel of ``features.journey_tables`` is made of."""
