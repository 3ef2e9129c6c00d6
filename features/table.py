"""Runs phases, families and labels over one batch of whole persons; knows the column dictionary.

``build`` is a pure function from (batch, plan) to (features, labels): engines only move rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features import cutoffs as cut
from features.contract import DAY_US, EVENTS
from features.crowd import Learnt
from features.events import READS, Events
from features.families._base import Measure
from features.history import Floats, Frame, History, Ints
from features.labels._base import happened, in_phases, labels
from features.phases import Evidences, phases_at
from features.plan import Plan
from features.registry import family_named
from features.scope import scope_of
from features.settings import LabelContract


def column_dictionary(plan: Plan) -> list[dict[str, Any]]:
    """Describe every feature column, in table order: ``name, family, unit, meaning_en, meaning_nl, default``.

    The default is what the family computes for a customer whose look-back is empty.
    """
    frame = Frame(1, plan.as_of_us, plan.windows_days, plan.lookback_days)
    nobody = Events.from_arrow(EVENTS.empty_table())
    empty = History(nobody.columns, None, frame, nobody.pair_rows, nobody.words)
    phase: list[dict[str, Any]] = [
        {"name": "days_in_phase", "family": "phase", "unit": "days", "default": 0.0,
         "meaning_en": "Days in the present phase, in steps of 7, at most 91",
         "meaning_nl": "Dagen in de huidige fase, in stappen van 7, hoogstens 91"}
    ]  # fmt: skip
    out = phase if plan.journey.phases else []
    for name, measure in _measures(empty, plan, Learnt()):
        out.append(
            {"name": name, "family": name.split("__")[0],
             "unit": measure.unit.replace("money", plan.currency), "default": float(measure.values[0]),
             "meaning_en": measure.meaning_en, "meaning_nl": measure.meaning_nl}
        )  # fmt: skip
    return out


def build(batch: pa.Table, plan: Plan, learnt: Learnt | None = None) -> tuple[pa.Table, pa.Table]:
    """Compute features and labels of a batch of WHOLE persons at every cutoff of the plan.

    Parameters
    ----------
    batch : pyarrow.Table
        Canonical events in any order, columns ``columns_read(plan)`` at least; a person (``person_id``) is never
        split over batches.
    plan : Plan
        Cutoffs, families, windows, contracts and journey.
    learnt : Learnt, optional
        What families learnt from everybody (``features.crowd``); without it they say what they say of nobody.

    Returns
    -------
    tuple of pyarrow.Table
        Features and labels, same rows in the same order: one per cutoff and customer with at least one event
        known before that cutoff, sorted by (cutoff_us, customer_id).
    """
    events = Events.from_arrow(batch)
    later = LaterPhases(events, plan)
    # The last cutoff first: the windows of the cutoffs before it end there, and then its phases are known already.
    pieces = [_at_cutoff(later, cutoff_us, learnt or Learnt()) for cutoff_us in plan.all_cutoffs[::-1]][::-1]
    # One chunk per cutoff: whoever keeps them apart by cutoff need not copy them.
    return pa.concat_tables([table for table, _ in pieces]), pa.concat_tables([table for _, table in pieces])


def columns_read(plan: Plan) -> tuple[str, ...]:
    """Columns of the canonical events that the kernel needs for a plan."""
    more = (column for name in plan.families for column in family_named(name).reads)
    return tuple(dict.fromkeys((*READS, *more)))


class LaterPhases:
    """The phases of a batch at any midnight, each judged once: the windows of many labels end at one moment.

    Parameters
    ----------
    events : Events
        The batch.
    plan : Plan
        The journey, and how far to look back.
    """

    def __init__(self, events: Events, plan: Plan) -> None:
        self.events, self.plan = events, plan
        self._judged: dict[int, NDArray[np.int8]] = {}

    def note(self, at_us: int, phase: Ints) -> None:
        """Keep what is known already of a midnight."""
        self._judged[at_us] = phase.astype(np.int8)

    def at(self, at_us: int) -> Ints:
        """Give the place in ``journey.phase_keys`` of each customer of the batch."""
        if at_us not in self._judged:
            history = cut.past(self.events, at_us, self.plan.lookback_days)
            evidences = Evidences(history, self.plan.journey, scope_of(self.plan))
            self.note(at_us, evidences.phase(at_us // DAY_US))
        return self._judged[at_us].astype(np.int64)


def _at_cutoff(later: LaterPhases, cutoff_us: int, learnt: Learnt) -> tuple[pa.Table, pa.Table]:
    events, plan = later.events, later.plan
    present = np.flatnonzero(cut.known_customers(events, cutoff_us))
    history = cut.past(events, cutoff_us, plan.lookback_days, plan.windows_days)
    keys = {
        "customer_id": pa.array(events.customers[present]),
        "cutoff_us": pa.array(np.full(len(present), cutoff_us)),
    }
    columns: dict[str, pa.Array] = dict(keys)
    phase = np.zeros(len(events.customers), dtype=np.int64)
    if plan.journey.phases:
        phase, days_in_phase = phases_at(history, plan.journey, scope_of(plan))
        later.note(cutoff_us, phase)
        words = pa.array(plan.journey.phase_keys)
        columns["phase"] = pa.DictionaryArray.from_arrays(pa.array(phase[present].astype(np.int8)), words)
        columns["days_in_phase"] = _float32("days_in_phase", days_in_phase, present)
    for name, measure in _measures(history, plan, learnt):
        columns[name] = _float32(name, measure.values, present)
    found = dict(keys)
    for contract in plan.contracts:
        found.update(_labels(later, cutoff_us, contract, present, phase))
    return _table(columns, ()), _table(found, [name for name in found if name not in keys])


def _table(columns: dict[str, pa.Array], nullable: Sequence[str]) -> pa.Table:
    # A file that says that nothing is missing spares a level per value.
    fields = [pa.field(name, one.type, nullable=name in nullable) for name, one in columns.items()]
    return pa.table(columns, schema=pa.schema(fields))


def _measures(history: History, plan: Plan, learnt: Learnt) -> Iterator[tuple[str, Measure]]:
    scope = scope_of(plan)
    for name in plan.families:
        family, short = family_named(name), name.rpartition(".")[2]
        known = learnt.at(short, history.frame.cutoff_us) if family.crowd else None
        for measure in family.measures(history, replace(scope, learnt=known)):
            yield f"{short}__{measure.name}", measure


def _labels(
    later: LaterPhases, cutoff_us: int, contract: LabelContract, present: Ints, phase: Ints
) -> Iterator[tuple[str, pa.Array]]:
    events, plan = later.events, later.plan
    label = labels()[contract.target]
    on_grid = cutoff_us in plan.cutoffs[contract.target]
    if label.cutoffs == "decisions":
        # A decision is about whoever it was about: no activity is asked.
        population = np.full(len(phase), on_grid)
    elif not on_grid and cutoff_us != plan.as_of_us:
        population = np.zeros(len(phase), dtype=np.bool_)
    elif label.of_phases is not None:
        population = phase < len(plan.journey.phases)
    else:
        active = cut.past(events, cutoff_us, contract.active_days or cut.EVER_DAYS)
        population = happened(active, contract.active_event).total() > 0
        population &= in_phases(contract, phase, plan.journey.phase_keys)
    yield f"{contract.target}__population", pa.array(population[present])
    start, end = cut.label_window(cutoff_us, contract)
    known_until = min(plan.as_of_us, plan.complete_until_us)
    values: tuple[Floats, ...]
    if on_grid and label.censored:
        values = _censored(later, cutoff_us, contract, known_until)
    elif on_grid and cut.window_is_complete(start, end, plan.missing_days, known_until):
        # The label follows the person: who was a browser at the cutoff may have bought as a customer.
        person = cut.successors(events, cutoff_us, end)
        if label.of_phases is not None:
            values = (label.of_phases(phase, later.at(end)[person], len(plan.journey.phases)),)
        else:
            assert label.values is not None  # a label is about the events of its window, or about the phase
            values = label.values(cut.future(events, start, end, known_by_us=end), contract)
            values = tuple(value[person] for value in values)
    else:
        values = tuple(np.full(len(phase), np.nan) for _ in label.columns)
    for column, value in zip(label.columns, values, strict=True):
        unknown = np.isnan(value[present]) | ~population[present]
        yield f"{contract.target}__{column}", pa.array(value[present].astype(np.float32), mask=unknown)


def _censored(
    later: LaterPhases, cutoff_us: int, contract: LabelContract, known_until_us: int
) -> tuple[Floats, Floats, Floats]:
    """Say per customer when the first event that counts came, how long we looked, and who had left by then.

    Each horizon is judged by what was known at its own end, as a label of that horizon would be: an event that was
    learnt of later counts from the next horizon on.
    """
    events, plan = later.events, later.plan
    label, (start, _) = labels()[contract.target], cut.label_window(cutoff_us, contract)
    observed = cut.observed_days(start, contract.horizon_days, plan.missing_days, known_until_us)
    days, left = np.full(len(events.customers), -1.0), np.zeros(len(events.customers))
    assert label.values is not None
    seen = 0
    for place, until in enumerate((*contract.horizons_days, observed)):
        if not seen < until <= observed:
            continue
        end = start + until * DAY_US
        person = cut.successors(events, cutoff_us, end)
        (first,) = label.values(cut.future(events, start, end, known_by_us=end), contract)
        first = first[person]
        days = np.where((days < 0) & (first >= 0), np.maximum(first, seen), days)
        if plan.journey.phases and until in contract.horizons_days:
            dormant = later.at(end)[person] == len(plan.journey.phases)
            left += np.where((days < 0) & dormant, 2.0**place, 0.0)
        seen = until
    return days, np.full(len(days), float(observed)), left


def _float32(name: str, values: Floats, present: Ints) -> pa.Array:
    out: NDArray[np.float32] = values.astype(np.float32)
    out = out if len(present) == len(out) else out.take(present)
    # A sum of 32-bit numbers in 64 bits is finite if and only if all of them are, and costs less to ask.
    if not np.isfinite(np.add.reduce(out, dtype=np.float64)):
        raise ValueError(f"{name} is not finite for some customer: a family must give a default instead")
    return pa.array(out)
