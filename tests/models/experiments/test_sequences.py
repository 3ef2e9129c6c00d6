"""Looking every day: the narrow interval is wrong far too often, the always-valid one is not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from models.experiments.sequences import always_valid_p, always_valid_width, mixing_variance

LOOKS, PER_LOOK, REPLICATES = 100, 100, 4000


@pytest.fixture(scope="module")
def watched() -> tuple[np.ndarray, np.ndarray]:
    """Effect and its estimated variance at each of 100 looks, of a rate of 10 % in both arms."""
    rng = np.random.default_rng(8)
    n = PER_LOOK * np.arange(1, LOOKS + 1)
    rate = [np.cumsum(rng.binomial(PER_LOOK, 0.10, (REPLICATES, LOOKS)), axis=1) / n for _ in range(2)]
    variance = sum(one * (1 - one) / n for one in rate)
    return rate[1] - rate[0], np.asarray(variance)


def test_peeking_breaks_the_fixed_interval_and_not_the_always_valid_one(
    watched: tuple[np.ndarray, np.ndarray],
) -> None:
    effect, variance = watched
    fixed = np.mean(np.any(np.abs(effect) > norm.isf(0.025) * np.sqrt(variance), axis=1))
    assert fixed > 0.25
    mixing = mixing_variance(0.1 * 0.9 * 2 / (PER_LOOK * LOOKS), 0.05)
    always = np.mean(np.any(np.abs(effect) > always_valid_width(variance, mixing, 0.05), axis=1))
    assert always <= 0.05


def test_the_p_value_and_the_interval_say_the_same(watched: tuple[np.ndarray, np.ndarray]) -> None:
    effect, variance = watched
    outside = np.abs(effect) > always_valid_width(variance, 1e-4, 0.05)
    assert np.array_equal(outside, always_valid_p(effect, variance, 1e-4) < 0.05)


def test_it_is_narrowest_near_the_planned_end() -> None:
    mixing = mixing_variance(1.0, 0.05)
    at_end = always_valid_width(1.0, mixing, 0.05)
    assert at_end < always_valid_width(1.0, mixing * 10, 0.05)
    assert at_end < always_valid_width(1.0, mixing / 10, 0.05)


def test_a_real_effect_is_found_by_looking() -> None:
    rng = np.random.default_rng(9)
    n = PER_LOOK * np.arange(1, LOOKS + 1)
    rate = [np.cumsum(rng.binomial(PER_LOOK, p, (500, LOOKS)), axis=1) / n for p in (0.10, 0.13)]
    variance = sum(one * (1 - one) / n for one in rate)
    mixing = mixing_variance(0.1 * 0.9 * 2 / (PER_LOOK * LOOKS), 0.05)
    found = np.any(rate[1] - rate[0] > always_valid_width(variance, mixing, 0.05), axis=1)
    assert np.mean(found) > 0.95
