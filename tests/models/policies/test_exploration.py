from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2

from features.contract import DAY_US
from models.actions.phase_policy import PhasePolicy
from models.policies.constraints import Constraints
from models.policies.decided import Decided
from models.policies.exploration import Draws, drawn, propensities
from models.policies.settings import ActionSettings, Budget, PolicySettings
from models.policy import decide_all

NOW = 20_000 * DAY_US
COST = {"call": 1.0, "coupon": 0.2, "mail": 0.5}


def run(
    policy: PhasePolicy, n: int, said: PolicySettings, rows: Any = slice(None), now: int = NOW, **more: Any
) -> Decided:
    rng = np.random.default_rng(3)
    x = rng.normal(0.5, 1.0, (n, 3)).astype(np.float32)[rows]
    customers = rng.choice(10**9, n, replace=False)[rows]
    phase = np.full(len(x), "decision", dtype=object)
    refused = np.where(rng.random(n) < 0.3, False, None).astype(object)[rows]
    return decide_all(
        {"decision": policy}, x, list("abc"), phase, customers, 0, more.pop("control_share", 0.0),
        consent={"email": refused}, channels={"mail": "email"}, constraints=Constraints(said, now), **more,
    )  # fmt: skip


def chi_square_p(done: Decided) -> float:
    """Counts per action against the sum of the logged propensities."""
    counts = np.bincount(done.action, minlength=len(done.arms))
    expected = done.propensity.sum(axis=0)
    return float(chi2.sf(((counts - expected) ** 2 / expected).sum(), len(counts) - 1))


BUDGET = PolicySettings(
    budgets={"money": Budget(limit=9000.0)}, actions={"call": ActionSettings(stock=5000)}, exploration=0.2
)


@pytest.mark.parametrize("said", [PolicySettings(), BUDGET], ids=["free", "budget and stock"])
def test_what_was_drawn_agrees_with_the_logged_propensities(personal: Callable[..., PhasePolicy], said: Any):
    done = run(personal(COST), 100_000, said)
    assert np.allclose(done.propensity.sum(axis=1), 1.0)
    assert chi_square_p(done) > 0.001
    # And among those who were drawn, each possible action alike.
    able = done.propensity[done.explore] > 0
    expected = (able / able.sum(axis=1, keepdims=True)).sum(axis=0)
    if said is not BUDGET:
        counts = np.bincount(done.action[done.explore], minlength=4)
        assert chi2.sf(((counts - expected) ** 2 / expected).sum(), 3) > 0.001
        assert abs(done.explore.mean() - 0.1) < 0.004


@pytest.mark.parametrize("said", [PolicySettings(), BUDGET], ids=["free", "budget and stock"])
def test_weights_of_the_log_give_back_the_truth(personal: Callable[..., PhasePolicy], said: Any):
    """One over the propensity, over many moments: the mean of an arm as if everybody who could got it."""
    seen: list[float] = []
    for day in range(40):
        done = run(personal(COST), 3000, said.model_copy(update={"budgets": said.budgets and {
            "money": Budget(limit=270.0)}}), now=NOW + day * DAY_US)  # fmt: skip
        truth = 1.0 + (np.arange(3000) % 7)
        taken = done.propensity[:, 2]
        possible = taken > 0
        got = possible & (done.action == 2)
        seen.append((truth[got] / taken[got]).sum() - truth[possible].sum())
    error = np.array(seen)
    assert abs(error.mean()) < 4 * error.std() / np.sqrt(len(error))


def test_every_propensity_can_be_made_again_from_customer_moment_and_version(
    personal: Callable[..., PhasePolicy],
):
    done = run(personal(COST), 2000, PolicySettings())
    again = Draws.of(done.batch.customers, NOW, done.version)
    able = done.propensity > 0
    planned = np.argmax(np.where(able, done.scores.priority, -np.inf), axis=1)
    explore = again.explore < 0.1
    assert np.array_equal(explore & (able.sum(axis=1) > 1), done.explore)
    assert np.array_equal(np.where(done.explore, drawn(able, again.which), planned), done.action)
    assert np.array_equal(propensities(planned, able, 0.1), done.propensity)


