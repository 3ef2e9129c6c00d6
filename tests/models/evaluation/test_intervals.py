from __future__ import annotations

import numpy as np
import pytest

from models.bootstrap import CustomerBootstrap
from models.cell_draws import cell_draws
from models.intervals import Apart, Spread
from models.metrics import everything, rank

METRICS = everything((0.1,))


def spread(name: str, value: float, draws: np.ndarray, positives: int = 50, negatives: int = 200) -> Spread:
    return Spread(METRICS[name], value, draws, positives, negatives)


def normal(middle: float, error: float, seed: int = 1) -> np.ndarray:
    return middle + error * np.random.default_rng(seed).normal(size=200)


@pytest.mark.parametrize("name", ["roc_auc", "gain10", "pr_auc"])
def test_a_share_stays_a_share_and_has_the_value_inside(name: str) -> None:
    for value in (0.02, 0.5, 0.99):
        low, high = spread(name, value, np.clip(normal(value, 0.05), 0, 1)).interval(0.95)
        assert 0 <= low <= value <= high <= 1


def test_lift_stays_below_its_ceiling() -> None:
    low, high = spread("lift10", 9.5, np.clip(normal(9.5, 0.5), 0, 10)).interval(0.95)
    assert 0 < low < 9.5 < high <= 10


def test_nobody_caught_is_no_proof_of_nothing() -> None:
    low, high = spread("lift10", 0.0, np.zeros(200), positives=12).interval(0.95)
    assert low == 0 and 1 < high < 5


def test_few_outcomes_reach_further() -> None:
    draws = normal(0.0, 0.02)
    wide = np.diff(spread("calibration_gap", 0.0, draws, positives=10).interval(0.95))
    assert wide > 1.1 * np.diff(spread("calibration_gap", 0.0, draws, positives=1000).interval(0.95))


def test_no_interval_where_resamples_are_undefined() -> None:
    one = spread("roc_auc", 0.7, np.r_[np.full(25, np.nan), normal(0.7, 0.02)])
    assert np.isnan(one.interval(0.95)).all() and np.isnan(Apart(one, one).p_value())


def test_the_same_forecast_does_not_differ() -> None:
    one = spread("roc_auc", 0.7, normal(0.7, 0.02))
    apart = Apart(one, one)
    assert apart.value == 0 and apart.interval(0.95) == (0, 0) and np.isnan(apart.p_value())


def test_pairing_narrows_and_no_pairing_adds_up() -> None:
    one, near = spread("log_loss", 0.50, normal(0.5, 0.02)), spread("log_loss", 0.49, normal(0.49, 0.02))
    other = spread("log_loss", 0.49, normal(0.49, 0.02, seed=9))
    paired, apart = (np.diff(Apart(one, x).interval(0.95))[0] for x in (near, other))
    alone = np.diff(one.interval(0.95))[0]
    assert paired < 0.3 * alone and apart == pytest.approx(np.sqrt(2) * alone, rel=0.15)
    assert Apart(one, near).p_value() < 1e-6 < 0.05 < Apart(one, other).p_value()


def test_lift_of_small_groups_is_covered() -> None:
    # One in five buys, the chance is known: the top tenth of the beta law below holds 0.436 against a mean of 0.2.
    rng, metric, hits, replicates = np.random.default_rng(3), METRICS["lift10"], 0, 120
    crowd = np.sort(rng.beta(2, 8, 400_000))[::-1]
    true = crowd[:40_000].mean() / crowd.mean()
    for replicate in range(replicates):
        p = rng.beta(2, 8, 150)
        y = (rng.random(150) < p).astype(float)
        if y.sum() < 10:
            continue
        boot = CustomerBootstrap.draw(np.arange(150), 200, replicate)
        found = cell_draws(boot, [metric], rank(y, p))
        one = Spread(metric, found.values["lift10"], found.draws["lift10"], int(y.sum()), int(150 - y.sum()))
        low, high = one.interval(0.95)
        hits += low <= true <= high
    assert 0.9 <= hits / replicates <= 1.0
