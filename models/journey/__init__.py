"""Journey analytics: from the tallies of ``features.journey_tables`` to what a marketer reads."""
