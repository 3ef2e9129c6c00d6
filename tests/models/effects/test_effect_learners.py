"""Every learner of effects: finds what is there, stays quiet where nothing is, is total and saved to the bit."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from models.actions.action_rule import ActionRule, Candidates, Learning, effect_learners, learn_rule
from models.actions.effects._baseline import RIDGE, Baseline, chance, shift_for
from models.actions.effects._refit import Refit, inverse_curvature
from models.actions.effects.s_sparse import sparse_step

NAMES = sorted(effect_learners())
HOW = Learning(folds=3, floor=0.02, margin_rate=1.0, seed=3, num_threads=1)


def log(n: int, effect: str = "linear", seed: int = 0) -> Candidates:
    """Three actions at random; only the last does anything, by column 0 (``both``: the other too)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4)).astype(np.float32)
    arm = rng.integers(0, 3, n)
    moved = {
        "linear": 1.2 * x[:, 0],
        "step": 2.4 * (x[:, 0] > 0.5) - 0.8,
        "both": 1.2 * x[:, 0],
        "none": np.zeros(n),
        "corner": 3.0 * ((x[:, 0] > 0) & (x[:, 2] > 0)) - 0.75,
    }[effect]
    acts = (arm > 0) if effect == "both" else (arm == 2)
    outcome = (rng.random(n) < chance(-1.0 + 0.4 * x[:, 1] + acts * moved)).astype(float)
    return Candidates(
        ("none", "ad", "mail"), x, np.zeros(n, np.float32), np.arange(n), arm, np.ones((n, 3), bool),
        np.full(n, 1 / 3), outcome, outcome * 10.0, np.array([0.0, 0.1, 0.1]),
    )  # fmt: skip


@pytest.fixture(scope="module")
def rules() -> dict[str, ActionRule]:
    seen = log(6000)
    return {name: learn_rule(seen, HOW, learners=[name]) for name in NAMES}


def test_what_serves_and_what_is_only_diagnosed() -> None:
    known = effect_learners()
    serving = {name for name, one in known.items() if one.serves}
    assert {"s_sparse_trees", "s_trees"} <= serving
    assert {"s_sparse", "t", "r", "dr_full"} <= set(known) - serving
    assert set(learn_rule(log(600), HOW).learners) == serving


@pytest.mark.parametrize("name", NAMES)
def test_each_learner_ranks_customers_by_an_effect_that_is_there(
    name: str, rules: dict[str, ActionRule]
) -> None:
    fresh = log(4000, seed=9)
    effect = rules[name].effect(fresh.x)
    low = -1.0 + 0.4 * fresh.x[:, 1]
    true = chance(low + 1.2 * fresh.x[:, 0]) - chance(low)
    assert effect.shape == (4000, 3) and (effect[:, 0] == 0).all()
    assert np.corrcoef(effect[:, 2], true)[0, 1] > 0.75
    assert effect[:, 2].mean() == pytest.approx(true.mean(), abs=0.05)
    assert np.abs(effect[:, 1]).mean() < 0.5 * np.abs(true).mean()


@pytest.mark.parametrize("name", NAMES)
def test_saved_and_loaded_to_the_bit_and_row_by_row(name: str, rules: dict[str, ActionRule]) -> None:
    x = log(200, seed=5).x
    whole = rules[name].effect(x)
    saved = json.dumps(rules[name].to_json(), sort_keys=True, allow_nan=False)
    again = ActionRule.from_json(json.loads(saved))
    assert np.array_equal(again.effect(x), whole)
    assert json.dumps(again.to_json(), sort_keys=True) == saved
    assert np.array_equal(np.vstack([again.effect(x[[row]]) for row in range(0, 200, 17)]), whole[::17])
    assert np.array_equal(again.effect(x[::-1])[::-1], whole)
    assert np.array_equal(pickle.loads(pickle.dumps(again)).net_value(x), rules[name].net_value(x))


