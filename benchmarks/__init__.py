"""Benchmarks: prediction quality against baselines, on real purchases."""
