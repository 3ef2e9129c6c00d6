"""Runs phases, families and labels over one batch of whole persons; knows the column dictionary.

``build`` is a pure function from (batch, plan) to (features, labels): engines only move rows.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import features.families
from features import cutoffs as cut
from features.contract import DAY_US, EVENTS
from features.discovery import discover
from features.errors import InputError
from features.events import Events
from features.families._base import Family, Measure, Scope
from features.history import Floats, Frame, History, Ints, Mask
from features.labels._base import happened, labels
from features.phases import Evidences, phases_at
from features.plan import Plan
from features.settings import (
    CutoffSettings,
    FeatureSettings,
    JourneySettings,
    LabelContract,
    Rhythm,
)

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
    step = cutoff_settings.step_days or rhythm.step_days
    grid: dict[str, tuple[int, ...]] = {}
    for contract in contracts:
        if labels()[contract.target].cutoffs == "decisions":
            moments = {cut.day_start_us(int(moment)) for moment in decision_days}
            grid[contract.target] = tuple(sorted(t for t in moments if meta["start_us"] < t <= as_of_us))
            continue
        grid[contract.target] = tuple(
            cut.label_cutoffs(contract, as_of_us=as_of_us, start_us=meta["start_us"], step_days=step,
                              min_history_days=cutoff_settings.min_history_days)
        )  # fmt: skip
        if not grid[contract.target]:
            raise InputError(
                f"{contract.target}: the log ({cut.day_of(meta['start_us'])} to {cut.day_of(as_of_us)}) is "
                f"too short for a label of {contract.horizon_days} days after "
                f"{cutoff_settings.min_history_days} days of history; "
                "lower cutoffs.min_history_days or the horizon in params.yaml"
            )
    return Plan(
        source=meta["source"], currency=meta["currency"], kinds=tuple(meta["kinds"]),
        channels=tuple(meta["channels"]), complete_until_us=meta["complete_until_us"],
        missing_days=tuple(date.fromisoformat(day) for day in meta["missing_days"]), as_of_us=as_of_us,
        cutoffs=grid, contracts=tuple(contracts),
        families=_families(feature_settings.families, tuple(meta["kinds"])),
        windows_days=feature_settings.windows_days, lookback_days=feature_settings.lookback_days,
        mean_gap_days=usual_gap_days(journey, rhythm), journey=journey,
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


def _families(wanted: Sequence[str], kinds: tuple[str, ...]) -> tuple[str, ...]:
    known: dict[str, Family] = discover(features.families, "FAMILY")
    kept = []
    for name in wanted:
        if name not in known:
            raise InputError(
                f"features.families in params.yaml names {name!r}; allowed: {', '.join(known)}; "
                "a family is a file in features/families"
            )
        if set(known[name].needs) & set(kinds):
            kept.append(name)
        else:
            logger.info("family %s left out: the source has none of the kinds it needs", name)
    return tuple(sorted(kept))


def column_dictionary(plan: Plan) -> list[dict[str, Any]]:
    """Describe every feature column, in table order: ``name, family, unit, meaning_en, meaning_nl, default``.

    The default is what the family computes for a customer whose look-back is empty.
    """
    frame = Frame(1, plan.as_of_us, plan.windows_days, plan.lookback_days)
    nobody = Events.from_arrow(EVENTS.empty_table())
    empty = History(nobody.columns, None, frame, nobody.pair_rows)
    out: list[dict[str, Any]] = [
        {"name": "days_in_phase", "family": "phase", "unit": "days", "default": 0.0,
         "meaning_en": "Days in the present phase, in steps of 7, at most 91",
         "meaning_nl": "Dagen in de huidige fase, in stappen van 7, hoogstens 91"}
    ]  # fmt: skip
    for name, measure in _measures(empty, plan):
        out.append(
            {"name": name, "family": name.split("__")[0],
             "unit": measure.unit.replace("money", plan.currency), "default": float(measure.values[0]),
             "meaning_en": measure.meaning_en, "meaning_nl": measure.meaning_nl}
        )  # fmt: skip
    return out


def build(batch: pa.Table, plan: Plan) -> tuple[pa.Table, pa.Table]:
    """Compute features and labels of a batch of WHOLE persons at every cutoff of the plan.

    Parameters
    ----------
    batch : pyarrow.Table
        Canonical events in any order; a person (``person_id``) is never split over batches.
    plan : Plan
        Cutoffs, families, windows, contracts and journey.

    Returns
    -------
    tuple of pyarrow.Table
        Features and labels, same rows in the same order: one per cutoff and customer with at least one event
        known before that cutoff, sorted by (cutoff_us, customer_id).
    """
    events = Events.from_arrow(batch)
    pieces = [_at_cutoff(events, cutoff_us, plan) for cutoff_us in plan.all_cutoffs]
    return (
        pa.concat_tables([table for table, _ in pieces]).combine_chunks(),
        pa.concat_tables([table for _, table in pieces]).combine_chunks(),
    )


def _scope(plan: Plan) -> Scope:
    """Give what the families may count on."""
    return Scope(plan.kinds, plan.channels, plan.mean_gap_days, plan.journey.mean_gap_prior_weight)


def _at_cutoff(events: Events, cutoff_us: int, plan: Plan) -> tuple[pa.Table, pa.Table]:
    present = cut.past(events, cutoff_us).total() > 0
    history = cut.past(events, cutoff_us, plan.lookback_days, plan.windows_days)
    phase, days_in_phase = phases_at(history, plan.journey, _scope(plan))
    keys = {
        "customer_id": pa.array(events.customers[present]),
        "cutoff_us": pa.array(np.full(int(present.sum()), cutoff_us)),
    }
    words = pa.array(plan.journey.phase_keys)
    columns: dict[str, pa.Array] = {
        **keys,
        "phase": pa.DictionaryArray.from_arrays(pa.array(phase[present].astype(np.int8)), words),
        "days_in_phase": _float32("days_in_phase", days_in_phase, present),
    }
    for name, measure in _measures(history, plan):
        columns[name] = _float32(name, measure.values, present)
    found = dict(keys)
    for contract in plan.contracts:
        found.update(_labels(events, cutoff_us, plan, contract, present, phase))
    return pa.table(columns), pa.table(found)


def _measures(history: History, plan: Plan) -> Iterator[tuple[str, Measure]]:
    known: dict[str, Family] = discover(features.families, "FAMILY")
    for family in plan.families:
        for measure in known[family].measures(history, _scope(plan)):
            yield f"{family}__{measure.name}", measure


def _labels(
    events: Events, cutoff_us: int, plan: Plan, contract: LabelContract, present: Mask, phase: Ints
) -> Iterator[tuple[str, pa.Array]]:
    label = labels()[contract.target]
    on_grid = cutoff_us in plan.cutoffs[contract.target]
    if label.cutoffs == "decisions":
        # A decision is about whoever it was about: no activity is asked.
        population = np.full(len(present), on_grid)
    elif not on_grid and cutoff_us != plan.as_of_us:
        population = np.zeros(len(present), dtype=np.bool_)
    elif label.of_phases is not None:
        population = phase < len(plan.journey.phases)
    else:
        active = cut.past(events, cutoff_us, contract.active_days or cut.EVER_DAYS)
        population = happened(active, contract.active_event).total() > 0
    yield f"{contract.target}__population", pa.array(population[present])
    start, end = cut.label_window(cutoff_us, contract)
    known_until = min(plan.as_of_us, plan.complete_until_us)
    if on_grid and cut.window_is_complete(start, end, plan.missing_days, known_until):
        # The label follows the person: who was a browser at the cutoff may have bought as a customer.
        person = cut.successors(events, cutoff_us, end)
        if label.of_phases is not None:
            later = cut.past(events, end, plan.lookback_days)
            then = Evidences(later, plan.journey, _scope(plan)).phase(end // DAY_US)
            values: tuple[Floats, ...] = (label.of_phases(phase, then[person], len(plan.journey.phases)),)
        else:
            assert label.values is not None  # a label is about the events of its window, or about the phase
            values = label.values(cut.future(events, start, end, known_by_us=end), contract)
            values = tuple(value[person] for value in values)
    else:
        values = tuple(np.full(len(present), np.nan) for _ in label.columns)
    for column, value in zip(label.columns, values, strict=True):
        unknown = np.isnan(value[present]) | ~population[present]
        yield f"{contract.target}__{column}", pa.array(value[present].astype(np.float32), mask=unknown)


def _float32(name: str, values: Floats, present: Mask) -> pa.Array:
    out: NDArray[np.float32] = values[present].astype(np.float32)
    if not np.isfinite(out).all():
        raise ValueError(f"{name} is not finite for some customer: a family must give a default instead")
    return pa.array(out)
