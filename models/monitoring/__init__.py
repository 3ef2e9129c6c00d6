"""Watching what goes in and what comes out: drift, changed sources, freshness, and scores against what happened."""
