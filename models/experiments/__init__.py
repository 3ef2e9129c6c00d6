"""Experiments: how many customers, who gets what, and what came of it. Pure numbers; the files are pipelines'."""
