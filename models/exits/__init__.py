"""Competing exits of a phase: advance, stall, regress and leave, as probabilities that sum to 1."""
