"""Tuning: which settings of the estimators forecast best, out of time, before any test cutoff."""
