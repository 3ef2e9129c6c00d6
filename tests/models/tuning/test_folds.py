"""Tuning looks at the past only: folds end before the test cutoffs, and each learns from what had matured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from features.contract import DAY_US
from features.settings import LabelContract
from models.backtesting import newest_test_cutoffs
from models.panel import Panel
from models.settings import EvaluationSettings, LightGBMSettings, TrainSettings
from models.tuning.folds import Folds, folds_of

CONTRACT = LabelContract(target="churn", horizon_days=28, min_positives=20, min_negatives=20)
TRAIN = TrainSettings(lightgbm=LightGBMSettings(max_rounds=20, patience=5))
EVALUATION = EvaluationSettings(test_cutoffs=2, resamples=50)
Make = Callable[..., Panel]


def folds(panel: Panel, number: int = 3, rows: int = 5000) -> Folds:
    found = folds_of(panel, CONTRACT, TRAIN, EVALUATION, number, rows)
    assert isinstance(found, Folds), found
    return found


def test_every_label_of_a_fold_had_matured_before_the_first_test_cutoff(make_panel: Make) -> None:
    panel = make_panel(cutoffs=14)
    first = newest_test_cutoffs(panel, CONTRACT, 2)[0]
    found = folds(panel)
    cutoffs = [fold.cutoff_us for fold in found.folds]
    assert len(cutoffs) == 3 and cutoffs == sorted(cutoffs)
    assert cutoffs[-1] + 28 * DAY_US <= first < cutoffs[-1] + 42 * DAY_US


def test_test_cutoffs_and_what_comes_after_change_no_bit(make_panel: Make) -> None:
    panel = make_panel(cutoffs=14)
    first = newest_test_cutoffs(panel, CONTRACT, 2)[0]
    later = panel.cutoff_us + 28 * DAY_US > first
    changed = replace(
        panel,
        y=np.where(later, 1 - panel.y, panel.y),
        x=np.where(later[:, None], 9, panel.x).astype(np.float32),
    )
    one, other = folds(panel), folds(changed)
    for number in range(3):
        assert np.array_equal(one.losses(number, TRAIN), other.losses(number, TRAIN))


def test_a_fold_learns_nothing_from_its_own_window(make_panel: Make) -> None:
    panel = make_panel(cutoffs=14)
    last = folds(panel).folds[-1].cutoff_us
    # Whoever had a label that was not known at the last validation cutoff, but for the rows of that cutoff itself.
    unknown = (panel.cutoff_us + 28 * DAY_US > last) & (panel.cutoff_us < last)
    changed = replace(panel, y=np.where(unknown, 1 - panel.y, panel.y))
    assert np.array_equal(folds(panel).losses(2, TRAIN), folds(changed).losses(2, TRAIN))


def test_losses_follow_the_settings_and_beat_the_base_rate(make_panel: Make) -> None:
    found = folds(make_panel(customers=400, cutoffs=14))
    assert found.losses(0, TRAIN).mean() < found.base_losses(0).mean() - 0.05
    lazy = TRAIN.model_copy(update={"lightgbm": TRAIN.lightgbm.model_copy(update={"max_rounds": 1})})
    assert not np.array_equal(found.losses(0, lazy), found.losses(0, TRAIN))
    alone = TRAIN.model_copy(update={"estimators": ("logistic",)})
    assert not np.array_equal(found.losses(0, alone), found.losses(0, TRAIN))


def test_a_customer_is_on_the_same_side_in_every_fold(make_panel: Make) -> None:
    found = folds(make_panel(cutoffs=14))
    sides: dict[int, set[bool]] = {}
    for number, fold in enumerate(found.folds):
        for customer, side in zip(fold.customer_id.tolist(), found.halves(number, 7).tolist(), strict=True):
            sides.setdefault(customer, set()).add(side)
    assert all(len(side) == 1 for side in sides.values())
    share = np.mean([next(iter(side)) for side in sides.values()])
    assert 0.35 < share < 0.65


def test_rows_are_held_to_what_is_asked(make_panel: Make) -> None:
    assert max(folds(make_panel(cutoffs=14), rows=600).told()["learnt_rows"]) <= 620


def test_thin_data_says_why(make_panel: Make) -> None:
    short = folds_of(make_panel(cutoffs=5), CONTRACT, TRAIN, EVALUATION, 3, 5000)
    assert isinstance(short, str) and short.startswith("not eligible:")
    none = folds_of(make_panel(cutoffs=2), CONTRACT, TRAIN, EVALUATION, 3, 5000)
    assert isinstance(none, str) and "too short" in none
    one_class = make_panel(cutoffs=14)
    constant = folds_of(replace(one_class, y=np.ones_like(one_class.y)), CONTRACT, TRAIN, EVALUATION, 3, 5000)
    assert isinstance(constant, str)