def test_another_moment_or_version_draws_others(personal: Callable[..., PhasePolicy]):
    one, later = (run(personal(COST), 2000, PolicySettings(), now=NOW + day * DAY_US) for day in (0, 1))
    other = run(personal(COST), 2000, PolicySettings(exploration=0.11))
    for changed in (later, other):
        assert 0 < (changed.explore & one.explore).sum() < 60
    assert other.version != one.version == later.version


def test_without_budgets_neither_order_nor_parts_change_a_decision(personal: Callable[..., PhasePolicy]):
    whole = run(personal(COST), 500, PolicySettings())
    for rows in (np.arange(500)[::-1], np.arange(100, 200), np.array([7])):
        part = run(personal(COST), 500, PolicySettings(), rows)
        assert np.array_equal(part.action, whole.action[rows])
        assert np.array_equal(part.propensity, whole.propensity[rows])
        assert np.array_equal(part.scores.gain, whole.scores.gain[rows])


def test_a_budget_is_used_up_and_never_passed(personal: Callable[..., PhasePolicy]):
    spent = []
    for limit in (0.0, 0.7, 40.0, 300.0):
        said = PolicySettings(budgets={"money": Budget(limit=limit)})
        spent.append((run(personal(COST), 4000, said).cost().sum(), limit))
    assert all(one <= limit + 1e-9 for one, limit in spent)
    assert all(one > 0.95 * limit - 1.0 for one, limit in spent)


def test_exploration_takes_its_share_of_a_scarce_budget_at_most(personal: Callable[..., PhasePolicy]):
    said = PolicySettings(exploration=0.1, actions={"call": ActionSettings(stock=50)})
    done = run(personal(COST), 5000, said)
    call = done.arms.index("call")
    assert 0 < (done.explore & (done.action == call)).sum() <= 5
    assert 45 <= (done.action == call).sum() <= 50
    # Those who came after it was gone could not get it, and the log says so.
    assert (done.propensity[:, call] == 0).mean() > 0.9


def test_off_draws_nothing_and_an_action_may_be_kept_out_of_the_draw(personal: Callable[..., PhasePolicy]):
    off = run(personal(COST), 1000, PolicySettings(exploration="off"))
    assert not off.explore.any() and set(off.taken_propensity()) == {1.0}
    said = PolicySettings(exploration=0.5, actions={"call": ActionSettings(explore=False)})
    kept = run(personal(COST), 1000, said)
    call = kept.arms.index("call")
    assert not (kept.action[kept.explore] == call).any()
    assert set(kept.propensity[kept.action == call, call]) == {0.5}


def test_what_is_proven_to_lose_money_is_drawn_only_when_asked_for(for_all: Callable[..., PhasePolicy]):
    losing = for_all("none", {"call": 1.0, "mail": 0.5}, gain=-0.5)
    unsure = dataclasses.replace(losing, effects={"call": losing.effects["call"]})
    done = run(unsure, 3000, PolicySettings())
    assert set(done.names()[done.explore]) == {"none", "mail"}
    call = done.arms.index("call")
    assert (done.propensity[:, call] == 0).all() and np.allclose(done.propensity.sum(axis=1), 1.0)
    asked = PolicySettings(actions={"call": ActionSettings(explore=True)})
    assert set(run(unsure, 3000, asked).names()) == {"none", "mail", "call"}


def test_nothing_is_drawn_for_the_control_group_or_where_the_phase_allows_nothing(
    personal: Callable[..., PhasePolicy],
):
    said = PolicySettings(exploration=0.9)
    done = run(personal(COST), 2000, said, control_share=0.3)
    assert not done.explore[done.is_control].any()
    assert set(done.taken_propensity()[done.is_control]) == {1.0}
    closed = run(personal(COST), 200, said, allowed={"decision": ["none"]})
    assert not closed.explore.any() and set(closed.names()) == {"none"}


def test_one_action_for_all_is_drawn_from_too(for_all: Callable[..., PhasePolicy]):
    done = run(for_all("none", COST), 5000, PolicySettings())
    assert set(done.names()[~done.explore]) == {"none"}
    assert set(done.names()[done.explore]) == {"none", *COST}
