"""Decisions in five journey phases whose truth is known: what every action would do, and would earn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.next_action.worlds import WORLDS, Customers, World, draw_customers, sigma
from models.actions.action_rule import Candidates

FloatArray = NDArray[np.float64]
#: Customers that judge a policy are drawn with this added to the seed: never those it was learnt from.
FRESH = 10_000
COST = {"none": 0.0, "email": 0.02, "discount": 0.02, "ad": 0.04, "call": 2.0, "referral": 0.05}


@dataclass(frozen=True)
class Phase:
    """One phase: chance of success without action, strength of the effects, and the actions it knows."""

    base: float
    strength: float
    arms: tuple[str, ...]


PHASES = {
    "awareness": Phase(0.08, 0.8, ("none", "email", "ad")),
    "consideration": Phase(0.12, 0.8, ("none", "email", "discount", "ad")),
    "decision": Phase(0.30, 0.6, ("none", "email", "discount", "ad")),
    "service": Phase(0.92, 0.9, ("none", "email", "discount", "call")),
    "advocacy": Phase(0.05, 1.0, ("none", "email", "referral")),
}


@dataclass(frozen=True)
class Simulated:
    """A log of decisions and the truth behind it.

    Attributes
    ----------
    phase : str
    columns : tuple of str
        Names of the columns of ``candidates.x``.
    candidates : Candidates
        What a log holds: who got what, how likely that was, what came of it.
    success : array (rows, arms)
        True probability of success under every action.
    value : array (rows, arms)
        True expected money after costs under every action.
    propensity : array (rows, arms)
        True chance of every action in the log, the hidden driver known.
    """

    phase: str
    columns: tuple[str, ...]
    candidates: Candidates
    success: FloatArray
    value: FloatArray
    propensity: FloatArray

    def earned(self, chosen: NDArray[np.int64]) -> float:
        """Give the true money per decision of a policy: the position of its action for every row."""
        return float(self.value[np.arange(len(chosen)), chosen].mean())

    def gain_share(self, chosen: NDArray[np.int64]) -> float:
        """Give the gain over the best single action for all, as a share of what the oracle would gain."""
        constant, oracle = float(self.value.mean(axis=0).max()), float(self.value.max(axis=1).mean())
        return (self.earned(chosen) - constant) / (oracle - constant)


def make_decisions(
    phase: str,
    n: int,
    seed: int,
    world: World = "near_linear",
    *,
    kappa: float = 1.0,
    eps: float = 0.10,
    h: float = 0.0,
    hid: float = 0.0,
    free: bool = False,
) -> Simulated:
    """Draw decisions of one phase: one per customer, every action of the phase eligible.

    Parameters
    ----------
    phase : str
        One of `PHASES`.
    n, seed : int
        Draws come from ``default_rng([seed, position of the phase])``. Test customers of seed s: seed
        `FRESH` + s.
    world : {"near_linear", "interactions", "null"}
    kappa : float
        Sharpness of the policy that logged.
    eps : float
        Share of decisions it took at random.
    h, hid : float
        A driver that is in no column raises the log-odds of success by ``h`` and the scores of every action
        by ``hid``: hidden confounding.
    free : bool
        Actions without cost and a discount that lowers no value. In the ``null`` world no policy can then
        beat the best single action; with costs one can, for what an effect earns differs by customer.

    Examples
    --------
    >>> one = make_decisions("advocacy", 1000, 1)
    >>> one.candidates.arms, one.success.shape
    (('none', 'email', 'referral'), (1000, 3))
    >>> one.gain_share(one.value.argmax(axis=1))
    1.0
    """
    spec = PHASES[phase]
    rng = np.random.default_rng([seed, list(PHASES).index(phase)])
    c = draw_customers(phase, n, rng)
    deltas = WORLDS[world](c)
    effect = np.column_stack([deltas.get(arm, np.zeros(n)) for arm in spec.arms])
    logit = np.log(spec.base / (1 - spec.base)) + _baseline(phase, c)
    success = sigma((logit + h * c.engagement)[:, None] + spec.strength * effect)
    propensity = _propensities(spec.arms, c, logit, kappa, eps, hid)
    money = _money(phase, spec.arms, c, free)
    cost = np.array([0.0 if free else COST[arm] for arm in spec.arms])
    arm = (rng.random(n)[:, None] > propensity.cumsum(axis=1)[:, :-1]).sum(axis=1)
    row = np.arange(n)
    outcome = (rng.random(n) < success[row, arm]).astype(np.float64)
    log = Candidates(
        arms=spec.arms,
        x=c.x(),
        day=np.zeros(n, dtype=np.float32),
        customers=row + 1_000_000 * seed,
        arm=arm,
        eligible=np.ones((n, len(spec.arms)), dtype=np.bool_),
        propensity=propensity[row, arm],
        outcome=outcome,
        value=outcome * money[row, arm],
        cost=cost,
    )
    return Simulated(phase, c.columns(), log, success, success * money - cost, propensity)


def _baseline(phase: str, c: Customers) -> FloatArray:
    rise = -0.35 * (np.log1p(c.recency) - 3.3) + 0.25 * (np.log1p(c.page_views_7d) - 1.2)
    rise = rise + 0.1 * np.clip(c.freq - 1, -1, 4)
    if phase == "service":
        rise = rise - 0.35 * c.tickets
    if phase in ("service", "advocacy"):
        rise = rise + 0.25 * (c.csat - 3.6)
    return rise


def _money(phase: str, arms: tuple[str, ...], c: Customers, free: bool) -> FloatArray:
    """Money per success: rows x arms. A discount costs a tenth of the basket of everybody who succeeds."""
    flat = np.ones(len(c.recency))
    value, basket = {
        "awareness": (1.5 * flat, 0 * flat),
        "consideration": (0.10 * c.monetary, 0.33 * 0.3 * c.monetary),
        "decision": (0.40 * np.maximum(c.cart_value, 20), np.maximum(c.cart_value, 20)),
        "service": (0.8 * c.monetary, 0.8 * c.monetary),
        "advocacy": (12.0 * flat, 0 * flat),
    }[phase]
    return np.column_stack(
        [value - (0.10 * basket if arm == "discount" and not free else 0.0) for arm in arms]
    )


def _propensities(
    arms: tuple[str, ...], c: Customers, logit: FloatArray, kappa: float, eps: float, hid: float
) -> FloatArray:
    """Chance of every action by a marketer whose favourites rise with the chance of success as it is."""
    rise = (logit - logit.mean()) / max(float(logit.std()), 1e-9)
    likes = {
        "none": 0.3 - 0.3 * rise,
        "email": 0.5 + 0.6 * rise + (c.open_rate - 0.28),
        "discount": 0.2 + 0.8 * rise,
        "ad": 0.2 + 0.4 * rise + 0.3 * (c.recency < 14),
        "call": -0.8 + 1.2 * (c.tickets > 0),
        "referral": 0.2 * (c.csat >= 4),
    }
    score = kappa * np.column_stack([likes[arm] + hid * c.engagement * (arm != "none") for arm in arms])
    weight = np.exp(score - score.max(axis=1, keepdims=True))
    chance: FloatArray = (1 - eps) * weight / weight.sum(axis=1, keepdims=True) + eps / len(arms)
    return chance
