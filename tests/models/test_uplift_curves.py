from __future__ import annotations

import json

import numpy as np
import pytest

from models.actions.action_effects import arm_scores
from models.actions.action_rule import Candidates
from models.actions.uplift_curves import SHARES, uplift_curve

COST = np.array([0.0, 0.2, 0.2])


def world(n: int, seed: int) -> tuple[np.ndarray, Candidates, np.ndarray]:
    """Mail earns 2x, a call 1 - 2x, x uniform in 0..1; a third each. Gives the truth, a log and its scores."""
    rng = np.random.default_rng(seed)
    x = rng.random(n)
    truth = np.column_stack([np.zeros(n), 2 * x, 1 - 2 * x])
    arm = rng.integers(0, 3, n)
    value = 1 + truth[np.arange(n), arm] + rng.normal(size=n)
    log = Candidates(
        ("none", "mail", "call"), x[:, None].astype(np.float32), np.zeros(n, np.float32), np.arange(n), arm,
        np.ones((n, 3), bool), np.full(n, 1 / 3), np.ones(n), value, COST,
    )  # fmt: skip
    scores = arm_scores(np.ones((n, 3)), arm, value, log.propensity, log.eligible, 0.02)
    return truth - COST, log, scores - COST


def exact(truth: np.ndarray, share: float) -> float:
    best = np.sort(np.maximum(truth.max(axis=1), 0.0))[::-1]
    return float(best[: int(share * len(best))].sum() / len(best))


def test_the_curve_follows_the_true_gain_and_its_intervals_hold_it():
    truth, log, scores = world(20_000, 1)
    curve = uplift_curve(truth, scores, log, "mail")
    assert [one.share for one in curve.points] == list(SHARES) and len(SHARES) == 21
    for one in curve.points[1:]:
        assert one.gain.low - 0.01 < exact(truth, one.share) < one.gain.high + 0.01, one.share
    first, last = curve.points[0].gain, curve.points[-1].gain
    assert (first.value, first.low, first.high) == (0, 0, 0)
    assert last.value == pytest.approx(np.where(truth.max(axis=1) > 0, scores[np.arange(20_000), truth.argmax(1)]
                                                - scores[:, 0], 0).mean())  # fmt: skip


def test_lift_is_against_the_best_single_action_to_as_many_at_random():
    truth, log, scores = world(40_000, 2)
    ten, _, thirty = uplift_curve(truth, scores, log, "mail").lifts()
    line = (scores[:, 1] - scores[:, 0]).mean()
    assert thirty.gain.value - thirty.over_random.value == pytest.approx(0.3 * line)
    assert thirty.ratio == pytest.approx(thirty.gain.value / (0.3 * line))
    assert ten.over_random.low > 0 and ten.ratio > thirty.ratio > 1
    assert uplift_curve(truth, scores, log, "none").lifts()[0].ratio is None


def test_harmful_actions_flatten_the_curve_instead_of_bending_it():
    truth, log, scores = world(20_000, 3)
    harmful = truth - np.array([0.0, 1.3, 1.3])
    curve = uplift_curve(harmful, scores - np.array([0.0, 1.3, 1.3]), log, "mail")
    promising = (harmful.max(axis=1) > 0).mean()
    after = [one.gain.value for one in curve.points if one.share > promising]
    assert 0.2 < promising < 0.4 and len(after) > 10 and len(set(np.round(after, 9))) == 1


def test_a_ranking_that_knows_nothing_has_no_area_and_a_good_one_has():
    truth, log, scores = world(20_000, 4)
    noise = np.column_stack(
        [np.zeros(20_000), np.random.default_rng(5).random(20_000), np.full(20_000, -1.0)]
    )
    blind, good = (uplift_curve(one, scores, log, "mail").autoc for one in (noise, truth))
    assert blind.low < 0 < blind.high
    assert good.low > 0


def test_intervals_of_area_and_lift_cover():
    """Truth from a large sample without noise: mail ranks by x, so the area of 2x is 2 * (1/2 - 1/4)."""
    rng, area, lift, runs = np.random.default_rng(6), 0, 0, 200
    for _ in range(runs):
        n = 400
        x, arm = rng.random(n), rng.integers(0, 2, n)
        value = 2 * x * arm + rng.normal(size=n)
        log = Candidates(
            ("none", "mail"), np.zeros((n, 1), np.float32), np.zeros(n, np.float32), np.arange(n) // 2, arm,
            np.ones((n, 2), bool), np.full(n, 0.5), np.ones(n), value, np.zeros(2),
        )  # fmt: skip
        scores = arm_scores(np.zeros((n, 2)), arm, value, log.propensity, log.eligible, 0.02)
        curve = uplift_curve(np.column_stack([np.zeros(n), x]), scores, log, "mail")
        area += curve.autoc.low < 0.5 < curve.autoc.high
        lift += curve.lifts()[1].gain.low < 0.36 < curve.lifts()[1].gain.high
    assert 0.91 <= area / runs <= 0.985
    assert 0.91 <= lift / runs <= 0.985


def test_equal_predictions_do_not_depend_on_the_order_of_the_log():
    truth, log, scores = world(3000, 7)
    coarse = truth.round(0)
    turned = np.random.default_rng(8).permutation(3000)
    shuffled = Candidates(**{
        name: part[turned] if name not in ("arms", "cost") else part for name, part in vars(log).items()
    })  # fmt: skip
    one, other = (
        uplift_curve(coarse, scores, log, "mail"),
        uplift_curve(coarse[turned], scores[turned], shuffled, "mail"),
    )
    for a, b in zip(one.points, other.points, strict=True):
        assert a.gain.value == pytest.approx(b.gain.value) and a.gain.low == pytest.approx(b.gain.low)
    assert one.autoc.value == pytest.approx(other.autoc.value)
    assert one.autoc.se == pytest.approx(other.autoc.se)


def test_customers_without_an_action_and_logs_without_customers_are_no_crash():
    truth, log, scores = world(500, 9)
    bare = Candidates(
        **{**vars(log), "eligible": np.tile([True, False, False], (500, 1)), "arm": np.zeros(500, int)}
    )
    curve = uplift_curve(truth, np.where(bare.eligible, scores, np.nan), bare, "mail")
    assert curve.autoc is None and all(one.gain.value == 0 for one in curve.points)
    assert uplift_curve(truth[:1], scores[:1], log.take(np.arange(500) == 0), "mail") is None


def test_the_summary_is_plain_json_without_a_normalised_figure():
    truth, log, scores = world(2000, 10)
    shown = uplift_curve(truth, scores, log, "mail").to_json()
    assert len(shown["curve"]) <= 21 and set(shown["curve"][0]) == {"share", "gain", "low", "high", "line"}
    assert [one["share"] for one in shown["lift"]] == [0.1, 0.2, 0.3]
    assert "qini" not in json.dumps(shown, allow_nan=False).lower()
