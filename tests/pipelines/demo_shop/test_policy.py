"""The logging policy: propensities that are what they say, with a floor, confounded on purpose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from pipelines.demo_shop.effects import ACTIONS, COUPON, MAILED, NONE, seen
from pipelines.demo_shop.evidence import PHASES
from pipelines.demo_shop.hazards import baseline
from pipelines.demo_shop.policy import ELIGIBLE, decide, eligible_actions, propensities
from pipelines.demo_shop.settings import DemoSettings
from pipelines.demo_shop.simulation import Monday, lives

SETTINGS = DemoSettings(customers=4_000, days=182, seed=9)


@pytest.fixture(scope="module")
def monday() -> Monday:
    """The newest decision moment of a small simulation."""
    found = [monday for monday, _ in lives(SETTINGS, mondays=True) if monday.decided is not None]
    return found[-1]


def test_propensities_sum_to_one_and_keep_the_floor(monday: Monday) -> None:
    decided = monday.decided
    assert decided is not None and len(decided.person) > 300
    assert np.allclose(decided.propensity.sum(axis=1), 1.0)
    floor = SETTINGS.exploration / decided.eligible.sum(axis=1, keepdims=True)
    assert (decided.propensity >= np.where(decided.eligible, floor, 0.0) - 1e-12).all()
    assert (decided.propensity[~decided.eligible] == 0).all()
    assert decided.eligible[np.arange(len(decided.action)), decided.action].all()
    assert decided.eligible[:, NONE].all() and (decided.eligible.sum(axis=1) >= 2).all()


def test_actions_are_drawn_with_the_propensity_that_is_logged(monday: Monday) -> None:
    x = seen(monday.state, 7 * monday.week)
    times, taken, explored = 300, 0.0, 0.0
    for number in range(times):
        decided = decide(monday.state, x, monday.phase, np.random.default_rng(number), SETTINGS)
        taken = taken + (decided.action[:, None] == np.arange(len(ACTIONS))).astype(float)
        explored += decided.explore.mean() / times
    assert np.abs(taken.mean(axis=0) / times - decided.propensity.mean(axis=0)).max() < 0.004
    z = (taken / times - decided.propensity) / np.sqrt(0.25 / times)
    assert np.abs(z).max() < 6
    assert abs(explored - SETTINGS.exploration) < 0.01


def test_the_policy_aims_at_who_would_buy_anyway(monday: Monday) -> None:
    x = seen(monday.state, 7 * monday.week)
    b, able = baseline(x, monday.phase), eligible_actions(monday.state, monday.phase)
    mild = propensities(monday.state, x, monday.phase, able, SETTINGS)
    mine = able[:, COUPON] & (monday.phase == PHASES.index("consideration"))
    assert np.corrcoef(b[mine], mild[mine, COUPON])[0, 1] > 0.5
    sharp = propensities(monday.state, x, monday.phase, able, SETTINGS.model_copy(update={"kappa": 3.0}))
    assert sharp[mine, COUPON].std() > 1.5 * mild[mine, COUPON].std()
    blind = propensities(monday.state, x, monday.phase, able, SETTINGS.model_copy(update={"kappa": 0.0}))
    assert np.allclose(blind[mine, COUPON], 1 / able[mine].sum(axis=1))


def test_hidden_confounding_is_off_until_asked_for(monday: Monday) -> None:
    x, able = seen(monday.state, 7 * monday.week), eligible_actions(monday.state, monday.phase)
    mine = able[:, COUPON] & (monday.phase == PHASES.index("consideration"))
    changed = monday.state.take(np.arange(len(monday.state)))
    changed.engagement = -changed.engagement
    for hidden, same in ((0.0, True), (1.0, False)):
        settings = SETTINGS.model_copy(update={"hidden": hidden})
        one = propensities(monday.state, x, monday.phase, able, settings)[mine]
        other = propensities(changed, x, monday.phase, able, settings)[mine]
        assert np.allclose(one, other) is same


def test_mail_needs_consent_and_the_phase_says_what_is_possible(monday: Monday) -> None:
    able = eligible_actions(monday.state, monday.phase)
    refused = ~(monday.state.consent & monday.state.reachable)
    assert not able[np.ix_(refused, MAILED)].any()
    assert not able[~monday.state.customer].any()
    for place, phase in enumerate(PHASES):
        mine = monday.phase == place
        assert not able[mine][:, [a for a in range(len(ACTIONS)) if a not in ELIGIBLE[phase]]].any()


def test_the_configured_actions_are_those_of_the_policy(repo: Path) -> None:
    source = yaml.safe_load((repo / "conf/sources/demo.yaml").read_text(encoding="utf-8"))
    assert source["options"]["parts"]["decisions"]["options"]["actions"] == list(ACTIONS)
    assert set(source["action_channels"]) == set(ACTIONS[1:])