@pytest.mark.parametrize("name", NAMES)
def test_thin_logs_give_numbers_never_nan(name: str) -> None:
    full = log(300)
    nobody = np.zeros(300, bool)
    one_arm = replace(full, arm=np.zeros(300, dtype=np.int64))
    thin = {
        "all succeed": replace(full, outcome=np.ones(300)),
        "one action": one_arm,
        "no candidate": replace(full, arm=np.full(300, -1)),
        "three decisions": full.take(np.arange(300) < 3),
        "one decision": full.take(np.arange(300) < 1),
        "no column varies": replace(full, x=np.ones((300, 4), np.float32)),
        "same customer": replace(full, customers=np.zeros(300, dtype=np.int64)),
        "not eligible": replace(one_arm, eligible=np.column_stack([~nobody, nobody, nobody])),
    }
    for why, one in thin.items():
        rule = learn_rule(one, HOW, learners=[name])
        for found in (rule.effect(full.x), rule.net_value(full.x), rule.success(full.x)):
            assert found.shape == (300, 3) and np.isfinite(found).all(), why


def test_the_mean_of_the_learners_serves(rules: dict[str, ActionRule]) -> None:
    x = log(50, seed=2).x
    both = learn_rule(log(6000), HOW, learners=["s_sparse_trees", "s_trees"])
    mean = (rules["s_sparse_trees"].effect(x) + rules["s_trees"].effect(x)) / 2
    assert both.effect(x) == pytest.approx(mean, abs=1e-15)
    success = both.success(x)
    assert success == pytest.approx(
        np.clip(both.baseline_probability(x)[:, None] + mean, 0.0, 1.0), abs=1e-12
    )
    worth = success * both.value_if_success(x) - both.cost
    assert both.net_value(x) == pytest.approx(worth, rel=0.02)


def test_trees_see_a_threshold_that_the_linear_stage_blurs() -> None:
    seen, fresh = log(12_000, "step"), log(4000, "step", seed=9)
    low = -1.0 + 0.4 * fresh.x[:, 1]
    true = chance(low + 2.4 * (fresh.x[:, 0] > 0.5) - 0.8) - chance(low)
    error = {
        name: ((learn_rule(seen, HOW, learners=[name]).effect(fresh.x)[:, 2] - true) ** 2).mean()
        for name in ("s_sparse", "s_trees")
    }
    assert error["s_trees"] < 0.7 * error["s_sparse"]


def test_slopes_and_trees_together_see_a_corner_that_slopes_alone_blur() -> None:
    seen, fresh = log(12_000, "corner"), log(4000, "corner", seed=9)
    low, corner = -1.0 + 0.4 * fresh.x[:, 1], (fresh.x[:, 0] > 0) & (fresh.x[:, 2] > 0)
    true = chance(low + 3.0 * corner - 0.75) - chance(low)
    error = {
        name: ((learn_rule(seen, HOW, learners=[name]).effect(fresh.x)[:, 2] - true) ** 2).mean()
        for name in ("s_sparse", "s_sparse_trees")
    }
    assert error["s_sparse_trees"] < 0.6 * error["s_sparse"]


@pytest.mark.parametrize("name", ["s_sparse", "s_sparse_trees"])
def test_what_all_actions_do_alike_is_theirs_and_not_the_baselines(name: str) -> None:
    learnt = learn_rule(log(9000, "both"), HOW, learners=[name]).to_json()["learners"][name]
    assert learnt["baseline"][0] == pytest.approx(0.0, abs=0.2)
    assert learnt["baseline"][1] == pytest.approx(0.4, abs=0.1)
    assert [row.get("0", 0.0) for row in learnt["slopes"]] == pytest.approx([0.0, 1.2, 1.2], abs=0.25)
    assert learnt["slopes"][0] == {} and learnt["shifts"][0] == 0.0


