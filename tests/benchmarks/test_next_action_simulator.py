"""The simulator of the next best action agrees with the published facts about its customers."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.next_action.simulator import FRESH, PHASES, make_decisions

#: Phase: chance without action; mean effect in percentage points per action; share harmed; money under none, the
#: best constant, the log, the oracle; its smallest propensity (200,000 customers, seed 999).
FACTS = {
    "awareness": (0.089, (1.3, 0.7), (0.33, 0.42), (0.133, 0.133, 0.128, 0.151), 0.043),
    "consideration": (0.131, (1.8, 2.8, 1.2), (0.33, 0.37, 0.42), (0.749, 0.842, 0.804, 0.985), 0.030),
    "decision": (0.310, (1.9, 3.5, 1.8), (0.33, 0.34, 0.42), (7.69, 8.15, 7.64, 8.71), 0.031),
    "service": (0.884, (0.7, 1.3, 2.8), (0.33, 0.38, 0.55), (38.3, 38.6, 37.5, 39.5), 0.028),
    "advocacy": (0.060, (1.3, 3.6), (0.33, 0.12), (0.716, 1.099, 0.888, 1.170), 0.049),
}
BEST = {"awareness": "none", "advocacy": "referral"}
ROWS = 100_000


@pytest.mark.parametrize("phase", list(FACTS))
def test_near_linear_world_has_the_published_facts(phase: str) -> None:
    chance, effects, harmed, (idle, best, logged, oracle), smallest = FACTS[phase]
    one = make_decisions(phase, ROWS, 5)
    effect = one.success - one.success[:, [0]]
    assert one.success[:, 0].mean() == pytest.approx(chance, abs=0.0025)
    assert 100 * effect[:, 1:].mean(axis=0) == pytest.approx(effects, abs=0.12)
    assert (effect[:, 1:] < 0).mean(axis=0) == pytest.approx(harmed, abs=0.012)
    value = one.value.mean(axis=0)
    assert value[0] == pytest.approx(idle, rel=0.015)
    assert one.candidates.arms[int(value.argmax())] == BEST.get(phase, "email")
    assert value.max() == pytest.approx(best, rel=0.015)
    assert (one.value * one.propensity).sum(axis=1).mean() == pytest.approx(logged, rel=0.015)
    assert one.value.max(axis=1).mean() == pytest.approx(oracle, rel=0.015)
    assert one.propensity.min() == pytest.approx(smallest, abs=0.004)


@pytest.mark.parametrize("phase", list(FACTS))
def test_the_log_follows_the_truth_it_states(phase: str) -> None:
    one = make_decisions(phase, 50_000, 6)
    log, row = one.candidates, np.arange(50_000)
    weight = 1 / log.propensity
    for position in range(len(log.arms)):
        given = log.arm == position
        # A weighted log must show every action at its true chance of success, and everybody once.
        for true, seen in ((one.success[:, position], log.outcome), (np.ones(50_000), np.ones(50_000))):
            term = given * weight * seen
            assert abs(term.mean() - true.mean()) < 4.5 * term.std() / np.sqrt(50_000)
    assert np.array_equal(log.propensity, one.propensity[row, log.arm])
    paid = log.value[log.outcome == 1]
    worth = one.value[row, log.arm] + log.cost[log.arm]
    assert paid == pytest.approx((worth / one.success[row, log.arm])[log.outcome == 1])
    assert (log.value[log.outcome == 0] == 0).all()


@pytest.mark.parametrize("phase", list(FACTS))
def test_worlds_share_customers_and_differ_in_effects(phase: str) -> None:
    linear, bent, same = (
        make_decisions(phase, 20_000, 3, world) for world in ("near_linear", "interactions", "null")
    )
    assert np.array_equal(linear.candidates.x, bent.candidates.x)
    assert np.array_equal(linear.success[:, 0], bent.success[:, 0])
    assert np.array_equal(linear.propensity, same.propensity)
    odds = np.log(same.success / (1 - same.success))
    assert (odds - odds[:, [0]]).std(axis=0) == pytest.approx(0, abs=1e-9)
    odds = np.log(bent.success / (1 - bent.success))
    effect = (odds - odds[:, [0]])[:, 1:]
    x = np.column_stack([np.ones(20_000), bent.candidates.x])
    fitted = x @ np.linalg.lstsq(x, effect, rcond=None)[0]
    explained = 1 - ((effect - fitted) ** 2).mean(axis=0) / effect.var(axis=0)
    assert (explained < 0.75).all()
    gain = bent.value.max(axis=1).mean() / bent.value.mean(axis=0).max() - 1
    assert gain > 0.015


def test_nobody_beats_the_best_single_action_where_all_are_alike_and_actions_are_free() -> None:
    for phase in PHASES:
        one = make_decisions(phase, 5_000, 4, "null", free=True)
        assert len(np.unique(one.value.argmax(axis=1))) == 1


def test_knobs_bring_weak_overlap_and_hidden_confounding() -> None:
    plain, sharp = (
        make_decisions("decision", 20_000, 1),
        make_decisions("decision", 20_000, 1, kappa=3, eps=0.02),
    )
    assert sharp.propensity.min() < 0.006 < plain.propensity.min()
    hidden = make_decisions("decision", 20_000, 1, h=0.8, hid=0.8)
    assert not np.allclose(hidden.success[:, 0], plain.success[:, 0])
    treated = hidden.candidates.arm > 0
    rise = hidden.success[:, 0] - plain.success[:, 0]
    assert rise[treated].mean() > rise[~treated].mean() + 0.05
    assert np.array_equal(hidden.candidates.x, plain.candidates.x)


def test_same_seed_same_log_and_fresh_customers_are_others() -> None:
    one, again, fresh = (make_decisions("service", 500, seed) for seed in (1, 1, FRESH + 1))
    assert np.array_equal(one.candidates.outcome, again.candidates.outcome)
    assert not set(one.candidates.customers) & set(fresh.candidates.customers)
    assert one.gain_share(np.zeros(500, dtype=np.int64)) <= 0
