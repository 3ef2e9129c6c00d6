"""Kinds of calibration, one file each, behind the protocol of ``_base``, found by file name."""
