"""Two stages, both linear on signed-log features: logistic regression x ridge regression."""

from __future__ import annotations

from models.estimators.logistic import Logistic
from models.value.estimators._ridge import Ridge
from models.value.estimators._two_stage import TwoStage

ESTIMATOR = TwoStage(1, Logistic(), Ridge())
