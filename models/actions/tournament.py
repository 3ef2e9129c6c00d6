"""Policies against each other on one log: cross-fitted doubly robust values on the same decisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.actions.action_effects import arm_scores
from models.actions.action_rule import ActionRule, Candidates, Learning, learn_rule
from models.actions.keyed_draws import customer_folds
from models.actions.outcome_models import cross_fitted_means
from models.actions.splits import TOURNAMENT, without
from models.offpolicy import Estimate, Support, clustered_mean, ips, snips, support

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

NOT_EVALUABLE = "not evaluable from this log"
#: Effective decisions below this share of all: a few decisions would carry the whole figure.
MIN_ESS_SHARE = 0.02
PERSONALISED, LOGGED, RANDOM = "personalised", "logged", "random"


@dataclass(frozen=True)
class Entry:
    """One policy in the tournament.

    Attributes
    ----------
    name : str
        ``none``, another action given to everybody, ``logged``, ``random`` or ``personalised``.
    support : Support
    share_clipped : float
        Of the decisions that speak about the policy: propensity below the floor.
    evaluable : bool
        False: no number is given.
    value, ips, snips : Estimate
        Money after costs per decision. Meaningless when not evaluable.
    scores : array, one per decision
        Doubly robust; subtract two policies' scores to compare them.
    shares : dict
        How often the policy takes each action.
    """

    name: str
    support: Support
    share_clipped: float
    evaluable: bool
    value: Estimate
    ips: Estimate
    snips: Estimate
    scores: FloatArray
    shares: dict[str, float]

    def summary(self) -> dict[str, Any]:
        """For ``tournament.json``: no number when the log cannot carry one."""
        shown = {"n": self.support.n, "ess": self.support.ess, "max_weight": self.support.max_weight}
        head: dict[str, Any] = {"name": self.name, "shares": self.shares, **shown}
        head |= {"share_clipped": self.share_clipped, "evaluable": self.evaluable}
        if not self.evaluable:
            return head | {"note": NOT_EVALUABLE, "value": None, "low": None, "high": None}
        cross = {
            name: {"value": one.value, "low": one.low, "high": one.high}
            for name, one in (("ips", self.ips), ("snips", self.snips))
        }
        return head | {"value": self.value.value, "low": self.value.low, "high": self.value.high, **cross}


@dataclass(frozen=True)
class Tournament:
    """All policies on one log, and what the effects are read from.

    Attributes
    ----------
    entries : dict of str to Entry
        Candidates in their order, then ``logged``, ``random``, ``personalised``.
    outcomes : array (rows, arms)
        Doubly robust scores of the outcome (0/1); NaN where not eligible.
    predicted : array (rows, arms)
        Cross-fitted effect of the rule on the probability of success, against none.
    """

    entries: dict[str, Entry]
    outcomes: FloatArray
    predicted: FloatArray


def run_tournament(log: Candidates, how: Learning, min_ess: int, confidence: float) -> Tournament:
    """Value do nothing, every single action, the logged policy, random and the personalised rule.

    A single action falls back to ``none`` on decisions where it was not eligible: that is what giving it "to
    everybody" would mean on those days. The personalised rule is learnt anew for every fold, on the other
    folds.
    """
    fold = customer_folds(log.customers, how.folds, how.seed, TOURNAMENT)
    arms = len(log.arms)
    fit = (fold, arms)
    seeds = (how.seed, how.num_threads)
    seen = log.circumstances
    money = cross_fitted_means(seen, log.arm, how.margin_rate * log.value, *fit, "money", *seeds)
    chance = cross_fitted_means(seen, log.arm, log.outcome, *fit, "probability", *seeds)
    values = arm_scores(money, log.arm, how.margin_rate * log.value, log.propensity, log.eligible, how.floor)
    outcomes = arm_scores(chance, log.arm, log.outcome, log.propensity, log.eligible, how.floor)
    choice, effects = cross_fitted_rule(log, how, fold)
    entries: dict[str, Entry] = {}
    for name, target in _policies(log, choice).items():
        entries[name] = _entry(name, target, log, values - log.cost, how, min_ess, confidence)
    return Tournament(entries, outcomes, effects)


def cross_fitted_rule(log: Candidates, how: Learning, fold: IntArray) -> tuple[IntArray, FloatArray]:
    """Choose, and predict effects, as the rule would; each decision by a rule that never saw its customer."""
    choice = np.zeros(len(log), dtype=np.int64)
    effects = np.zeros((len(log), len(log.arms)))
    for held_out in np.unique(fold):
        inside = fold == held_out
        rule = learn_rule(log.take(~inside), how, without(int(held_out)))
        choice[inside] = best_arm(rule, log.x[inside], log.eligible[inside])
        effects[inside] = rule.effect(log.x[inside])
    return choice, effects


def best_arm(rule: ActionRule, x: NDArray[np.float32], eligible: NDArray[np.bool_]) -> IntArray:
    """Position of the eligible action with the highest net value; ``none`` (first) wins ties."""
    chosen: IntArray = np.argmax(np.where(eligible, rule.net_value(x), -np.inf), axis=1)
    return chosen


def _policies(log: Candidates, choice: IntArray) -> dict[str, FloatArray]:
    """Probability of every candidate under every policy: arrays (rows, arms)."""
    one_hot = np.eye(len(log.arms))
    policies: dict[str, FloatArray] = {
        name: one_hot[np.where(log.eligible[:, position], position, 0)]
        for position, name in enumerate(log.arms)
    }
    policies[LOGGED] = np.where(log.arm[:, None] >= 0, one_hot[log.arm], 0.0)
    policies[RANDOM] = log.eligible / log.eligible.sum(axis=1, keepdims=True)
    policies[PERSONALISED] = one_hot[choice]
    return policies


def _entry(
    name: str,
    target: FloatArray,
    log: Candidates,
    net: FloatArray,
    how: Learning,
    min_ess: int,
    confidence: float,
) -> Entry:
    clipped = np.maximum(log.propensity, how.floor)
    taken = np.where(log.arm >= 0, target[np.arange(len(log)), log.arm], 0.0)
    earned = how.margin_rate * log.value - log.cost[log.arm]
    if name == LOGGED:
        # The log was its own policy: what it earned is what it is worth, no weights needed.
        inside = (log.arm >= 0).astype(np.float64)
        share = max(float(inside.mean()), 1e-9)
        taken, clipped = inside, np.full(len(log), share)
        scores = inside * earned / share
    else:
        scores = (target * np.where(log.eligible, net, 0.0)).sum(axis=1)
    # A single action is judged where it could be given; elsewhere it is `none`, which would flatter its
    # support.
    able = log.eligible[:, log.arms.index(name)] if name in log.arms else np.ones(len(log), dtype=np.bool_)
    carried = support(taken[able], clipped[able])
    speaking = taken > 0
    below = float((log.propensity[speaking] < how.floor).mean()) if speaking.any() and name != LOGGED else 0.0
    # A decision whose action is no candidate earned something under an action nobody weighs: it counts for
    # none.
    reward = np.where(log.arm >= 0, earned, 0.0)
    return Entry(
        name=name,
        support=carried,
        share_clipped=below,
        evaluable=carried.ess >= max(min_ess, MIN_ESS_SHARE * carried.n),
        value=clustered_mean(scores, log.customers, confidence),
        ips=ips(reward, taken, clipped, log.customers, confidence),
        snips=snips(reward, taken, clipped, log.customers, confidence),
        scores=scores,
        shares={arm: float(target[:, position].mean()) for position, arm in enumerate(log.arms)},
    )
