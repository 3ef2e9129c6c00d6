from __future__ import annotations

import numpy as np

from models.actions.propensity_calibration import calibrated, reliability


def drawn(n: int, seed: int = 0):
    """Chances of three actions, one of which is not always possible, and a draw from them."""
    rng = np.random.default_rng(seed)
    chance = np.exp(rng.normal(size=(n, 3)))
    chance[::4, 2] = 0.0
    chance /= chance.sum(axis=1, keepdims=True)
    arm = (rng.random(n)[:, None] > chance.cumsum(axis=1)).sum(axis=1)
    return chance, arm, np.arange(n) % 3


def bent(chance: np.ndarray, power: float) -> np.ndarray:
    raised = np.where(chance > 0, chance**power, 0.0)
    return raised / raised.sum(axis=1, keepdims=True)


def test_an_estimate_that_is_too_sure_or_too_careful_is_mended():
    chance, arm, fold = drawn(6000)
    for power in (2.0, 0.5):
        found, mended = calibrated(bent(chance, power), arm, fold)
        assert abs(mended - 1 / power) < 0.1
        assert np.abs(found - chance).mean() < 0.2 * np.abs(bent(chance, power) - chance).mean()


def test_a_right_estimate_is_left_nearly_as_it_is():
    chance, arm, fold = drawn(6000)
    found, power = calibrated(chance, arm, fold)
    assert abs(power - 1) < 0.08
    assert np.abs(found - chance).max() < 0.03


def test_what_was_not_possible_stays_so_and_rows_add_up():
    chance, arm, fold = drawn(900)
    found, _ = calibrated(bent(chance, 3.0), arm, fold)
    assert (found[chance == 0] == 0).all()
    assert np.allclose(found.sum(axis=1), 1.0)


def test_a_fold_is_mended_by_the_others_only():
    chance, arm, fold = drawn(900)
    found, _ = calibrated(chance, arm, fold)
    other = arm.copy()
    other[fold == 0] = chance[fold == 0].argmax(axis=1)
    again, _ = calibrated(chance, other, fold)
    assert np.array_equal(found[fold == 0], again[fold == 0])
    assert not np.array_equal(found[fold == 1], again[fold == 1])


def test_one_fold_and_one_action_are_left_alone():
    every = np.ones((5, 1))
    found, power = calibrated(every, np.zeros(5, np.int64), np.zeros(5, np.int64))
    assert np.array_equal(found, every) and power == 1.0


def test_reliability_compares_like_with_like():
    rng = np.random.default_rng(1)
    chance = rng.uniform(0.1, 0.9, 20_000)
    took = rng.random(20_000) < chance
    right, wrong = reliability(chance, took), reliability(np.sqrt(chance), took)
    assert len(right["groups"]) == 10 and sum(one["n"] for one in right["groups"]) == 20_000
    estimated = [one["estimated"] for one in right["groups"]]
    assert estimated == sorted(estimated)
    assert right["error"] < 0.02
    assert abs(wrong["error"] - (np.sqrt(chance) - chance).mean()) < 0.02


def test_an_action_that_was_never_possible_has_no_reliability():
    assert reliability(np.zeros(0), np.zeros(0, bool)) == {"groups": [], "error": None}
