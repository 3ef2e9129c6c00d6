"""Which actions of a phase can be compared on its log, and a reason for every one that cannot."""

from __future__ import annotations

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
    known_propensities,
)
from models.settings import NextActionSettings

#: The same words in English (``en``) and Dutch (``nl``).
Words = dict[str, str]


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
        or stop with an error because they should be ``known``.

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
    held = int((~log.eligible[:, 0]).sum())
    if held:
        return replace(
            found,
            reason={
                "en": f"in {held} decisions doing nothing was not possible",
                "nl": f"in {held} beslissingen kon niet worden gekozen voor niets doen",
            },
        )
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
    propensities, taken = _propensities(log, arms, settings, estimate=unknown > 0)
    return _supported(log, arms, replace(found, propensities=propensities), taken, settings)


def _often_enough(log: DecisionLog, min_arm: int) -> tuple[list[int], dict[str, Words]]:
    counts = np.bincount(log.action, minlength=len(log.actions))
    dropped = {
        name: {
            "en": f"{counts[code]} decisions, {min_arm} needed",
            "nl": f"{counts[code]} beslissingen, {min_arm} nodig",
        }
        for code, name in enumerate(log.actions)
        if counts[code] < min_arm and (counts[code] or log.eligible[:, code].any())
    }
    return [code for code in range(len(counts)) if counts[code] >= min_arm], dropped


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
        customer_folds(log.customers, settings.folds, settings.seed, "propensities"),
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
