"""Settles the plan of a source: its cutoffs, families, windows, contracts and journey."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from features import cutoffs as cut
from features.errors import InputError
from features.holidays import holiday_days
from features.labels._base import in_phases, labels
from features.plan import Plan
from features.registry import family_named
from features.settings import CutoffSettings, FeatureSettings, JourneySettings, LabelContract, Rhythm

logger = logging.getLogger(__name__)


def make_plan(
    meta: Mapping[str, Any], feature_settings: FeatureSettings, cutoff_settings: CutoffSettings,
    contracts: Sequence[LabelContract], journey: JourneySettings, rhythm: Rhythm,
    decision_days: Sequence[int] = (),
) -> Plan:  # fmt: skip
    """Settle the cutoffs, families and contracts for a source.

    Parameters
    ----------
    meta : mapping
        ``data/canonical/meta.json``.
    feature_settings, cutoff_settings, journey, rhythm
        From params.yaml, conf/journeys and conf/sources.
    contracts : sequence of LabelContract
        One per target, resolved (``features.labels._base.contracts``).
    decision_days : sequence of int
        Moments of logged decisions, microseconds; each counts for the midnight at or before it.

    Raises
    ------
    InputError
        If a family is unknown, ``as_of`` lies outside the log, or a target gets no cutoff.
    """
    as_of_us = _as_of(meta, cutoff_settings)
    for contract in contracts:
        in_phases(contract, np.zeros(0, dtype=np.int64), journey.phase_keys)
    step = cutoff_settings.step_days or rhythm.step_days
    given = cutoff_settings.min_history_days
    min_history = rhythm.min_history_days if given is None else given
    grid: dict[str, tuple[int, ...]] = {}
    for contract in contracts:
        if labels()[contract.target].cutoffs == "decisions":
            moments = {cut.day_start_us(int(moment)) for moment in decision_days}
            grid[contract.target] = tuple(sorted(t for t in moments if meta["start_us"] < t <= as_of_us))
            continue
        grid[contract.target] = tuple(
            cut.label_cutoffs(contract, as_of_us=as_of_us, start_us=meta["start_us"], step_days=step,
                              min_history_days=min_history)
        )  # fmt: skip
        if not grid[contract.target]:
            raise InputError(
                f"{contract.target}: the log ({cut.day_of(meta['start_us'])} to {cut.day_of(as_of_us)}) is "
                f"too short for a label of {contract.horizon_days} days after "
                f"{min_history} days of history; "
                "lower cutoffs.min_history_days or the horizon in params.yaml"
            )
    return Plan(
        source=meta["source"], currency=meta["currency"], kinds=tuple(meta["kinds"]),
        channels=tuple(meta["channels"]), complete_until_us=meta["complete_until_us"],
        missing_days=tuple(date.fromisoformat(day) for day in meta["missing_days"]), as_of_us=as_of_us,
        cutoffs=grid, contracts=tuple(contracts),
        families=_families(feature_settings.families, tuple(meta["kinds"])),
        windows_days=feature_settings.windows_days,
        kind_windows_days=_kind_windows(feature_settings),
        lookback_days=feature_settings.lookback_days,
        mean_gap_days=usual_gap_days(journey, rhythm), journey=journey,
        holidays=holiday_days(feature_settings.country, meta["start_us"], as_of_us),
    )  # fmt: skip


def usual_gap_days(journey: JourneySettings, rhythm: Rhythm) -> float:
    """Usual days between two orders: as the journey says, else the source, else a guess from its rhythm.

    Examples
    --------
    >>> rhythm = Rhythm(step_days=28, churn_horizon_days=28, readiness_horizon_days=7)
    >>> words = {"nl": "", "en": ""}
    >>> usual_gap_days(JourneySettings(name="none", title=words, phases=(), dormant=words), rhythm)
    14.0
    """
    if journey.mean_gap_prior_days or rhythm.usual_gap_days:
        return journey.mean_gap_prior_days or rhythm.usual_gap_days or 0.0
    # A churn horizon about visits says nothing about orders: then four weeks.
    return rhythm.churn_horizon_days / 2 if rhythm.churn_event == "purchase" else 28.0


def _as_of(meta: Mapping[str, Any], settings: CutoffSettings) -> int:
    newest: int = cut.day_start_us(meta["complete_until_us"])
    as_of = newest if settings.as_of is None else cut.midnight_us(settings.as_of)
    if not meta["start_us"] < as_of <= newest:
        raise InputError(
            f"cutoffs.as_of is {cut.day_of(as_of)}, but the log of {meta['source']} runs from "
            f"{cut.day_of(meta['start_us'])} until {cut.day_of(newest)}; change cutoffs.as_of in params.yaml "
            "(null is the newest) or complete_until in conf/sources"
        )
    return as_of


def _kind_windows(settings: FeatureSettings) -> tuple[int, ...]:
    """Give the windows for single kinds; none of them left is all, as windows may be varied on their own."""
    wanted = settings.kind_windows_days or ()
    return tuple(days for days in settings.windows_days if days in wanted) or settings.windows_days


def _families(wanted: Sequence[str], kinds: tuple[str, ...]) -> tuple[str, ...]:
    kept = {}
    for name in wanted:
        family = family_named(name)
        short = name.rpartition(".")[2]
        if short in kept:
            raise InputError(f"features.families in params.yaml names two families {short!r}; rename one")
        if set(family.needs) & set(kinds):
            kept[short] = name
        else:
            needs = ", ".join(family.needs)
            logger.info("family %s left out: the source has none of the kinds it needs (%s)", name, needs)
    return tuple(kept[short] for short in sorted(kept))
