from __future__ import annotations

import numpy as np

from models.actions.propensities import estimate_propensities


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
