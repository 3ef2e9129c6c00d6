"""Two stages, both boosted trees: log loss for whether, gamma deviance for how much."""

from __future__ import annotations

from models.estimators.lightgbm import LightGBM
from models.value.estimators._boosted import Boosted
from models.value.estimators._two_stage import TwoStage

ESTIMATOR = TwoStage(3, LightGBM(), Boosted("gamma"))
