"""A winner is believed only beyond noise, on customers the search has not looked at."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from features.settings import LabelContract
from models.panel import Panel
from models.settings import EvaluationSettings, LightGBMSettings, TrainSettings
from models.tuning.folds import Folds, folds_of
from models.tuning.verdict import compared

CONTRACT = LabelContract(target="churn", horizon_days=28, min_positives=20, min_negatives=20)
EVALUATION = EvaluationSettings(test_cutoffs=2, resamples=100)
TREES = LightGBMSettings(max_rounds=30, patience=5, min_child_samples=10)
TRAIN = TrainSettings(estimators=("lightgbm",), lightgbm=TREES)


def folds(make_panel: Callable[..., Panel], truth: Callable[..., np.ndarray]) -> Folds:
    panel = make_panel(customers=400, cutoffs=12, truth=truth)
    found = folds_of(panel, CONTRACT, TRAIN, EVALUATION, 2, 5000)
    assert isinstance(found, Folds)
    return found


def test_settings_that_learn_more_gain_beyond_noise(make_panel: Callable[..., Panel]) -> None:
    one = folds(make_panel, lambda x, phase: 3.0 * x[:, 0])
    slow = TRAIN.model_copy(update={"lightgbm": TREES.model_copy(update={"learning_rate": 0.001})})
    found = compared(one, slow, {"lightgbm.learning_rate": 0.1}, EVALUATION)
    assert found["low"] is not None and found["low"] > 0.05
    assert found["default"] is not None and found["best"] is not None and found["gain"] is not None
    np.testing.assert_allclose(found["default"] - found["best"], found["gain"])
    back = compared(one, TRAIN, {"lightgbm.learning_rate": 0.001}, EVALUATION)
    assert back["high"] is not None and back["high"] < -0.05


def test_settings_that_differ_in_nothing_that_matters_are_noise(make_panel: Callable[..., Panel]) -> None:
    one = folds(make_panel, lambda x, phase: 0.0 * x[:, 0])
    found = compared(one, TRAIN, {"lightgbm.feature_fraction": 0.7}, EVALUATION)
    assert found["low"] is not None and found["high"] is not None
    assert found["low"] <= 0 <= found["high"]
