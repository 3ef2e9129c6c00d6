"""The metrics of segments against their definition written slowly."""

from __future__ import annotations

import numpy as np
import pytest

from models.metrics import everything, rank, registered, shortest_lift
from models.metrics.calibration_slope import calibration_slope
from models.metrics.gain_at import gain_at
from models.metrics.lift_at import lift_at
from models.metrics.lift_quality import lift_quality
from models.metrics.value_captured import value_captured


def rows(n: int = 300, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    p = rng.random(n)
    return (rng.random(n) < p).astype(float), np.round(p, 1) if ties else p


def test_gain_by_hand_and_as_lift() -> None:
    y = np.array([1, 1, 0, 1, 0, 0, 0, 0, 0, 1.0])
    assert gain_at(y, np.linspace(1, 0, 10), 0.2) == 2 / 4
    y, p = rows(ties=True)
    assert gain_at(y, p, 0.15) == pytest.approx(0.15 * lift_at(y, p, 0.15), rel=1e-12)


@pytest.mark.parametrize("ties", [False, True])
def test_lift_quality_is_the_mean_lift_over_list_lengths(ties: bool) -> None:
    y, p = rows(ties=ties)
    shares = (np.arange(200_000) + 0.5) / 200_000
    ranked = rank(y, p)
    ends = np.r_[ranked.starts, len(y)]
    gain = np.interp(shares, ends / len(y), np.r_[0, np.cumsum(ranked.y)][ends] / y.sum())
    perfect = np.minimum(shares / y.mean(), 1.0)
    slow = (gain / shares - 1).mean() / (perfect / shares - 1).mean()
    assert lift_quality(y, p) == pytest.approx(slow, abs=1e-4)


def test_lift_quality_of_guessing_and_of_the_wrong_way_round() -> None:
    y, p = rows(4000)
    assert lift_quality(y, y) == pytest.approx(1.0)
    assert abs(lift_quality(y, np.random.default_rng(5).random(4000))) < 0.05
    assert lift_quality(y, 1 - p) < 0


def test_calibration_slope_is_that_of_least_squares() -> None:
    y, p = rows()
    assert calibration_slope(y, p) == pytest.approx(np.polyfit(p, y, 1)[0], rel=1e-9)
    # Chances twice as far apart as they should be.
    assert calibration_slope(y, 0.25 + p / 2) == pytest.approx(2 * calibration_slope(y, p), rel=1e-9)
    assert np.isnan(calibration_slope(y, np.full(len(y), 0.3)))


def test_value_captured_by_hand() -> None:
    y, p = np.array([1, 0, 1, 1.0]), np.array([0.9, 0.7, 0.7, 0.1])
    money = np.array([20.0, -5.0, 15.0, 70.0])
    assert value_captured(y, p, money, 0.25) == pytest.approx(0.2)
    # Half the list: of the tie in the middle half the money.
    assert value_captured(y, p, money, 0.5) == pytest.approx(0.25)
    assert np.isnan(value_captured(y, p, -money, 0.5)) and np.isnan(value_captured(y, p, None, 0.5))


def test_metrics_of_segments_are_no_metrics_of_phases() -> None:
    extra = set(everything((0.1,))) - set(registered((0.1,)))
    assert extra == {"gain10", "lift_quality", "calibration_slope", "value_captured10"}
    assert shortest_lift(["lift_quality", "lift20"]) == "lift20"
