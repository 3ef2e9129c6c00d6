"""Baselines: what a model must beat; one file each, behind the protocol of ``_base``, found by file name."""
