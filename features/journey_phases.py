"""Phases under several journeys at once: one pass over a batch, so that phase models can be compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from features import cutoffs as cut
from features.events import Events
from features.families._base import Scope
from features.phases import Timelines, phases_at
from features.plan import Plan
from features.settings import JourneySettings

#: Ends the name of the column with the days in the phase.
DAYS = "__days_in_phase"


def phases_under(batch: pa.Table, plan: Plan, journeys: Sequence[tuple[JourneySettings, float]]) -> pa.Table:
    """Give the phase of every customer at every cutoff of a plan, under each of several journeys.

    Parameters
    ----------
    batch : pyarrow.Table
        Canonical events, one row per event, in any order; a customer is never split over batches.
    plan : Plan
        Cutoffs, look-back, and what the source can produce; its own journey plays no part.
    journeys : sequence of (JourneySettings, float)
        The rules, and the usual days between two orders under them (``features.table.usual_gap_days``).

    Returns
    -------
    pyarrow.Table
        One row per cutoff and customer with at least one event known before that cutoff, sorted by (cutoff_us,
        customer_id): ``customer_id``, ``cutoff_us``, and per journey ``<name>`` (phase) and
        ``<name>__days_in_phase``: bit for bit what the features table holds under that journey.
    """
    events = Events.from_arrow(batch)
    tables = [_at_cutoff(events, cutoff_us, plan, journeys) for cutoff_us in plan.all_cutoffs]
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _at_cutoff(
    events: Events, cutoff_us: int, plan: Plan, journeys: Sequence[tuple[JourneySettings, float]]
) -> pa.Table:
    present = cut.past(events, cutoff_us).total() > 0
    history = cut.past(events, cutoff_us, plan.lookback_days)
    timelines = Timelines(history)
    columns: dict[str, pa.Array] = {
        "customer_id": pa.array(events.customers[present]),
        "cutoff_us": pa.array(np.full(int(present.sum()), cutoff_us)),
    }
    for journey, usual_gap_days in journeys:
        scope = Scope(plan.kinds, plan.channels, usual_gap_days, journey.mean_gap_prior_weight)
        phase, days = phases_at(history, journey, scope, timelines)
        codes, words = pa.array(phase[present].astype(np.int8)), pa.array(journey.phase_keys)
        columns[journey.name] = pa.DictionaryArray.from_arrays(codes, words)
        columns[journey.name + DAYS] = pa.array(days[present].astype(np.float32))
    return pa.table(columns)