def test_a_refit_ends_where_nothing_pulls_and_ignores_decisions_without_a_candidate() -> None:
    rng = np.random.default_rng(8)
    z, added = rng.normal(size=(5000, 3)), np.where(np.arange(5000) % 2, 0.7, 0.0)
    arm = np.where(np.arange(5000) < 4000, np.arange(5000) % 2, -1)
    outcome = (rng.random(5000) < chance(-1.0 + 0.5 * z[:, 0] + added)).astype(float)
    used = arm >= 0
    start = Baseline(np.array([0.0, 0.0, 0.0, -0.8]))
    inverse = inverse_curvature(z, start.log_odds(z) + added, arm >= 0)
    learnt = []
    for seen in (outcome, np.where(used, outcome, 1 - outcome)):
        refit = Refit(z, arm, seen, start, inverse)
        for _ in range(4):
            refit.move(added)
        learnt.append(refit.baseline.coefficients)
    missed = (outcome - chance(refit.odds + added))[used]
    assert missed @ z[used] == pytest.approx(RIDGE * learnt[0][:-1], abs=1e-3)
    assert missed.sum() == pytest.approx(0.0, abs=1e-3)
    assert np.array_equal(*learnt)


def test_policies_saved_before_slopes_and_trees_went_together_are_read() -> None:
    x = np.ones((1, 2), np.float32)
    slopes = {"baseline": [0.0, 0.0, -1.0], "shifts": [0.5, 1.0], "slopes": [{}, {"1": 2.0}]}
    read = effect_learners()["s_sparse"].from_json(slopes).predict(x, np.ones((1, 2)))
    assert read[0, 1] == pytest.approx(chance(np.array(2.0)) - chance(np.array(-0.5)))
    trees = {"baseline": [0.0, 0.0, -1.0], "shifts": [0.5, 1.0], "trees": [None, None]}
    read = effect_learners()["s_trees"].from_json(trees).predict(x, np.ones((1, 2)))
    assert read[0, 1] == pytest.approx(chance(np.array(0.0)) - chance(np.array(-0.5)))


def test_columns_without_effect_drop_out() -> None:
    rule = learn_rule(log(6000), HOW, learners=["s_sparse"])
    slopes = rule.to_json()["learners"]["s_sparse"]["slopes"]
    assert "0" in slopes[2]
    assert sum(len(row) for row in slopes) <= 6
    quiet = learn_rule(log(6000, "none"), HOW, learners=["s_sparse"]).effect(log(500, seed=4).x)
    assert np.abs(quiet).max() < 0.08


def test_the_effect_does_not_depend_on_propensities_only_where_promised(rules: dict[str, ActionRule]) -> None:
    seen, x = log(6000), log(50, seed=2).x
    other = replace(seen, propensity=np.where(seen.arm == 2, 0.2, 0.4))
    for name in ("s_sparse", "s_sparse_trees", "s_trees"):
        assert np.array_equal(learn_rule(other, HOW, learners=[name]).effect(x), rules[name].effect(x))
    assert not np.allclose(learn_rule(other, HOW, learners=["dr"]).effect(x), rules["dr"].effect(x))


def test_more_noise_columns_than_are_considered_do_not_hide_the_one_that_counts() -> None:
    rng = np.random.default_rng(4)
    z = rng.normal(size=(3000, 300))
    success = (rng.random(3000) < chance(0.6 * z[:, 250])).astype(float)
    _, slopes = sparse_step(z, success - 0.5, np.full(3000, 0.25))
    assert slopes[250] == pytest.approx(0.6, abs=0.15)
    assert np.abs(np.delete(slopes, 250)).max() < 0.25


@pytest.mark.parametrize(("odds", "rate"), [(-2.0, 0.5), (0.0, 0.01), (1.0, 0.9)])
def test_the_shift_meets_the_rate_of_success(odds: float, rate: float) -> None:
    start = np.full(10_000, odds) + np.linspace(-1, 1, 10_000)
    outcome = (np.arange(10_000) < 10_000 * rate).astype(float)
    assert chance(start + shift_for(start, outcome)).mean() == pytest.approx(rate, abs=0.001)
    assert abs(shift_for(start[:1], np.ones(1))) < 4
