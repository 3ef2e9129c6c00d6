"""Paired intervals: nothing against itself, certain where the difference is large, null where nothing is known."""

from __future__ import annotations

import numpy as np

from models.paired import PairedJudge
from models.settings import EvaluationSettings

SETTINGS = EvaluationSettings(resamples=100)


def world(n: int = 600) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    signal = rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(-2 * signal))).astype(np.float32)
    return y, 1 / (1 + np.exp(-2 * signal)), np.arange(n) // 3


def test_a_forecast_against_itself_is_exactly_nothing() -> None:
    y, p, customer = world()
    judge = PairedJudge.of(y, customer, SETTINGS)
    for found in (judge.log_loss(p, p), judge.auc(p, p)):
        assert found == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_a_worse_forecast_is_behind_beyond_chance_in_both_metrics() -> None:
    y, p, customer = world()
    judge = PairedJudge.of(y, customer, SETTINGS)
    guess = np.random.default_rng(1).random(len(y))
    loss, auc = judge.log_loss(guess, p), judge.auc(guess, p)
    assert loss["low"] is not None and loss["low"] > 0
    assert auc["high"] is not None and auc["high"] < 0


def test_pairing_makes_the_difference_more_certain_than_the_values() -> None:
    y, p, customer = world()
    judge = PairedJudge.of(y, customer, SETTINGS)

    def width(found: dict[str, float | None]) -> float:
        assert found["low"] is not None and found["high"] is not None
        return found["high"] - found["low"]

    assert width(judge.log_loss(0.98 * p, p)) < 0.2 * width(judge.log_loss(p))


def test_a_second_chance_widens_the_interval_and_no_rows_have_none() -> None:
    y, p, customer = world()
    judge = PairedJudge.of(y, customer, SETTINGS)
    values = np.linspace(0, 1, len(y))
    narrow, wide = judge.mean(values), judge.mean(values, error=0.1)
    assert wide["value"] == narrow["value"]
    assert wide["low"] < narrow["low"] - 0.1 and wide["high"] > narrow["high"] + 0.1  # type: ignore[operator]
    assert judge.mean(values, np.zeros(len(y), np.bool_)) == {"value": None, "low": None, "high": None}
    assert PairedJudge.of(np.ones_like(y), customer, SETTINGS).auc(p)["value"] is None


def test_the_order_of_rows_leaves_no_trace() -> None:
    y, p, customer = world()
    shuffled = np.random.default_rng(5).permutation(len(y))
    one = PairedJudge.of(y, customer, SETTINGS).auc(p)
    other = PairedJudge.of(y[shuffled], customer[shuffled], SETTINGS).auc(p[shuffled])
    np.testing.assert_allclose([one[key] for key in one], [other[key] for key in other], rtol=1e-12)  # type: ignore[arg-type]
