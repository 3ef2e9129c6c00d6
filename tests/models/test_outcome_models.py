from __future__ import annotations

import numpy as np
import pytest

from models.actions.outcome_models import cross_fitted_means, learn_arm_means


def world(n: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2)).astype(np.float32)
    arm = rng.integers(0, 3, n)
    chance = np.clip(0.3 + 0.2 * (x[:, 0] > 0) + 0.15 * (arm == 2), 0, 1)
    return x, arm, (rng.random(n) < chance).astype(float)


@pytest.mark.parametrize("n", [1000, 6000])
@pytest.mark.parametrize("kind", ["probability", "money"])
def test_both_sizes_and_kinds_find_the_difference_between_arms(n: int, kind: str):
    x, arm, outcome = world(n)
    means = learn_arm_means(x, arm, outcome, 3, kind, 1, 1)(x)  # type: ignore[arg-type]
    assert means.shape == (n, 3)
    assert 0.05 < (means[:, 2] - means[:, 0]).mean() < 0.25
    assert means[x[:, 0] > 0].mean() - means[x[:, 0] < 0].mean() > 0.1


def test_rows_of_no_candidate_are_not_learnt_from():
    x, arm, outcome = world(1000)
    odd = arm == 1
    poisoned = np.where(odd, 1.0, outcome)
    ours = np.where(odd, -1, arm)
    clean = learn_arm_means(x, ours, outcome, 3, "probability", 1, 1)(x)
    assert np.array_equal(clean, learn_arm_means(x, ours, poisoned, 3, "probability", 1, 1)(x))


def test_a_fold_is_predicted_without_its_own_outcomes():
    x, arm, outcome = world(1500)
    fold = np.arange(1500) % 3
    before = cross_fitted_means(x, arm, outcome, fold, 3, "probability", 1, 1)
    changed = np.where(fold == 1, 1 - outcome, outcome)
    after = cross_fitted_means(x, arm, changed, fold, 3, "probability", 1, 1)
    assert np.array_equal(before[fold == 1], after[fold == 1])
    assert not np.array_equal(before[fold == 0], after[fold == 0])


def test_an_outcome_that_never_varies_is_its_rate():
    x, arm, _ = world(100)
    assert (learn_arm_means(x, arm, np.ones(100), 3, "probability", 1, 1)(x) == 1.0).all()
