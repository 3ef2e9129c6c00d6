"""Each metric against scikit-learn, against its definition written slowly, and on the edges."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn import metrics as reference

from models.metrics import Metric, checked, rank, registered
from models.metrics.ece import BINS, ece, noise_floor
from models.metrics.lift_at import lift_at
from models.metrics.log_loss import log_loss

METRICS = registered((0.1, 0.2))
RNG = np.random.default_rng(1)


def rows(n: int = 400, ties: bool = False, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = rng.random(n)
    y = (rng.random(n) < p).astype(float)
    return y, np.round(p, 1) if ties else p


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(
    ("name", "slow"),
    [
        ("roc_auc", reference.roc_auc_score),
        ("pr_auc", reference.average_precision_score),
        ("brier", reference.brier_score_loss),
        ("log_loss", lambda y, p: reference.log_loss(y, np.clip(p, 1e-4, 1 - 1e-4))),
        ("base_rate", lambda y, p: y.mean()),
        ("calibration_gap", lambda y, p: p.mean() - y.mean()),
    ],
)
def test_metric_equals_its_reference(name: str, slow, ties: bool) -> None:
    y, p = rows(ties=ties)
    assert METRICS[name].function(y, p) == pytest.approx(slow(y, p), rel=1e-12)


def test_lift_is_the_expectation_over_every_way_to_break_ties() -> None:
    y = np.array([1, 0, 0, 1, 0, 1])
    p = np.array([0.9, 0.5, 0.5, 0.5, 0.5, 0.1])
    k = 0.5
    found = []
    for order in itertools.permutations(range(6)):
        if all(p[a] >= p[b] for a, b in itertools.pairwise(order)):
            found.append(y[list(order[:3])].mean() / y.mean())
    assert lift_at(y, p, k) == pytest.approx(np.mean(found), rel=1e-12)


def test_lift_counts_the_last_customer_in_part() -> None:
    # The top 10 % of 15 is one and a half: the first in full, the second for half.
    y = np.array([1, 0, *[0] * 12, 1])
    assert lift_at(y, np.linspace(1, 0, 15), 0.1) == pytest.approx((1 / 2) / 0.1)
    y = np.array([0, 1, *[0] * 12, 1])
    assert lift_at(y, np.linspace(1, 0, 15), 0.1) == pytest.approx((0.5 / 2) / 0.1)


def test_constant_scores_have_no_lift_and_no_ranking() -> None:
    y = rows()[0]
    p = np.full(len(y), 0.3)
    assert METRICS["lift10"].function(y, p) == pytest.approx(1.0)
    assert METRICS["lift20"].function(y, p) == pytest.approx(1.0)
    assert METRICS["roc_auc"].function(y, p) == pytest.approx(0.5)
    assert METRICS["ece"].function(y, p) == pytest.approx(abs(y.mean() - 0.3))


def test_calibration_error_equals_the_slow_definition() -> None:
    y, p = rows(n=BINS * 20)
    order = np.argsort(p)
    slow = np.mean([abs(y[part].mean() - p[part].mean()) for part in np.array_split(order, BINS)])
    assert ece(y, p) == pytest.approx(slow, rel=1e-12)


def test_noise_floor_is_what_calibrated_probabilities_show() -> None:
    p = RNG.beta(2, 5, size=3000)
    shown = [ece((RNG.random(3000) < p).astype(float), p) for _ in range(200)]
    assert noise_floor(p) == pytest.approx(np.mean(shown), rel=0.05)


def test_log_loss_is_clipped() -> None:
    assert log_loss([1], [0.0]) == pytest.approx(-np.log(1e-4))


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.keys())
class TestEveryMetric:
    def test_weights_are_repeats(self, metric: Metric) -> None:
        y, p = rows(n=120, ties=True)
        ranked = rank(y, p)
        weights = np.random.default_rng(3).integers(0, 4, size=(5, 120)).astype(float)
        weights[4] = 1.0
        found = metric.resampled(ranked, weights)
        for each, drawn in zip(found, weights, strict=True):
            repeated = np.repeat(np.arange(120), drawn.astype(int))
            assert each == pytest.approx(metric.function(ranked.y[repeated], ranked.p[repeated]), rel=1e-9)

    def test_order_leaves_no_trace(self, metric: Metric) -> None:
        y, p = rows(ties=True)
        shuffled = np.random.default_rng(4).permutation(len(y))
        assert metric.function(y, p) == metric.function(y[shuffled], p[shuffled])

    def test_one_outcome_is_defined_or_nan(self, metric: Metric) -> None:
        for outcome in (0.0, 1.0):
            y = np.full(30, outcome)
            value = metric.function(y, np.linspace(0.1, 0.9, 30))
            assert np.isfinite(value) == metric.defined(y)

    def test_better_is_better(self, metric: Metric) -> None:
        if metric.bigger_is_better is None:
            return
        y, p = rows(n=2000)
        good, bad = metric.function(y, p), metric.function(y, 1 - p)
        assert (good > bad) == metric.bigger_is_better

    def test_resample_without_rows_is_nan(self, metric: Metric) -> None:
        ranked = rank(*rows(n=20))
        assert np.isnan(metric.resampled(ranked, np.zeros((1, 20)))[0])

    def test_has_words_and_reference(self, metric: Metric) -> None:
        from models.reporting.words import Words

        assert metric.reference
        for language in ("en", "nl"):
            assert Words(language).metric(metric.name, metric.family, metric.k) != metric.name


@pytest.mark.parametrize(
    ("y", "p", "said"),
    [
        ([1, 0], [0.5], "one length"),
        ([], [], "not empty"),
        ([1, 2], [0.5, 0.5], "row 1 holds 2"),
        ([1, 0], [0.5, float("nan")], "row 1 holds nan"),
        ([float("nan"), 0], [0.5, 0.5], "row 0 holds nan"),
    ],
)
def test_bad_input_is_named(y: list[float], p: list[float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        checked(y, p)


def test_lift_refuses_a_share_outside_0_1() -> None:
    with pytest.raises(ValueError, match="k must lie in"):
        lift_at([1, 0], [0.5, 0.4], 0.0)


def test_shares_from_the_settings_become_metrics() -> None:
    assert {"lift5", "lift2.5"} <= set(registered((0.05, 0.025)))
    assert registered((0.025,))["lift2.5"].family == "lift"
