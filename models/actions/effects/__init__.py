"""Learners of effects: one file each, all behind the protocol of ``_base``; found by file name."""
