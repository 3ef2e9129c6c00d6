from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from models.actions.action_effects import arm_scores
from models.actions.action_rule import Candidates
from models.actions.keyed_draws import customer_folds
from models.actions.sensitivity import GAMMA_CAP, Contrast, bands, sensitivity
from models.offpolicy import clustered_mean


def contrast(n: int = 8000, effect: float = 1.0, hidden: float = 0.0, seed: int = 0) -> Contrast:
    """Mail for all against nothing for all; a hidden coin moves the odds of a mail by ``hidden``, and the money."""
    rng = np.random.default_rng(seed)
    coin = rng.choice([-1.0, 1.0], n)
    mailed = rng.random(n) < 1 / (1 + np.exp(-hidden * coin))
    money = 2.0 + effect * mailed + coin + rng.normal(size=n)
    log = Candidates(
        ("none", "mail", "call"), np.zeros((n, 1), np.float32), np.zeros(n, np.float32), np.arange(n),
        mailed.astype(int), np.ones((n, 3), bool), np.full(n, 0.5), np.ones(n), money, np.array([0.0, 0.25, 9.0]),
    )  # fmt: skip
    mail, none = (np.tile(np.eye(3)[one], (n, 1)) for one in (1, 0))
    return Contrast(log, mail, none, np.tile([2.0, 2.5, 0.0], (n, 1)))


def test_at_gamma_one_the_band_is_the_doubly_robust_gain():
    """The reward model is then the mean money of the arm among the customers of the other fold."""
    one = contrast()
    log, fold = one.log, customer_folds(one.log.customers, 2, one.seed, "sensitivity")
    means = np.array(
        [[log.value[(log.arm == arm) & (fold != half)].mean() for arm in (0, 1)] for half in (0, 1)]
    )
    means = np.column_stack([means[fold], np.zeros(8000)])
    scores = arm_scores(means, log.arm, log.value, log.propensity, log.eligible, 0.02) - log.cost
    expected = clustered_mean(scores[:, 1] - scores[:, 0], log.customers)
    (band,) = bands(one, gammas=(1.0,))
    assert band.lowest == band.highest
    assert band.lowest.value == pytest.approx(expected.value) and band.low == pytest.approx(expected.low)
    assert band.low < 0.75 < band.high


def test_bands_widen_with_gamma_and_lie_within_each_other():
    narrow, middle, wide = bands(contrast())
    assert wide.low < middle.low < narrow.low < 0.75 < narrow.high < middle.high < wide.high
    assert [one.gamma for one in (narrow, middle, wide)] == [1.25, 1.5, 2.0]


def test_the_bounds_are_the_sharp_ones_for_normal_money():
    one = contrast(n=60_000)
    (band,) = bands(one, gammas=(2.0,))
    reach = _sharp_shift(one)
    assert band.highest.value == pytest.approx(0.75 + reach, abs=0.05)
    assert band.lowest.value == pytest.approx(0.75 - reach, abs=0.05)


def _sharp_shift(one: Contrast) -> float:
    """Worst reweighing of the money of each arm, by brute force: two thirds down by 2, a third up by 2."""
    total = 0.0
    for position in (0, 1):
        money = np.sort(one.log.value[one.log.arm == position])
        weight = np.where(np.arange(len(money)) >= 2 * len(money) / 3, 2.0, 0.5)
        total += 0.5 * float((weight * money).mean() - money.mean())
    return total


@pytest.mark.parametrize("hidden", [0.25, 0.5 * np.log(2.0)])
def test_a_driver_within_gamma_is_held_by_the_band_and_missed_by_the_plain_interval(hidden):
    """The coin moves the odds from 1 to exp(hidden) at most, so Gamma = exp(2 * hidden) bounds it with room."""
    held = missed = 0
    for seed in range(30):
        one = contrast(n=3000, hidden=hidden, seed=seed)
        plain, wide = bands(one, gammas=(1.0, 2.0))
        held += wide.low <= 0.75 <= wide.high
        missed += not plain.low <= 0.75 <= plain.high
    assert held == 30
    assert missed >= 25


def test_a_larger_gain_takes_a_stronger_driver_to_vanish():
    small, large = (sensitivity(contrast(effect=effect)) for effect in (0.6, 1.5))
    assert 1.0 < small.certain_until < small.vanishes_at < large.certain_until < large.vanishes_at < GAMMA_CAP
    at = bands(contrast(effect=0.6), gammas=(small.vanishes_at - 0.05, small.vanishes_at + 0.02))
    assert at[0].lowest.value > 0 >= at[1].lowest.value


def test_no_gain_has_nothing_to_vanish_and_an_endless_one_stops_at_the_cap():
    none = sensitivity(contrast(effect=0.0))
    assert none.vanishes_at is None and none.certain_until is None
    assert sensitivity(contrast(effect=50.0)).vanishes_at == GAMMA_CAP


def test_policies_that_do_the_same_differ_by_nothing_whatever_the_driver():
    one = contrast()
    same = bands(replace(one, baseline=one.target))
    assert all(band.low == band.high == 0 for band in same)


def test_an_action_nobody_got_and_one_customer_are_no_crash():
    one = contrast(n=400)
    call = replace(one, target=np.tile([0.0, 0.0, 1.0], (400, 1)))
    json.dumps(sensitivity(call).to_json(), allow_nan=False)
    alone = replace(one, log=replace(one.log, customers=np.zeros(400, dtype=np.int64)))
    assert sensitivity(alone) is None


def test_the_summary_is_plain_json_that_names_its_model():
    shown = sensitivity(contrast()).to_json()
    assert "Tan" in shown["model"] and "Dorn" in shown["model"]
    assert [one["gamma"] for one in shown["bands"]] == [1.25, 1.5, 2.0]
    json.dumps(shown, allow_nan=False)
