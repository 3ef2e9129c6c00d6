"""Boosted trees whose splits are drawn at random (LightGBM's ``extra_trees``): they err elsewhere than the usual ones.

Not among the shipped estimators: in the mean of all kinds they changed the benchmark tasks within noise, and are one
kind more to fit (docs/quality.md). ``train.estimators`` in params.yaml switches them on.

References
----------
Geurts, Ernst & Wehenkel (2006), Extremely randomized trees, Machine Learning 63.
"""

from __future__ import annotations

from models.estimators.lightgbm import LightGBM

ESTIMATOR = LightGBM("extra_trees", {"extra_trees": True}, simplicity=3)
