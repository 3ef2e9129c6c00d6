"""Policies against each other on one log: cross-fitted doubly robust values on the same decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import models.actions.contenders as contenders
from features.discovery import discover
from features.errors import InputError
from models.actions.action_effects import arm_scores
from models.actions.action_rule import Candidates, Learning, learn_rule
from models.actions.contenders._base import Contender, Proposal, View, within_share
from models.actions.contenders._single_action import SingleAction
from models.actions.keyed_draws import customer_folds
from models.actions.outcome_models import cross_fitted_means
from models.actions.policy_value import MIN_ESS_SHARE, Reading
from models.actions.splits import TOURNAMENT, without
from models.actions.tournament_entry import (
    LOGGED,
    PERSONALISED,
    RANDOM,
    Entry,
    logged_entry,
    money_scores,
    policy_entry,
)
from models.actions.tournament_settings import TournamentSettings

__all__ = ["LOGGED", "PERSONALISED", "RANDOM", "Entry", "Tournament", "run_tournament"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Tournament:
    """All policies on one log, and what the effects are read from.

    Attributes
    ----------
    entries : dict of str to Entry
        Candidates in their order, then ``logged``, then the contenders by name.
    targets : dict of str to array (rows, arms)
        Probability of every action under each of them, within the contact budget; not of ``logged``.
    outcomes : array (rows, arms)
        Doubly robust scores of the outcome (0/1); NaN where not eligible.
    means : array (rows, arms)
        Cross-fitted money before costs of every action.
    money : array (rows, arms)
        Doubly robust scores of the money after costs; NaN where not eligible.
    predicted : array (rows, arms)
        Cross-fitted effect of the rule on the probability of success, against none.
    expected : array (rows, arms)
        Money after costs that the same rule expects.
    """

    entries: dict[str, Entry]
    targets: dict[str, FloatArray]
    outcomes: FloatArray
    means: FloatArray
    money: FloatArray
    predicted: FloatArray
    expected: FloatArray


def run_tournament(
    log: Candidates,
    how: Learning,
    min_ess: int,
    confidence: float,
    settings: TournamentSettings | None = None,
    known: bool = False,
) -> Tournament:
    """Value do nothing, every single action, the logged policy and every contender within the contact budget.

    A single action falls back to ``none`` on decisions where it was not eligible: that is what giving it "to
    everybody" would mean on those days. The rule behind the contenders is learnt anew for every fold, on the
    other folds, once for all of them. Only the log as it was does not keep to the contact budget.

    Parameters
    ----------
    log : Candidates
    how : Learning
    min_ess : int
        Effective decisions below which no number is given.
    confidence : float
        Two-sided.
    settings : TournamentSettings, optional
        The contact budget and the weights of ``pcvl``.
    known : bool
        Propensities were logged. Then the number of effective decisions alone decides whether a policy can be
        valued: a log that explores a little gives every action a small share of it, for ever.

    Raises
    ------
    InputError
        An action is called as a contender is.
    """
    settings = settings or TournamentSettings()
    share = 0.0 if known else MIN_ESS_SHARE
    reading = Reading(how.floor, how.margin_rate, confidence, min_ess, share)
    fold = customer_folds(log.customers, how.folds, how.seed, TOURNAMENT)
    fit, seeds = (fold, len(log.arms)), (how.seed, how.num_threads)
    seen = log.circumstances
    means = cross_fitted_means(seen, log.arm, how.margin_rate * log.value, *fit, "money", *seeds)
    chance = cross_fitted_means(seen, log.arm, log.outcome, *fit, "probability", *seeds)
    outcomes = arm_scores(chance, log.arm, log.outcome, log.propensity, log.eligible, how.floor)
    net = money_scores(log, means, reading)
    predicted, expected = np.zeros(net.shape), np.zeros(net.shape)
    named, proposals = _contenders(log.arms), []
    for rows, view in _views(log, how, fold, net, chance, settings):
        predicted[rows], expected[rows] = view.effect, view.net
        proposals.append((rows, {name: one.propose(view) for name, one in named.items()}))
    targets = {
        name: within_share(_whole(name, proposals, len(log)), settings.contact_share) for name in named
    }
    entries = {name: policy_entry(name, one, log, means, net, reading) for name, one in targets.items()}
    ordered = {name: entries.pop(name) for name in log.arms}
    entries = {**ordered, LOGGED: logged_entry(log, reading), **entries}
    return Tournament(entries, targets, outcomes, means, net, predicted, expected)


def _contenders(arms: tuple[str, ...]) -> dict[str, Contender]:
    found: Mapping[str, Contender] = discover(contenders, "CONTENDER")
    taken = sorted({*found, LOGGED} & set(arms))
    if taken:
        raise InputError(
            f"the log of decisions has an action called {taken[0]!r}, and a policy of the tournament has that name; "
            "give the action another name in the source"
        )
    return {**{arm: SingleAction(position) for position, arm in enumerate(arms)}, **found}


def _views(
    log: Candidates,
    how: Learning,
    fold: IntArray,
    net: FloatArray,
    chance: FloatArray,
    settings: TournamentSettings,
) -> Iterator[tuple[IntArray, View]]:
    """Give per fold its decisions, and what was learnt about them on the customers of the other folds.

    The best constant is read from the scores of the other folds. Models behind those scores have seen this fold's
    outcomes, but weighed by residuals that average out; what is chosen is one of a few actions.
    """
    everywhere = np.where(log.eligible, net, net[:, [0]])
    for held_out in np.unique(fold).tolist():
        inside = fold == held_out
        others = log.take(~inside)
        rule = learn_rule(others, how, without(held_out))
        x, level = log.x[inside], everywhere[~inside].mean(axis=0)
        yield (
            np.flatnonzero(inside),
            View(
                arms=log.arms,
                eligible=log.eligible[inside],
                response=chance[inside],
                effect=rule.effect(x),
                net=rule.net_value(x),
                worth=_worth(others, how),
                cost=log.cost,
                constant=int(np.argmax(level)),
                single=1 + int(np.argmax(level[1:])),
                settings=settings,
            ),
        )


def _worth(log: Candidates, how: Learning) -> FloatArray:
    """Mean money of a success after each action; without any success after it, of all successes."""
    won = log.outcome > 0
    earned = how.margin_rate * log.value
    anyway = float(earned[won].mean()) if won.any() else 0.0
    means = [
        earned[won & (log.arm == position)].mean() if (won & (log.arm == position)).any() else anyway
        for position in range(len(log.arms))
    ]
    return np.array(means)


def _whole(name: str, parts: list[tuple[IntArray, dict[str, Proposal]]], rows: int) -> Proposal:
    """Put the proposals of the folds back in the order of the log."""
    arms = parts[0][1][name].target.shape[1]
    target, lead = np.zeros((rows, arms)), np.zeros(rows)
    for places, proposals in parts:
        target[places], lead[places] = proposals[name].target, proposals[name].lead
    return Proposal(target, lead)
