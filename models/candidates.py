"""From the log of a phase to the actions that can be compared on it, with a reason for every one that cannot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.errors import InputError
from models.action_rule import Candidates
from models.decision_log import NONE, DecisionLog
from models.keyed_draws import customer_folds
from models.propensities import (
    HOPELESS_SHARE,
    Propensities,
    estimate_propensities,
    known_propensities,
)
from models.settings import NextActionSettings

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Comparable:
    """What is left to compare in a phase.

    Attributes
    ----------
    candidates : Candidates or None
        None when nothing can be compared; ``reason`` then says why (English, Dutch).
    propensities : Propensities or None
    dropped : dict of str to str
        Actions that are no candidate, with the reason.
    left_out : dict of str to int
        Decisions that are not used, by reason.
    """

    candidates: Candidates | None
    propensities: Propensities | None
    dropped: dict[str, str]
    left_out: dict[str, int]
    reason: tuple[str, str] = ("", "")


def comparable(log: DecisionLog, settings: NextActionSettings) -> Comparable:
    """Choose the candidates of one phase and give every decision its propensity.

    Parameters
    ----------
    log : DecisionLog
        Decisions of one phase.
    settings : NextActionSettings
        ``propensities`` says what to do where the log has none: ``estimate`` them, ``refuse`` to compare, or stop
        with an error because they should be ``known``.

    Raises
    ------
    InputError
        Propensities are missing and settings ask for known ones, or logged ones do not balance.
    """
    matured = ~(np.isnan(log.outcome) | np.isnan(log.value))
    left_out = {"outcome not matured": int((~matured).sum())}
    log = log.take(matured)
    arms, dropped = _enough(log, settings.min_arm)
    choice = log.eligible[:, arms].sum(axis=1) > 1
    left_out["only one action was possible"] = int((~choice).sum())
    log = log.take(choice)
    if not log.eligible[:, 0].all():
        held = int((~log.eligible[:, 0]).sum())
        return _nothing(
            dropped,
            left_out,
            f"in {held} decisions doing nothing was not possible",
            f"in {held} beslissingen kon niet worden gekozen voor niets doen",
        )
    if 0 not in arms or len(arms) < 2:
        found = ", ".join(log.actions[code] for code in arms) or "no action"
        return _nothing(
            dropped,
            left_out,
            f"at least {settings.min_arm} decisions are needed for 'none' and for one other action; only {found} "
            "has them (next_action.min_arm)",
            f"minstens {settings.min_arm} beslissingen nodig voor 'none' en nog een actie; alleen {found} heeft die "
            "(next_action.min_arm)",
        )
    unknown = int(np.isnan(log.propensity).sum())
    if unknown and settings.propensities == "known":
        raise InputError(
            f"decision log: {unknown} of {len(log)} decisions have no propensity; next_action.propensities is 'known': "
            "log them, or set it to 'estimate' or 'refuse'"
        )
    if unknown and settings.propensities == "refuse":
        return _nothing(
            dropped,
            left_out,
            f"{unknown} of {len(log)} decisions have no propensity (next_action.propensities: refuse)",
            f"{unknown} van {len(log)} beslissingen hebben geen kans in het logboek (next_action.propensities: refuse)",
        )
    if not unknown:
        reduced = _reduce(log, arms, settings, log.propensity)
        propensities = known_propensities(
            log.propensity, reduced.arm, reduced.eligible, reduced.arms, settings.propensity_floor
        )
        return Comparable(reduced, propensities, dropped, left_out)
    return _estimated(log, arms, dropped, left_out, settings)


def _enough(log: DecisionLog, min_arm: int) -> tuple[list[int], dict[str, str]]:
    counts = np.bincount(log.action, minlength=len(log.actions))
    arms = [code for code in range(len(log.actions)) if counts[code] >= min_arm]
    dropped = {
        name: f"{counts[code]} decisions, {min_arm} needed (next_action.min_arm)"
        for code, name in enumerate(log.actions)
        if counts[code] < min_arm and (counts[code] or log.eligible[:, code].any())
    }
    return arms, dropped


def _estimated(
    log: DecisionLog,
    arms: list[int],
    dropped: dict[str, str],
    left_out: dict[str, int],
    settings: NextActionSettings,
) -> Comparable:
    """Propensities of ALL actions (a rare one included, or the others' would be too high), then the candidates."""
    fold = customer_folds(log.customers, settings.folds, settings.seed, "propensities")
    # The softmax runs over everything that was done at least once; the rest is not a class.
    done = sorted(set(arms) | set(np.unique(log.action).tolist()))
    names = tuple(log.actions[code] for code in done)
    place = np.full(len(log.actions), -1)
    place[done] = np.arange(len(done))
    propensities, _ = estimate_propensities(
        np.hstack([log.x, log.day[:, None]]),
        place[log.action],
        log.eligible[:, done],
        names,
        fold,
        settings.propensity_floor,
        settings.seed,
        settings.num_threads,
    )
    kept = []
    for code in arms:
        hopeless = propensities.overlap[log.actions[code]]["share_hopeless"]
        if hopeless > HOPELESS_SHARE:
            dropped[log.actions[code]] = (
                f"no overlap: {hopeless:.0%} of decisions had less than 1 % chance of it"
            )
        else:
            kept.append(code)
    if 0 not in kept or len(kept) < 2:
        return _nothing(
            dropped,
            left_out,
            "who got which action was all but fixed by rule",
            "wie welke actie kreeg lag vrijwel vast door een regel",
            propensities,
        )
    # A logged propensity is better than an estimated one, decision by decision.
    taken = np.where(np.isnan(log.propensity), propensities.taken, log.propensity)
    return Comparable(_reduce(log, kept, settings, taken), propensities, dropped, left_out)


def _reduce(
    log: DecisionLog, arms: list[int], settings: NextActionSettings, taken: NDArray[np.float64]
) -> Candidates:
    place = np.full(len(log.actions), -1)
    place[arms] = np.arange(len(arms))
    names = tuple(log.actions[code] for code in arms)
    spent = [
        settings.action_cost.get(name, float(log.cost[log.action == code].mean()) if name != NONE else 0.0)
        for code, name in zip(arms, names, strict=True)
    ]
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
        cost=np.array(spent),
    )


def _nothing(
    dropped: dict[str, str],
    left_out: dict[str, int],
    en: str,
    nl: str,
    propensities: Propensities | None = None,
) -> Comparable:
    return Comparable(None, propensities, dropped, left_out, (en, nl))
