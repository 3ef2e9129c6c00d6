"""Whatever the settings, no rule and no limit is ever broken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from math import fsum
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.contract import DAY_US
from features.cutoffs import day_of
from models.actions.phase_policy import PhasePolicy
from models.policies.constraints import Constraints
from models.policies.settings import ActionSettings, Budget, ContactCap, PolicySettings
from models.policy import decide

NOW = 20_000 * DAY_US
TODAY = day_of(NOW)
ARMS = ("call", "coupon", "mail")
CHANNELS = {"call": "phone", "mail": "email"}
STATED = np.array([True, False, None], dtype=object)
CAPS = (
    ContactCap(most=2),
    ContactCap(channel="email", most=1, days=7),
    ContactCap(channel="phone", most=0),
)


def policy_settings(rng: np.random.Generator) -> PolicySettings:
    """Any settings; numbers are drawn by numpy, for a thousand cases must not take long."""
    actions = {}
    for arm in rng.permutation(ARMS)[: rng.integers(0, 4)].tolist():
        first, until = sorted(TODAY + timedelta(days=int(days)) for days in rng.integers(-2, 3, 2))
        said: dict[str, Any] = {"lever": float(rng.choice([0.5, 1, 2])), "explore": bool(rng.random() < 0.7)}
        said |= {"from": first} if rng.random() < 0.5 else {}
        said |= {"until": until} if rng.random() < 0.5 else {}
        said |= {"stock": int(rng.integers(0, 6))} if rng.random() < 0.5 else {}
        actions[arm] = ActionSettings(**said)
    budgets = {}
    if rng.random() < 0.5:
        budgets["money"] = Budget(limit=float(rng.choice([0.0, 2.0, rng.uniform(0, 20)])))
    if rng.random() < 0.5:
        budgets["hours"] = Budget(limit=float(rng.uniform(0, 5)), uses={"call": 0.7, "mail": 0.1})
    return PolicySettings(
        exploration=rng.choice(np.array(["off", 0.05, 0.1, 0.9], dtype=object)),
        contact_caps=tuple(cap for cap in CAPS if rng.random() < 0.4),
        budgets=budgets,
        actions=actions,
        phase_weights={"service": 3.0} if rng.random() < 0.3 else {},
    )


@pytest.fixture(scope="module")
def policies(
    personal: Callable[..., PhasePolicy], for_all: Callable[..., PhasePolicy]
) -> dict[str, PhasePolicy]:
    return {
        "decision": personal({"call": 1.3, "coupon": 0.01, "mail": 1 / 3}),
        "service": for_all("mail", {"call": 2.0, "mail": 0.2}, "service"),
    }


@settings(
    max_examples=1000, deadline=None, database=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 30))
def test_no_rule_and_no_limit_is_ever_broken(policies: dict[str, PhasePolicy], seed: int, n: int):
    rng = np.random.default_rng(seed)
    said = policy_settings(rng)
    allowed = {"decision": ["none", *rng.permutation(ARMS)[: rng.integers(0, 4)].tolist()]}
    # Whole numbers, so that many are worth the same.
    x = rng.integers(-2, 4, (n, 3)).astype(np.float32)
    phase = rng.choice(["decision", "service", "dormant"], n).astype(object)
    customers = rng.choice(10**6, n, replace=False)
    consent = {channel: STATED[rng.integers(0, 3, n)] for channel in ("email", "phone", "personalisation")}
    contacts = tuple(rng.integers(0, 4, n) for _ in said.contact_caps)

    def run(rows: np.ndarray) -> Any:
        constraints = Constraints(said, NOW, tuple(one[rows] for one in contacts), {"money": 0.25})
        mine = {channel: one[rows] for channel, one in consent.items()}
        return decide(
            policies, x[rows], list("abc"), phase[rows], customers[rows], 1, 0.1,
            allowed=allowed, consent=mine, channels=CHANNELS, constraints=constraints,
        )  # fmt: skip

    done = run(np.arange(n))
    for row, arm in enumerate(done.action):
        possible = dict.fromkeys(done.eligible_actions[row])
        assert arm in possible and 0 < done.propensity[row] <= 1 + 1e-12
        assert arm not in {one.split(":")[0] for one in done.blocked[row]}
        assert not (done.is_control[row] and (arm != "none" or len(possible) > 1))
        for one in possible.keys() - {"none"}:
            assert phase[row] in policies and one in policies[phase[row]].cost
            assert phase[row] != "decision" or one in allowed["decision"]
            assert consent["personalisation"][row] is not False
            assert one not in CHANNELS or consent[CHANNELS[one]][row] is not False
            for cap, counted in zip(said.contact_caps, contacts, strict=True):
                assert cap.channel not in (None, CHANNELS.get(one)) or counted[row] < cap.most
            first, until = said.of(one).first_day, said.of(one).until
            assert (first is None or first <= TODAY) and (until is None or until >= TODAY)
    for arm in ARMS:
        stock = said.of(arm).stock
        assert stock is None or (done.action == arm).sum() <= stock
    if "money" in said.budgets:
        assert fsum(done.action_cost) <= max(0.0, said.budgets["money"].limit - 0.25) + 1e-9
    if "hours" in said.budgets:
        hours = fsum({"call": 0.7, "mail": 0.1}.get(arm, 0.0) for arm in done.action)
        assert hours <= said.budgets["hours"].limit + 1e-9
    shuffled = rng.permutation(n)
    again = run(shuffled)
    assert (again.action == done.action[shuffled]).all()
    assert (again.propensity == done.propensity[shuffled]).all()
