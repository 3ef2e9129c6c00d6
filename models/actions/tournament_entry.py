"""One policy in the tournament: what it would have earned on the log, and how much of the log says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.actions.action_effects import arm_scores
from models.actions.action_rule import Candidates
from models.actions.policy_value import Reading, Words, value_of_policy
from models.clustered_mean import Estimate, clustered_mean
from models.offpolicy import Support, ips, snips, support

FloatArray = NDArray[np.float64]
#: ``single action``: one for everybody, ``none`` among them. ``logged``: what was done. ``contender``: it chooses.
Kind = Literal["single action", "logged", "contender"]

NOT_EVALUABLE = "not evaluable from this log"
PERSONALISED, LOGGED, RANDOM = "personalised", "logged", "random"


@dataclass(frozen=True)
class Entry:
    """One policy in the tournament.

    Attributes
    ----------
    name : str
        ``none``, another action given to everybody, ``logged``, or a file of `models.actions.contenders`.
    support : Support
    share_clipped : float
        Of the decisions that speak about the policy: propensity below the floor.
    evaluable : bool
        False: no number is given; ``reason`` says why.
    value : Estimate
        Doubly robust money after costs per decision. Meaningless when not evaluable.
    scores : array, one per decision
        Doubly robust; subtract two policies' scores to compare them.
    shares : dict
        How often the policy takes each action.
    estimates : dict of str to Estimate
        By every estimator, see `models.actions.policy_value`.
    dm : float or None
        By the direct method, without an interval.
    reason : dict of str to str or None
    kind : str
        See `Kind`.
    """

    name: str
    support: Support
    share_clipped: float
    evaluable: bool
    value: Estimate
    scores: FloatArray
    shares: dict[str, float]
    estimates: dict[str, Estimate] = field(default_factory=dict)
    dm: float | None = None
    reason: Words | None = None
    kind: Kind = "contender"

    def summary(self) -> dict[str, Any]:
        """For ``tournament.json``: no number when the log cannot carry one."""
        shown = {"n": self.support.n, "ess": self.support.ess, "max_weight": self.support.max_weight}
        head: dict[str, Any] = {"name": self.name, "kind": self.kind, "shares": self.shares, **shown}
        head |= {"gated": self.name == PERSONALISED, "share_clipped": self.share_clipped}
        head |= {"evaluable": self.evaluable}
        if not self.evaluable:
            why = {"note": NOT_EVALUABLE, "reason": self.reason}
            return head | why | {"value": None, "low": None, "high": None}
        cross: dict[str, Any] = {
            name: {"value": one.value, "low": one.low, "high": one.high}
            for name, one in self.estimates.items()
            if name != "dr"
        }
        if self.dm is not None:
            cross["dm"] = {"value": self.dm}
        return head | {"value": self.value.value, "low": self.value.low, "high": self.value.high, **cross}


def policy_entry(
    name: str, target: FloatArray, log: Candidates, means: FloatArray, net: FloatArray, how: Reading
) -> Entry:
    """Value a policy.

    Parameters
    ----------
    name : str
    target : array (rows, arms)
        Probability with which it takes every action; 0 where an action was not eligible.
    log : Candidates
    means : array (rows, arms)
        Cross-fitted money before costs of every action.
    net : array (rows, arms)
        Its `money_scores`, the same for all policies.
    how : Reading
    """
    # A single action is judged where it could be given; elsewhere it is `none`, which would flatter its
    # support.
    able = log.eligible[:, log.arms.index(name)] if name in log.arms else None
    found = value_of_policy(target, log, means, how, able)
    scores = (target * np.where(log.eligible, net, 0.0)).sum(axis=1)
    return Entry(
        name=name,
        support=found.support,
        share_clipped=found.share_clipped,
        evaluable=found.evaluable,
        value=found.estimates.get("dr") or clustered_mean(scores, log.customers, how.confidence),
        scores=scores,
        shares=_shares(target, log),
        estimates=found.estimates,
        dm=found.dm,
        reason=found.reason,
        kind="single action" if name in log.arms else "contender",
    )


def logged_entry(log: Candidates, how: Reading) -> Entry:
    """Value the log as it was: its own policy, so what it earned is what it is worth, no weights needed."""
    target = np.where(log.arm[:, None] >= 0, np.eye(len(log.arms))[log.arm], 0.0)
    inside = (log.arm >= 0).astype(np.float64)
    share = max(float(inside.mean()), 1e-9)
    # A decision whose action is no candidate earned something under an action nobody weighs: it counts for
    # none.
    reward = inside * (how.margin_rate * log.value - log.cost[log.arm])
    plain = (reward, inside, np.full(len(log), share), log.customers, how.confidence)
    carried = support(inside, plain[2])
    scores = reward / share
    return Entry(
        name=LOGGED,
        support=carried,
        share_clipped=0.0,
        evaluable=carried.ess >= max(how.min_ess, how.min_ess_share * carried.n),
        value=clustered_mean(scores, log.customers, how.confidence),
        scores=scores,
        shares=_shares(target, log),
        estimates={"ips": ips(*plain), "snips": snips(*plain)},
        kind="logged",
    )


def money_scores(log: Candidates, means: FloatArray, how: Reading) -> FloatArray:
    """Doubly robust money after costs of every action: array (rows, arms), NaN where not eligible."""
    earned = how.margin_rate * log.value
    return arm_scores(means, log.arm, earned, log.propensity, log.eligible, how.floor) - log.cost


def _shares(target: FloatArray, log: Candidates) -> dict[str, float]:
    return {arm: float(target[:, position].mean()) for position, arm in enumerate(log.arms)}
