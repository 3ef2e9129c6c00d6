"""The logging policy: a marketer who aims at the likely buyers, with an exploration floor and known propensities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo_shop.effects import (
    ACTIONS,
    ADVERTISEMENT,
    COUPON,
    MAILED,
    NEWSLETTER,
    NONE,
    REFERRAL_REQUEST,
    SERVICE_CALL,
    Seen,
)
from pipelines.demo_shop.evidence import PHASES
from pipelines.demo_shop.hazards import baseline
from pipelines.demo_shop.settings import DemoSettings
from pipelines.demo_shop.state import Floats, Ints, Mask, State

#: Actions possible in each phase; a test holds that conf/sources/demo.yaml and this agree. None on the dormant.
ELIGIBLE: dict[str, tuple[int, ...]] = {
    "awareness": (NONE, NEWSLETTER, ADVERTISEMENT),
    "consideration": (NONE, NEWSLETTER, COUPON, ADVERTISEMENT),
    "decision": (NONE, NEWSLETTER, COUPON, ADVERTISEMENT),
    "retention": (NONE, NEWSLETTER, COUPON, SERVICE_CALL),
    "advocacy": (NONE, NEWSLETTER, REFERRAL_REQUEST),
    "dormant": (),
}
_TABLE = np.array([[action in ELIGIBLE[phase] for action in range(len(ACTIONS))] for phase in PHASES])


@dataclass(frozen=True)
class Decided:
    """One decision moment: rows are the people decided about.

    Attributes
    ----------
    person, action : array
    eligible : bool array (rows, actions)
    propensity : array (rows, actions)
        Rows sum to 1; at least ``exploration / number of eligible actions`` where eligible.
    explore : bool array
        Whether the uniform part of the mixture chose.
    """

    person: Ints
    action: Ints
    eligible: Mask
    propensity: Floats
    explore: Mask


def eligible_actions(state: State, phase: Ints) -> Mask:
    """Actions possible per person: by phase, no mail without consent and address, only to known customers."""
    able: Mask = _TABLE[phase] & state.customer[:, None]
    able[:, list(MAILED)] &= (state.consent & state.reachable)[:, None]
    # Where only doing nothing is left there is nothing to decide.
    able &= (able.sum(axis=1) >= 2)[:, None]
    return able


def propensities(state: State, x: Seen, phase: Ints, able: Mask, settings: DemoSettings) -> Floats:
    """``(1 - eps) softmax(kappa m_a(x)) + eps / |E|`` over the eligible actions (section 5a).

    Confounded on purpose: the scores rise with what would be bought anyway.
    """
    b = baseline(x, phase)
    decided = able.any(axis=1)
    for place in np.unique(phase[decided]):
        rows = decided & (phase == place)
        b[rows] = (b[rows] - b[rows].mean()) / max(float(b[rows].std()), 1e-9)
    score = np.zeros(able.shape)
    hidden = settings.hidden * state.engagement
    score[:, NONE] = 0.3 - 0.3 * b
    score[:, NEWSLETTER] = 0.5 + 0.6 * b + (x.open_rate - 0.28) + hidden
    score[:, COUPON] = 0.2 + 0.8 * b + hidden
    score[:, ADVERTISEMENT] = 0.2 + 0.4 * b + 0.3 * (x.recency < 14) + hidden
    score[:, SERVICE_CALL] = -0.8 + 1.2 * (x.tickets > 0) + hidden
    score[:, REFERRAL_REQUEST] = 0.2 * (x.csat >= 4) + hidden
    weight = np.exp(settings.kappa * score) * able
    total = np.maximum(weight.sum(axis=1, keepdims=True), 1e-12)
    number = np.maximum(able.sum(axis=1, keepdims=True), 1)
    chance: Floats = (1 - settings.exploration) * weight / total + settings.exploration * able / number
    return chance


def decide(state: State, x: Seen, phase: Ints, rng: np.random.Generator, settings: DemoSettings) -> Decided:
    """Draw one action per person who can be acted on."""
    able = eligible_actions(state, phase)
    person = np.flatnonzero(able.any(axis=1))
    chance = propensities(state, x, phase, able, settings)[person]
    floor = settings.exploration * able[person] / able[person].sum(axis=1, keepdims=True)
    explore = rng.random(len(state))[person] < settings.exploration
    u = rng.random(len(state))[person]
    # The two parts of the mixture; together they have exactly the propensity that is logged.
    aimed = (chance - floor) / (1 - settings.exploration) if settings.exploration < 1 else floor
    parts = np.where(explore[:, None], floor / settings.exploration, aimed)
    action = np.minimum((parts.cumsum(axis=1) <= u[:, None]).sum(axis=1), len(ACTIONS) - 1)
    # u so close to 1 that rounding steps over the end: the last eligible action.
    last = len(ACTIONS) - 1 - np.argmax(able[person][:, ::-1], axis=1)
    action = np.where(able[person][np.arange(len(person)), action], action, last)
    return Decided(person, action, able[person], chance, explore)
