from __future__ import annotations

import numpy as np
import pytest

from models.bootstrap import CustomerBootstrap, false_discovery, interval, p_value
from models.metrics import rank, registered

METRICS = registered((0.1,))


def test_rows_of_a_customer_stay_together() -> None:
    customers = np.array([5, 9, 5, 7])
    boot = CustomerBootstrap.draw(customers, 50, seed=1)
    (weights,) = list(boot.blocks(np.arange(4)))
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()


def test_order_of_rows_and_size_of_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    customers, y, p = rng.integers(0, 50, 200), rng.integers(0, 2, 200).astype(float), rng.random(200)
    whole = CustomerBootstrap.draw(customers, 40, 7).of(METRICS.values(), rank(y, p))
    monkeypatch.setattr("models.bootstrap.BLOCK", 700)
    mixed = rng.permutation(200)
    boot = CustomerBootstrap.draw(customers[mixed], 40, 7)
    again = boot.of(METRICS.values(), rank(y[mixed], p[mixed]))
    for name, values in whole.items():
        assert (values == again[name]).all() or np.array_equal(values, again[name], equal_nan=True)


def test_intervals_cover_the_truth_when_customers_repeat() -> None:
    # Four rows per customer with one shared taste: drawing rows instead of customers would cover far less.
    rng = np.random.default_rng(3)
    metric, hits, replicates, n = METRICS["base_rate"], 0, 200, 120
    for replicate in range(replicates):
        taste = np.repeat(rng.random(n) < 0.3, 4)
        y = np.where(taste, rng.random(4 * n) < 0.9, rng.random(4 * n) < 0.1).astype(float)
        boot = CustomerBootstrap.draw(np.repeat(np.arange(n), 4), 200, replicate)
        ranked = rank(y, np.full(4 * n, 0.5))
        low, high = interval(y.mean(), boot.of([metric], ranked)["base_rate"])
        hits += low <= 0.34 <= high
    assert 0.89 <= hits / replicates <= 0.99


def test_paired_difference_is_narrower_than_two_intervals() -> None:
    rng = np.random.default_rng(5)
    n = 600
    p = rng.random(n)
    y = (rng.random(n) < p).astype(float)
    boot = CustomerBootstrap.draw(np.arange(n), 200, 1)
    auc = METRICS["roc_auc"]
    one = boot.of([auc], rank(y, p))["roc_auc"]
    other = boot.of([auc], rank(y, np.clip(p + 0.02 * rng.normal(size=n), 0, 1)))["roc_auc"]
    assert np.std(one - other) < 0.3 * np.std(one)


def test_interval_needs_nearly_every_resample() -> None:
    draws = np.array([1.0] * 80 + [np.nan] * 20)
    assert np.isnan(interval(1.0, draws)[0])
    assert np.isnan(p_value(1.0, draws))
    assert np.isnan(interval(np.nan, np.ones(100))[0])


def test_false_discoveries_are_rare_when_nothing_is_there() -> None:
    rng = np.random.default_rng(8)
    found = [(false_discovery(rng.random(40)) <= 0.05).any() for _ in range(300)]
    assert np.mean(found) <= 0.08


def test_false_discovery_keeps_order_and_is_never_below_the_p_value() -> None:
    p = np.array([0.001, 0.2, 0.01, np.nan])
    q = false_discovery(p)
    assert (q[:3] >= p[:3]).all() and q[0] < q[2] < q[1] and np.isnan(q[3])
