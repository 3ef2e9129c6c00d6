from __future__ import annotations

import numpy as np
import pytest

from models.clustered_mean import clustered_mean, skewed_mean


def rare(rng: np.random.Generator) -> np.ndarray:
    """A weight of 20 on one decision in 100, or nothing: what few successes under large weights look like."""
    return 20.0 * (rng.random(1500) < 0.01)


def test_the_interval_of_rare_large_scores_covers_where_the_plain_one_does_not():
    rng, plain, skewed, runs = np.random.default_rng(7), 0, 0, 1000
    for _ in range(runs):
        scores = rare(rng)
        one, other = clustered_mean(scores), skewed_mean(scores)
        plain += one.low < 0.2 < one.high
        skewed += other.low < 0.2 < other.high
    assert plain / runs < 0.935
    assert 0.94 <= skewed / runs <= 0.98


def test_even_scores_keep_their_interval():
    scores = np.random.default_rng(1).normal(size=20_000)
    one, other = clustered_mean(scores), skewed_mean(scores)
    assert other.value == one.value and other.se == one.se
    assert other.low == pytest.approx(one.low, abs=1e-4) and other.high == pytest.approx(one.high, abs=1e-4)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_interval_reaches_to_the_side_of_the_tail_and_is_never_narrower(sign):
    scores = sign * rare(np.random.default_rng(3))
    one, other = clustered_mean(scores), skewed_mean(scores)
    assert other.low <= one.low and other.high >= one.high
    far, near = (other.high - one.high, one.low - other.low)[:: int(sign)]
    assert far > near


def test_order_and_sign_of_the_scores_do_not_matter():
    scores = rare(np.random.default_rng(4))
    one, mirrored = skewed_mean(scores), skewed_mean(-scores[::-1])
    assert mirrored.low == pytest.approx(-one.high) and mirrored.high == pytest.approx(-one.low)


def test_repeating_every_decision_of_a_customer_changes_nothing():
    scores = rare(np.random.default_rng(5))
    once = skewed_mean(scores, np.arange(1500))
    thrice = skewed_mean(np.tile(scores, 3), np.tile(np.arange(1500), 3))
    assert thrice.high == pytest.approx(once.high) and thrice.low == pytest.approx(once.low)


@pytest.mark.parametrize("scores", [np.ones(5), np.array([1.0]), np.array([1.0, 2.0])])
def test_thin_data_falls_back_on_the_plain_interval(scores):
    assert skewed_mean(scores) == clustered_mean(scores)
