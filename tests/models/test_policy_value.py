from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from models.actions.action_rule import Candidates
from models.actions.policy_value import PolicyValue, Reading, value_of_policy
from models.offpolicy import dr, sndr, switch_dr

ARMS = ("none", "mail", "call")


def log(n: int = 4000, chance: tuple[float, float, float] = (0.5, 0.3, 0.2), seed: int = 0) -> Candidates:
    """Worth 5 without action, 9 with a mail of cost 1, 6 with a call of cost 2; noise of 3."""
    rng = np.random.default_rng(seed)
    arm = rng.choice(3, size=n, p=chance)
    value = np.array([5.0, 9.0, 6.0])[arm] + 3 * rng.normal(size=n)
    return Candidates(
        ARMS, np.zeros((n, 1), np.float32), np.zeros(n, np.float32), np.arange(n), arm, np.ones((n, 3), bool),
        np.array(chance)[arm], np.ones(n), value, np.array([0.0, 1.0, 2.0]),
    )  # fmt: skip


def always(position: int, n: int = 4000) -> np.ndarray:
    return np.tile(np.eye(3)[position], (n, 1))


MEANS = np.array([4.0, 8.0, 7.0])


def valued(one: Candidates, target: np.ndarray, **reading: float) -> PolicyValue:
    return value_of_policy(target, one, np.tile(MEANS, (len(one), 1)), Reading(**reading))


def test_every_unbiased_estimator_holds_the_truth_and_the_model_alone_does_not():
    for position, truth in enumerate((5.0, 8.0, 4.0)):
        found = valued(log(), always(position))
        assert found.evaluable and found.reason is None
        for name in ("ips", "snips", "dr", "sndr"):
            assert found.estimates[name].low < truth < found.estimates[name].high, name
    assert found.dm == pytest.approx(7.0 - 2.0)


def test_the_estimates_are_those_of_the_estimators_on_money_after_costs():
    one = log()
    target = np.tile([0.2, 0.5, 0.3], (4000, 1))
    net = MEANS - one.cost
    arguments = (
        one.value - one.cost[one.arm], target[0][one.arm], one.propensity, net[one.arm],
        np.full(4000, target[0] @ net), one.customers,
    )  # fmt: skip
    found = valued(one, target)
    for name, other in (("dr", dr), ("sndr", sndr)):
        assert found.estimates[name].value == pytest.approx(other(*arguments).value), name
        assert found.estimates[name].high == pytest.approx(other(*arguments).high), name
    switched = valued(one, target, switch=1.6).estimates["switch_dr"].value
    assert switched == pytest.approx(switch_dr(*arguments, threshold=1.6).value)
    assert switched != pytest.approx(found.estimates["switch_dr"].value)


def test_two_decisions_of_a_customer_are_one_proof():
    one = log()
    alone = valued(one, always(1)).estimates["dr"]
    double = replace(one, **{name: np.tile(getattr(one, name), 2) for name in
                             ("day", "customers", "arm", "propensity", "outcome", "value")},
                     x=np.tile(one.x, (2, 1)), eligible=np.tile(one.eligible, (2, 1)))  # fmt: skip
    twice = valued(double, always(1, 8000)).estimates["dr"]
    assert twice.se == pytest.approx(alone.se)


@pytest.mark.parametrize(
    ("one", "reading", "told"),
    [
        (log(300), {}, "effective decisions"),
        (log(4000, (0.94, 0.05, 0.01)), {"min_ess_share": 0.2}, "at least 800"),
        (log(4000, (0.6, 0.4, 0.0)), {}, "'call'"),
        (replace(log(4000), customers=np.zeros(4000, dtype=np.int64)), {}, "two customers"),
    ],
)
def test_a_log_that_cannot_carry_a_figure_gives_none_and_says_why(one, reading, told):
    found = valued(one, always(2, len(one)), **reading)
    assert not found.evaluable and found.estimates == {} and found.dm is None
    shown = found.to_json()
    assert told in shown["reason"]["en"] and shown["reason"]["nl"] != shown["reason"]["en"]
    assert shown["estimates"] == {} and shown["n"] == len(one)
    json.dumps(shown, allow_nan=False)


def test_an_action_never_taken_where_the_policy_would_is_no_support():
    one = log()
    wanted = np.zeros(4000, dtype=bool)
    wanted[np.flatnonzero(one.arm != 1)[:400]] = True
    target = np.eye(3)[np.where(wanted, 1, 0)]
    found = valued(one, target)
    assert not found.evaluable and "'mail'" in found.reason["en"] and "10.0%" in found.reason["en"]
    # Three of 4,000 decisions may miss by chance: that refuses nothing.
    assert valued(one, np.eye(3)[np.where(np.cumsum(wanted) * wanted <= 3, wanted * 1, 0)]).evaluable


def test_clipped_weights_are_counted_and_the_largest_is_shown():
    one = log()
    found = valued(one, always(2), floor=0.25)
    assert found.share_clipped == 1.0 and found.support.max_weight == pytest.approx(4.0)
    assert valued(one, always(1), floor=0.25).share_clipped == 0.0


def test_support_of_a_single_action_counts_where_it_could_be_given():
    one = log()
    able = np.arange(4000) < 1000
    one = replace(one, eligible=np.where(able[:, None] | (np.arange(3) != 1), True, False))
    one = one.take(able | (one.arm != 1))
    able = one.eligible[:, 1]
    target = np.where(able[:, None], np.eye(3)[1], np.eye(3)[0])
    means = np.tile(MEANS, (len(one), 1))
    assert value_of_policy(target, one, means, Reading(), able).support.n == able.sum()


def test_a_decision_whose_action_is_no_candidate_counts_but_says_nothing():
    one = log()
    other = replace(one, arm=np.where(one.arm == 2, -1, one.arm))
    found = valued(other, always(1))
    assert found.support.n == 4000
    assert found.estimates["dr"].low < 8.0 < found.estimates["dr"].high


def test_a_policy_that_takes_what_was_not_eligible_is_a_mistake():
    one = replace(log(), eligible=np.tile([True, True, False], (4000, 1)))
    with pytest.raises(ValueError, match="not eligible"):
        valued(one, always(2))


def test_the_summary_is_plain_json_and_the_model_has_no_interval():
    shown = valued(log(), always(1)).to_json()
    assert set(shown["estimates"]) == {"ips", "snips", "dr", "sndr", "switch_dr", "dm"}
    assert set(shown["estimates"]["dm"]) == {"value"}
    assert set(shown["estimates"]["dr"]) == {"value", "low", "high", "se"}
    assert {"n", "ess", "max_weight", "share_clipped"} <= set(shown)
    json.dumps(shown, allow_nan=False)
