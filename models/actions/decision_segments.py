"""The segments of every decision, as they were known at the midnight before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.contract import DAY_US
from models.actions.segment_effects import PhaseScores
from models.segment_dimensions import dimensions
from models.segment_dimensions.audit import as_known

Segments = dict[str, NDArray[np.str_]]


@dataclass(frozen=True)
class SegmentSources:
    """Where segments are read from; the same files as the evaluation reads (`models.evaluation_files`).

    Attributes
    ----------
    features : Path
        The feature table: bands are relative to all its customers on the day.
    customers : Path
        ``data/canonical/customers.parquet``; may be absent: then no attribute is known.
    audit_attributes : sequence of str
        Attributes to look at, for auditing only (``audit_attributes`` of ``data/canonical/meta.json``).
    events, personas : Path or None
        ``data/canonical/events.parquet`` and ``artifacts/personas/personas.json``; without them there is no
        interest, or no persona.
    """

    features: Path
    customers: Path
    audit_attributes: Sequence[str] = ()
    events: Path | None = None
    personas: Path | None = None

    def attributes(self) -> pd.DataFrame:
        """Read the attributes to audit, and no others."""
        import pyarrow.parquet as pq

        names = ["customer_id", "attribute", "value", "known_us"]
        if not self.customers.is_file():
            return pd.DataFrame(columns=names)
        wanted = [("attribute", "in", list(self.audit_attributes) or [""])]
        found: pd.DataFrame = pq.read_table(self.customers, columns=names, filters=wanted).to_pandas()
        return found


def decision_segments(
    customers: NDArray[np.int64],
    day: NDArray[np.float32],
    phase: NDArray[np.object_],
    sources: SegmentSources,
) -> Segments:
    """Give the segment of every decision along every dimension of `models.segment_dimensions`.

    One call for the decisions of all phases reads every table once.

    Parameters
    ----------
    customers : int64 array, one per decision
    day : array, one per decision
        Days since 1970, as in ``DecisionLog.day`` and ``Candidates.day``: segments are as of its midnight.
    phase : array of str, one per decision
    sources : SegmentSources

    Returns
    -------
    dict of str to array
        Dimension to one segment per decision, in the order of the decisions; ``unknown`` where nothing was
        known. Without the phase, which is no segment of itself.
    """
    rows = pd.DataFrame(
        {
            "customer_id": customers,
            "cutoff_us": day.astype(np.int64) * DAY_US,
            "phase": phase.astype(str),
        }
    )
    if rows.empty:
        return {}
    found = dimensions(
        rows,
        sources.features,
        sources.attributes(),
        sources.audit_attributes,
        sources.events,
        sources.personas,
    )
    return {str(name): found[name].to_numpy(dtype=str) for name in found.columns.drop("phase")}


def in_segments(phases: Sequence[PhaseScores], sources: SegmentSources | None) -> list[PhaseScores]:
    """Give the scores of every phase the segments of its decisions; without sources there are none."""
    if sources is None or not phases:
        return list(phases)
    found = decision_segments(
        np.concatenate([one.log.customers for one in phases]),
        np.concatenate([one.log.day for one in phases]),
        np.concatenate([np.full(len(one.log), one.phase, dtype=object) for one in phases]),
        sources,
    )
    ends = np.cumsum([len(one.log) for one in phases])[:-1]
    parts = {name: np.split(segment, ends) for name, segment in found.items()}
    return [
        replace(one, segments={name: part[place] for name, part in parts.items()})
        for place, one in enumerate(phases)
    ]


def audit_groups(customers: NDArray[np.int64], as_of_us: int, sources: SegmentSources) -> Segments:
    """Give the audited attributes of customers as known at the moment of scoring, for `models.actions.exposure`.

    Parameters
    ----------
    customers : int64 array
        The pipeline's own ids, not those of the source.
    as_of_us : int
        Moment of scoring.
    sources : SegmentSources
        Only ``customers`` and ``audit_attributes`` are read.

    Returns
    -------
    dict of str to array
        Attribute to one group per customer; ``unknown`` where nothing was known.
    """
    rows = pd.DataFrame({"customer_id": customers, "cutoff_us": np.int64(as_of_us)})
    known = sources.attributes()
    return {name: as_known(rows, known[known["attribute"] == name]) for name in sources.audit_attributes}
