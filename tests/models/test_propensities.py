from __future__ import annotations

import numpy as np

from models.actions.propensities import estimate_propensities, known_propensities


def world(n: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)).astype(np.float32)
    eligible = np.ones((n, 3), dtype=bool)
    eligible[::3, 2] = False
    lean = np.column_stack([np.zeros(n), 1.0 * x[:, 0], -0.5 + 0.5 * x[:, 1]])
    chance = np.where(eligible, np.exp(lean), 0.0)
    chance /= chance.sum(axis=1, keepdims=True)
    arm = (rng.random(n)[:, None] > chance.cumsum(axis=1)).sum(axis=1)
    return x, arm, eligible, chance


def estimate(x, arm, eligible):
    names = ("none", "mail", "call")
    return estimate_propensities(x, arm, eligible, names, np.arange(len(x)) % 3, 0.02, 1, 1)


def test_the_estimate_is_near_the_truth_small_and_large():
    for n, allowed in ((1200, 0.07), (6000, 0.06)):
        x, arm, eligible, chance = world(n)
        found, every = estimate(x, arm, eligible)
        assert np.abs(every - chance).mean() < allowed
        assert found.log_loss is not None and found.base_log_loss is not None
        assert found.log_loss < found.base_log_loss


def test_what_was_not_eligible_has_no_chance_and_the_rest_adds_up():
    x, arm, eligible, _ = world(1500)
    _, every = estimate(x, arm, eligible)
    assert (every[~eligible] == 0).all()
    assert np.allclose(every.sum(axis=1), 1.0)


def test_a_row_does_not_help_to_predict_itself():
    """Actions drawn by a coin: a model that saw the row would look better than the coin."""
    rng = np.random.default_rng(2)
    x, eligible = rng.normal(size=(3000, 30)).astype(np.float32), np.ones((3000, 3), dtype=bool)
    found, _ = estimate(x, rng.integers(0, 3, 3000), eligible)
    assert found.log_loss is not None and found.log_loss > np.log(3) - 0.005


def test_reliability_and_power_of_the_estimate_are_told():
    x, arm, eligible, _ = world(3000)
    found, every = estimate(x, arm, eligible)
    told = found.summary()
    assert told["power"] == found.power and 0.5 < told["power"] < 2
    assert set(told["reliability"]) == {"none", "mail", "call"}
    assert sum(one["n"] for one in told["reliability"]["call"]["groups"]) == eligible[:, 2].sum()
    assert all(one["error"] < 0.06 for one in told["reliability"].values())
    assert found.log_loss == -np.log(every[np.arange(len(arm)), arm]).mean()


def test_the_share_out_of_reach_is_told_of_all_who_could_have_had_a_known_action():
    """Half the customers had a chance of 1 in 200: hardly any of those who got the action is one of them."""
    rng = np.random.default_rng(3)
    chance = np.where(np.arange(40_000) % 2 == 0, 0.005, 0.5)
    arm = (rng.random(40_000) < chance).astype(np.int64)
    taken = np.where(arm == 1, chance, 1 - chance)
    known = known_propensities(taken, arm, np.ones((40_000, 2), bool), ("none", "mail"), 0.02)
    assert (taken[arm == 1] < 0.01).mean() < 0.02
    assert 0.3 < known.overlap["mail"]["share_hopeless"] < 0.55
    assert known.overlap["none"]["share_hopeless"] == 0.0
    assert abs(known.overlap["mail"]["share"] - 0.2525) < 0.01


def test_one_unlikely_decision_says_nothing_of_all():
    arm = np.zeros(1000, np.int64)
    arm[0], taken = 1, np.full(1000, 0.999)
    taken[0] = 0.001
    known = known_propensities(taken, arm, np.ones((1000, 2), bool), ("none", "mail"), 0.02)
    assert known.overlap["mail"]["share_hopeless"] == 0.0
