from __future__ import annotations

import numpy as np
import pytest

from models.offpolicy import clustered_mean, dm, dr, dr_scores, ips, sndr, snips, support, switch_dr


@pytest.fixture
def logged() -> dict[str, np.ndarray]:
    """Two actions; the log takes action 1 with probability e(x); reward 1 + 2a + x."""
    rng = np.random.default_rng(0)
    n = 20_000
    x = rng.normal(size=n)
    chance = 1 / (1 + np.exp(-x))
    chance = np.clip(chance, 0.1, 0.9)
    action = rng.random(n) < chance
    return {
        "reward": 1 + 2 * action + x + rng.normal(size=n),
        "target": action.astype(float),
        "propensity": np.where(action, chance, 1 - chance),
        "x": x,
        "action": action.astype(float),
    }


def arguments(logged: dict[str, np.ndarray], *names: str) -> list[np.ndarray]:
    return [logged[name] for name in names]


def test_ips_and_snips_find_the_value_that_the_plain_mean_misses(logged):
    base = arguments(logged, "reward", "target", "propensity")
    plain = logged["reward"][logged["action"] == 1].mean()
    assert plain > 3.2
    assert ips(*base).low < 3 < ips(*base).high
    assert snips(*base).low < 3 < snips(*base).high


def test_snips_follows_a_shift_of_every_reward_exactly(logged):
    reward, target, propensity = arguments(logged, "reward", "target", "propensity")
    shifted = snips(reward + 100, target, propensity)
    assert shifted.value == pytest.approx(snips(reward, target, propensity).value + 100)
    assert shifted.se == pytest.approx(snips(reward, target, propensity).se)


def test_dr_is_right_when_either_part_is_right(logged):
    reward, target, propensity, x, action = arguments(logged, "reward", "target", "propensity", "x", "action")
    good, expected = 1 + 2 * action + x, 3 + x
    wrong_model = dr(reward, target, propensity, np.zeros_like(x), np.zeros_like(x))
    wrong_propensity = dr(reward, target, np.full_like(x, 0.5), good, expected)
    assert wrong_model.low < 3 < wrong_model.high
    assert wrong_propensity.low < 3 < wrong_propensity.high
    assert dr(reward, target, propensity, good, expected).se < wrong_model.se


def test_dr_without_a_model_is_ips_and_its_scores_average_to_it(logged):
    reward, target, propensity = arguments(logged, "reward", "target", "propensity")
    zero = np.zeros_like(reward)
    assert dr(reward, target, propensity, zero, zero) == ips(reward, target, propensity)
    assert dr_scores(reward, target, propensity, zero, zero).mean() == ips(reward, target, propensity).value


def test_switch_dr_with_a_high_threshold_is_dr_and_with_zero_is_the_model(logged):
    reward, target, propensity, x = arguments(logged, "reward", "target", "propensity", "x")
    model = (reward, target, propensity, x, 3 + x)
    assert switch_dr(*model, threshold=1e9) == dr(*model)
    assert switch_dr(*model, threshold=0.0).value == pytest.approx((3 + x).mean())


def test_the_direct_method_is_the_model_and_nothing_else(logged):
    reward, target, propensity, x, action = arguments(logged, "reward", "target", "propensity", "x", "action")
    predicted, expected = 1.5 + 2 * action + x, 3.5 + x
    assert dm(expected) == pytest.approx(3.5, abs=0.05)
    assert dr(reward, target, propensity, predicted, expected).value == pytest.approx(3.0, abs=0.1)


def test_sndr_is_unmoved_by_a_common_error_in_the_propensities(logged):
    reward, target, propensity, x = arguments(logged, "reward", "target", "propensity", "x")
    halved = sndr(reward, target, propensity / 2, x, 3 + x)
    assert halved.value == pytest.approx(sndr(reward, target, propensity, x, 3 + x).value)


def test_repeating_every_decision_of_a_customer_adds_no_certainty():
    scores = np.random.default_rng(1).normal(size=200)
    once = clustered_mean(scores, np.arange(200))
    thrice = clustered_mean(np.tile(scores, 3), np.tile(np.arange(200), 3))
    assert thrice.se == pytest.approx(once.se)
    assert clustered_mean(np.tile(scores, 3)).se < 0.6 * once.se


def test_one_customer_gives_an_endless_interval():
    assert clustered_mean(np.array([1.0, 2.0]), np.array([5, 5])).high == np.inf


def test_intervals_of_a_handful_of_customers_cover():
    """With a normal quantile 3 customers cover in 83 % of the samples, not in 95 %."""
    rng = np.random.default_rng(4)
    who, held = np.repeat(np.arange(3), 20), 0
    for _ in range(1000):
        one = clustered_mean(np.repeat(rng.normal(size=3), 20), who)
        held += one.low < 0 < one.high
    assert 930 <= held <= 970


def test_two_customers_are_no_proof():
    two = clustered_mean(np.array([1.0, 1.0, 1.6, 1.6]), np.array([1, 1, 2, 2]))
    assert two.clusters == 2
    assert two.value / two.se > 4 and two.lower(0.95) < 0


def test_support_counts_effective_decisions():
    spread = support(np.ones(100), np.full(100, 0.25))
    lopsided = support(np.ones(100), np.r_[0.001, np.full(99, 0.9)])
    assert spread.ess == pytest.approx(100)
    assert lopsided.ess < 2
    assert lopsided.max_weight == pytest.approx(1000)
    assert support(np.zeros(3), np.ones(3)).ess == 0
