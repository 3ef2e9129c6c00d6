"""Whether a challenger may take the place of the champion: paired, on the same rows, check by check.

Knows nothing of MLflow: ``models/tracking`` brings the predictions and moves the alias.
"""
