"""Which actions of a phase can be compared on its log, and a reason for every one that cannot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from features.errors import InputError
from models.actions.action_costs import action_cost, check_action_names
from models.actions.action_rule import Candidates
from models.actions.decision_log import DecisionLog
from models.actions.keyed_draws import customer_folds
from models.actions.propensities import (
    HOPELESS_SHARE,
    RARE,
    Propensities,
    estimate_propensities,
    imbalance,
    known_propensities,
)
from models.actions.refusal import (
    Words,
    by_rule_words,
    experiment_for,
    forced_words,
    no_propensity_words,
    one_fold_words,
    too_few_words,
)
from models.actions.splits import PROPENSITIES, unspread
from models.settings import NextActionSettings

__all__ = ["Comparable", "Words", "action_cost", "check_action_names", "comparable"]

#: Decisions with a gap in what was logged are left out while they are below this share of a phase; from here
#: on the gap says something about the log.
FEW = 0.05


@dataclass(frozen=True)
class Comparable:
    """What is left to compare in a phase.

    Attributes
    ----------
    candidates : Candidates or None
        None when nothing can be compared; ``reason`` then says why.
    propensities : Propensities or None
    dropped : dict of str to Words
        Actions that are no candidate, with the reason.
    left_out : dict of str to int
        Decisions that are not used, by reason.
    reason : Words or None
        Why nothing can be compared.
    experiment : dict or None
        The design of an experiment that can tell what this log cannot (``models/experiments/design.py``); only where
        nothing can be compared.
    """

    candidates: Candidates | None
    propensities: Propensities | None
    dropped: dict[str, Words]
    left_out: dict[str, int]
    reason: Words | None = None
    experiment: dict[str, Any] | None = None

    @property
    def mode(self) -> Literal["known", "estimate", "refuse"]:
        """How the log is taken: its propensities ``known``, ``estimate``d, or no comparison at all."""
        if self.candidates is None or self.propensities is None:
            return "refuse"
        return "known" if self.propensities.mode == "known" else "estimate"


def comparable(log: DecisionLog, settings: NextActionSettings) -> Comparable:
    """Choose the candidates of one phase and give every decision its propensity, or say why that cannot be.

    Refused is a log with one action, one that never does nothing, and one without propensities in which an action was
    given by a rule: an estimated chance below 1 % in more than a fifth of the decisions where it was possible. (An
    action that is rare everywhere is left out instead, and the others are compared.)

    Parameters
    ----------
    log : DecisionLog
        Decisions of one phase.
    settings : NextActionSettings
        ``propensities`` says what to do where the log has none: ``estimate`` them, ``refuse`` to compare,
        or stop with an error because they should be ``known``. Where below 5 % have none and the others
        balance, those few are left out and counted; so are the few in which doing nothing was not possible.

    Raises
    ------
    InputError
        Propensities are missing and settings ask for known ones, or logged ones do not balance.
    """
    found = _compared(log, settings)
    if found.candidates is None and len(log):
        found = replace(found, experiment=experiment_for(log))
    return found


def _compared(log: DecisionLog, settings: NextActionSettings) -> Comparable:
    matured = ~(np.isnan(log.outcome) | np.isnan(log.value))
    log = log.take(matured)
    arms, dropped = _often_enough(log, settings.min_arm)
    choice = log.eligible[:, arms].sum(axis=1) > 1
    found = Comparable(
        None,
        None,
        dropped,
        {"outcome not matured": int((~matured).sum()), "only one action was possible": int((~choice).sum())},
    )
    if 0 not in arms or len(arms) < 2:
        return replace(found, reason=too_few_words(log, arms, dropped))
    log = log.take(choice)
    forced = ~log.eligible[:, 0]
    if forced.sum() >= FEW * len(log) and forced.any():
        return replace(found, reason=forced_words(int(forced.sum())))
    log, found = _leave_out(log, forced, found, "doing nothing was not possible")
    silent = np.isnan(log.propensity)
    if silent.sum() < FEW * len(log) and _balanced(log.take(~silent), arms, settings):
        log, found = _leave_out(log, silent, found, "no propensity logged")
    unknown = int(np.isnan(log.propensity).sum())
    if unknown and settings.propensities == "known":
        raise InputError(
            f"decision log: {unknown} of {len(log)} decisions have no propensity and "
            "next_action.propensities "
            "is 'known': log them, or set it to 'estimate' or 'refuse'"
        )
    if unknown and settings.propensities == "refuse":
        return replace(found, reason=no_propensity_words(unknown))
    if unknown and len(np.unique(_propensity_folds(log, settings))) < 2:
        return replace(found, reason=one_fold_words("", settings.folds))
    propensities, taken = _propensities(log, arms, settings, estimate=unknown > 0)
    return _supported(log, arms, replace(found, propensities=propensities), taken, settings)


def _leave_out(
    log: DecisionLog, rows: NDArray[np.bool_], found: Comparable, reason: str
) -> tuple[DecisionLog, Comparable]:
    if not rows.any():
        return log, found
    return log.take(~rows), replace(found, left_out={**found.left_out, reason: int(rows.sum())})


def _balanced(log: DecisionLog, arms: list[int], settings: NextActionSettings) -> bool:
    """Whether the logged propensities are right on their own: then those without one were no special few."""
    reduced = _reduce(log, arms, settings, log.propensity)
    return imbalance(log.propensity, reduced.arm, reduced.eligible, reduced.arms) is None


def _often_enough(log: DecisionLog, min_arm: int) -> tuple[list[int], dict[str, Words]]:
    """Actions given often enough and to enough customers, and why the others are not."""
    counts = np.bincount(log.action, minlength=len(log.actions))
    # One row per pair of action and customer.
    pairs = np.unique(np.column_stack([log.action, log.customers]), axis=0)
    people = np.bincount(pairs[:, 0], minlength=len(log.actions))
    few = np.minimum(counts, people) < min_arm
    dropped = {
        name: {
            "en": f"{counts[code]} decisions on {people[code]} customers, {min_arm} needed",
            "nl": f"{counts[code]} beslissingen over {people[code]} klanten, {min_arm} nodig",
        }
        for code, name in enumerate(log.actions)
        if few[code] and (counts[code] or log.eligible[:, code].any())
    }
    return np.flatnonzero(~few).tolist(), dropped


def _propensity_folds(log: DecisionLog, settings: NextActionSettings) -> NDArray[np.int64]:
    return customer_folds(log.customers, settings.folds, settings.seed, PROPENSITIES)


def _propensities(
    log: DecisionLog, arms: list[int], settings: NextActionSettings, estimate: bool
) -> tuple[Propensities, NDArray[np.float64]]:
    if not estimate:
        reduced = _reduce(log, arms, settings, log.propensity)
        known = known_propensities(
            log.propensity, reduced.arm, reduced.eligible, reduced.arms, settings.propensity_floor
        )
        return known, log.propensity
    # The model runs over ALL actions that were taken: without the rare ones the others would look likelier.
    done = sorted(set(arms) | set(np.unique(log.action).tolist()))
    place = np.full(len(log.actions), -1)
    place[done] = np.arange(len(done))
    estimated, _ = estimate_propensities(
        np.hstack([log.x, log.day[:, None]]),
        place[log.action],
        log.eligible[:, done],
        tuple(log.actions[code] for code in done),
        _propensity_folds(log, settings),
        settings.propensity_floor,
        settings.seed,
        settings.num_threads,
    )
    # A logged propensity is better than an estimated one, decision by decision.
    return estimated, np.where(np.isnan(log.propensity), estimated.taken, log.propensity)


def _supported(
    log: DecisionLog,
    arms: list[int],
    found: Comparable,
    taken: NDArray[np.float64],
    settings: NextActionSettings,
) -> Comparable:
    """Drop the actions that the log hardly ever gave to customers like the others'."""
    assert found.propensities is not None
    kept, dropped = [], dict(found.dropped)
    if ruled := _by_rule(found.propensities, [log.actions[code] for code in arms]):
        return replace(found, reason=by_rule_words(ruled))
    for code in arms:
        name = log.actions[code]
        overlap = found.propensities.overlap[name]
        hopeless, ess = overlap["share_hopeless"], overlap["ess"]
        # Chances that were logged are what they are: how many decisions stand behind them is what counts.
        if hopeless > HOPELESS_SHARE and found.propensities.mode == "estimated":
            dropped[name] = {
                "en": f"no overlap: {hopeless:.0%} of decisions had less than 1 % chance of it",
                "nl": f"geen overlap: {hopeless:.0%} van de beslissingen had minder dan 1 % kans erop",
            }
        elif ess < settings.min_ess:
            dropped[name] = {
                "en": f"{ess:.0f} effective decisions, {settings.min_ess} needed",
                "nl": f"{ess:.0f} effectieve beslissingen, {settings.min_ess} nodig",
            }
        else:
            kept.append(code)
    if 0 not in kept or len(kept) < 2:
        return replace(found, dropped=dropped, reason=too_few_words(log, kept, dropped))
    choice = log.eligible[:, kept].sum(axis=1) > 1
    left_out = {**found.left_out}
    left_out["only one action was possible"] += int((~choice).sum())
    candidates = _reduce(log.take(choice), kept, settings, taken[choice])
    alone = unspread(candidates.customers, candidates.arm, len(kept), settings.folds, settings.seed)
    if alone:
        names = ", ".join(repr(candidates.arms[position]) for position in alone)
        return replace(
            found, dropped=dropped, left_out=left_out, reason=one_fold_words(names, settings.folds)
        )
    return replace(found, candidates=candidates, dropped=dropped, left_out=left_out)


def _by_rule(propensities: Propensities, arms: list[str]) -> dict[str, float]:
    """Actions that a rule gave, and in which share of the decisions they were out of reach."""
    if (
        propensities.mode == "known"
    ):  # drawn, if ever so rarely: what cannot carry a figure is dropped on its own
        return {}
    overlap = propensities.overlap
    return {
        name: overlap[name]["share_hopeless"]
        for name in arms
        if overlap[name]["share_hopeless"] > HOPELESS_SHARE and overlap[name]["share"] >= RARE
    }


def _reduce(
    log: DecisionLog, arms: list[int], settings: NextActionSettings, taken: NDArray[np.float64]
) -> Candidates:
    place = np.full(len(log.actions), -1)
    place[arms] = np.arange(len(arms))
    names = tuple(log.actions[code] for code in arms)
    return Candidates(
        arms=names,
        x=log.x,
        day=log.day,
        customers=log.customers,
        arm=place[log.action],
        eligible=log.eligible[:, arms],
        propensity=taken,
        outcome=log.outcome,
        value=log.value,
        cost=np.array([action_cost(log, name, settings) for name in names]),
    )
