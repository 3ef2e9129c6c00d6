"""Which actions of a phase can be compared on its log, and a reason for every one that cannot."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.errors import InputError
from models.actions.action_rule import Candidates
from models.actions.decision_log import NONE, DecisionLog
from models.actions.keyed_draws import customer_folds
from models.actions.propensities import (
    HOPELESS_SHARE,
    Propensities,
    estimate_propensities,
    imbalance,
    known_propensities,
)
from models.actions.splits import PROPENSITIES, unspread
from models.settings import NextActionSettings

#: The same words in English (``en``) and Dutch (``nl``).
Words = dict[str, str]

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
    """

    candidates: Candidates | None
    propensities: Propensities | None
    dropped: dict[str, Words]
    left_out: dict[str, int]
    reason: Words | None = None


def comparable(log: DecisionLog, settings: NextActionSettings) -> Comparable:
    """Choose the candidates of one phase and give every decision its propensity.

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
    log = log.take(choice)
    if 0 not in arms or len(arms) < 2:
        return replace(found, reason=_too_few(log, arms, dropped))
    forced = ~log.eligible[:, 0]
    if forced.sum() >= FEW * len(log) and forced.any():
        return replace(
            found,
            reason={
                "en": f"in {forced.sum()} decisions doing nothing was not possible",
                "nl": f"in {forced.sum()} beslissingen kon niet worden gekozen voor niets doen",
            },
        )
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
        return replace(
            found,
            reason={
                "en": f"{unknown} decisions have no propensity (next_action.propensities: refuse)",
                "nl": f"{unknown} beslissingen zonder kans (next_action.propensities: refuse)",
            },
        )
    if unknown and len(np.unique(_propensity_folds(log, settings))) < 2:
        return replace(found, reason=_one_fold("", settings))
    propensities, taken = _propensities(log, arms, settings, estimate=unknown > 0)
    return _supported(log, arms, replace(found, propensities=propensities), taken, settings)


def check_action_cost(settings: NextActionSettings, actions: Collection[str]) -> None:
    """Refuse a cost of an action that the source does not have: it would silently count for nothing.

    Parameters
    ----------
    settings : NextActionSettings
    actions : collection of str
        Every action that the source declares, including ``none``.

    Raises
    ------
    InputError
        ``next_action.action_cost`` names another action.
    """
    unknown = sorted(set(settings.action_cost) - set(actions))
    if unknown:
        raise InputError(
            f"params.yaml: next_action.action_cost names {', '.join(map(repr, unknown))}, which the source "
            f"does not have; allowed: {', '.join(actions) or 'nothing, for the source has no decisions'}"
        )


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


def _one_fold(names: str, settings: NextActionSettings) -> Words:
    """Say that nothing could be judged on other customers than it was learnt on."""
    of = (f" who got {names}", f" die {names} kregen") if names else ("", "")
    return {
        "en": f"too few customers{of[0]}: they all fall in one of {settings.folds} folds "
        "(next_action.min_arm, folds)",
        "nl": f"te weinig klanten{of[1]}: ze vallen alle in een van {settings.folds} delen "
        "(next_action.min_arm, folds)",
    }


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
    for code in arms:
        name = log.actions[code]
        overlap = found.propensities.overlap[name]
        hopeless, ess = overlap["share_hopeless"], overlap["ess"]
        if hopeless > HOPELESS_SHARE:
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
        return replace(found, dropped=dropped, reason=_too_few(log, kept, dropped))
    choice = log.eligible[:, kept].sum(axis=1) > 1
    left_out = {**found.left_out}
    left_out["only one action was possible"] += int((~choice).sum())
    candidates = _reduce(log.take(choice), kept, settings, taken[choice])
    alone = unspread(candidates.customers, candidates.arm, len(kept), settings.folds, settings.seed)
    if alone:
        names = ", ".join(repr(candidates.arms[position]) for position in alone)
        return replace(found, dropped=dropped, left_out=left_out, reason=_one_fold(names, settings))
    return replace(found, candidates=candidates, dropped=dropped, left_out=left_out)


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


def action_cost(log: DecisionLog, name: str, settings: NextActionSettings) -> float:
    """Money per decision of an action: ``next_action.action_cost``, else the mean that was logged."""
    if name in settings.action_cost or name == NONE:
        return settings.action_cost.get(name, 0.0)
    given = log.action == log.actions.index(name)
    return float(log.cost[given].mean()) if given.any() else 0.0


def _too_few(log: DecisionLog, arms: list[int], dropped: dict[str, Words]) -> Words:
    left = ", ".join(repr(log.actions[code]) for code in arms)
    why = {
        language: "; ".join(f"{name}: {dropped[name][language]}" for name in dropped)
        for language in ("en", "nl")
    }
    return {
        "en": f"'none' and one other action are needed, left is {left or 'nothing'} ({why['en']}; see "
        "next_action.min_arm and min_ess)",
        "nl": f"'none' en nog een actie zijn nodig, over is {left or 'niets'} ({why['nl']}; zie "
        "next_action.min_arm en min_ess)",
    }
