import json

import numpy as np
import pytest

from features.contract import DAY_US
from features.settings import LabelContract
from models.calibration import NONE, Outcomes, calibration_cutoffs, calibrators, choose_calibration
from models.estimators._base import logit, sigmoid

CHURN = LabelContract(target="churn", horizon_days=14, gap_days=7)


def outcomes(n: int, slope: float, shift: float, seed: int) -> Outcomes:
    rng = np.random.default_rng(seed)
    p = sigmoid(rng.normal(0, 1.5, n))
    return Outcomes(p, (rng.random(n) < sigmoid(slope * logit(p) + shift)).astype(np.float32))


def test_what_is_wrong_at_both_cutoffs_is_promoted_and_told() -> None:
    choice = choose_calibration(
        outcomes(3000, 0.5, -0.7, 1), [outcomes(3000, 0.5, -0.7, 2), outcomes(3000, 0.5, -0.7, 3)], margin=2.0
    )
    assert choice.kind in {"logistic", "beta"}
    assert choice.reason.startswith(f"calibrated ({choice.kind}): log loss lower at each of the later")
    assert [one["calibration"] for one in choice.compared] == [NONE, *calibrators()]
    json.dumps(choice.compared)
    fitted = choice.fit(outcomes(3000, 0.5, -0.7, 2))
    assert fitted is not None and fitted.kind == choice.kind


def test_right_probabilities_are_left_alone() -> None:
    choices = [
        choose_calibration(outcomes(1500, 1, 0, seed), [outcomes(1500, 1, 0, seed + 100)] * 2, margin=2.0)
        for seed in range(20)
    ]
    assert sum(choice.kind != NONE for choice in choices) <= 2
    assert all("no calibration: the best" in choice.reason for choice in choices if choice.kind == NONE)
    assert choices[0].fit(outcomes(100, 1, 0, 1)) is None


@pytest.mark.parametrize("shifts", [(0.0, 0.0), (-1.0, 0.0), (0.0, -1.0)])
def test_a_season_that_passes_promotes_nothing(shifts: tuple[float, float]) -> None:
    """The trap: at one cutoff, or two, the model is far off, and then it is right again."""
    judged_at = [outcomes(3000, 1, shift, seed) for seed, shift in enumerate(shifts)]
    choice = choose_calibration(outcomes(3000, 1, -1.0, 9), judged_at, margin=2.0)
    assert choice.kind == NONE
    assert "lowers the log loss at the later cutoffs by" in choice.reason and " -0." in choice.reason
    steady = choose_calibration(outcomes(3000, 1, -1.0, 9), [outcomes(3000, 1, -1.0, 5)] * 2, margin=2.0)
    assert steady.kind != NONE


def test_winning_by_less_than_the_margin_is_not_enough() -> None:
    fitted_at, judged_at = (
        outcomes(1000, 0.85, 0, 1),
        [outcomes(1000, 0.85, 0, 2), outcomes(1000, 0.85, 0, 3)],
    )
    assert choose_calibration(fitted_at, judged_at, margin=0.0).kind != NONE
    timid = choose_calibration(fitted_at, judged_at, margin=50.0)
    assert timid.kind == NONE and "needed" in timid.reason


@pytest.mark.parametrize("short", ["fitted", "judged"])
def test_too_few_outcomes_carry_no_calibration(short: str) -> None:
    few, many = (
        Outcomes(np.full(200, 0.9), np.repeat([1, 0], [29, 171]).astype(np.float32)),
        outcomes(900, 1, 0, 1),
    )
    fitted_at, judged_at = (few, [many, many]) if short == "fitted" else (many, [many, few])
    choice = choose_calibration(fitted_at, judged_at, margin=2.0)
    assert choice.kind == NONE and not choice.compared
    assert "29 positives and 171 negatives, at least 30 of each" in choice.reason


def test_every_label_has_matured_before_it_is_used() -> None:
    found = calibration_cutoffs([day * DAY_US for day in range(0, 80, 10)], CHURN)
    assert not isinstance(found, str)
    rows, fitted, judged = found
    assert (fitted // DAY_US, [cutoff // DAY_US for cutoff in judged]) == (30, [60, 70])
    assert [cutoff // DAY_US for cutoff in rows] == [0]
    # gap + horizon = 21 days between each.
    assert max(rows) + 21 * DAY_US <= fitted and fitted + 21 * DAY_US <= min(judged)


@pytest.mark.parametrize("days", [[], [0], [0, 21], [0, 21, 42], [0, 20, 40, 60]])
def test_a_short_log_says_why_there_is_no_calibration(days: list[int]) -> None:
    found = calibration_cutoffs([day * DAY_US for day in days], CHURN)
    assert isinstance(found, str)
    assert f"{len(days)} training cutoffs leave no 2 to judge on, with one 21 days before" in found
