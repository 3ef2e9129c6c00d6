"""All resamples at once against one loop per resample over the rows as they were drawn."""

from __future__ import annotations

import numpy as np
import pytest

from models import cell_draws as module
from models.bootstrap import CustomerBootstrap
from models.cell_draws import cell_draws
from models.metrics import everything, rank
from models.metrics.value_captured import value_captured

METRICS = [one for one in everything((0.1, 0.2)).values() if one.of_runs or one.of_sums]


def rows(n: int, seed: int = 1, ties: bool = False) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    p = rng.random(n)
    y = (rng.random(n) < p).astype(float)
    return rng.integers(0, n // 3, n), y, np.round(p, 1) if ties else p, y * rng.gamma(2.0, 20.0, n)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("block", [4_000_000, 900])
def test_equals_a_loop_over_resamples(ties: bool, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", block)
    customers, y, p, money = rows(150, ties=ties)
    boot = CustomerBootstrap.draw(customers, 12, seed=4)
    inside = p > 0.25
    whole = rank(y, p)
    ranked = whole.take(inside[whole.order])
    found = cell_draws(boot, METRICS, ranked, money[ranked.order])
    assert found.values["value_captured10"] == value_captured(y[inside], p[inside], money[inside], 0.1)
    for each in range(12):
        drawn = np.repeat(np.flatnonzero(inside), boot.counts[each][boot.customer][inside])
        for metric in METRICS:
            if metric.money:
                slow = value_captured(y[drawn], p[drawn], money[drawn], metric.k or 0.0)
            else:
                slow = metric.function(y[drawn], p[drawn])
            assert found.draws[metric.name][each] == pytest.approx(slow, rel=1e-9, abs=1e-12), metric.name


def test_values_are_of_every_row_and_joined_runs_keep_the_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    customers, y, p, money = rows(3000, seed=2)
    boot = CustomerBootstrap.draw(customers, 60, seed=4)
    ranked = rank(y, p)
    joined = cell_draws(boot, METRICS, ranked, money[ranked.order])
    monkeypatch.setattr(module, "MOST_RUNS", 10**9)
    every = cell_draws(boot, METRICS, ranked, money[ranked.order])
    assert joined.values == every.values
    for metric in METRICS:
        one, other = joined.draws[metric.name], every.draws[metric.name]
        assert one.std() == pytest.approx(other.std(), rel=0.1), metric.name
        assert np.corrcoef(one, other)[0, 1] > 0.9, metric.name
        assert not metric.of_sums or np.allclose(one, other)


def test_a_resample_without_the_group_is_not_a_number() -> None:
    boot = CustomerBootstrap(np.array([[0, 2], [1, 1]], dtype=np.uint8), np.array([0, 0, 1, 1]))
    ranked = rank([1.0, 0.0, 1.0, 0.0], [0.9, 0.2, 0.5, 0.4])
    first = ranked.take(ranked.order < 2)
    found = cell_draws(boot, METRICS, first, np.ones(2))
    assert all(np.isnan(found.draws[metric.name][0]) for metric in METRICS)
    assert found.draws["roc_auc"][1] == 1.0
