"""What travels through a source: raw batches in, canonical batches out, and the verdict on each raw row."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.contract import COSTS, DECISIONS, EVENTS
from features.sources._columns import Mask

Role = Literal["events", "attributes", "decisions", "costs", "lookup"]

#: Events on their way in: the id of the source instead of the pseudonym, and the raw row they came from.
STAGED_EVENTS = pa.schema(
    [pa.field("source_id", pa.string())]
    + [
        pa.field(column.name, column.type)
        for column in EVENTS
        if column.name not in ("customer_id", "person_id", "until_us", "source")
    ]
)
STAGED_ATTRIBUTES = pa.schema(
    [
        pa.field("source_id", pa.string()),
        pa.field("attribute", pa.string()),
        pa.field("value", pa.string()),
        pa.field("known_us", pa.int64()),
        pa.field("sensitive", pa.bool_()),
    ]
)
STAGED_LINKS = pa.schema(
    [
        pa.field("anonymous_source_id", pa.string()),
        pa.field("source_id", pa.string()),
        pa.field("known_us", pa.int64()),
    ]
)
STAGED_DECISIONS = pa.schema(
    [pa.field("source_id", pa.string())]
    + [pa.field(column.name, column.type) for column in DECISIONS if column.name != "customer_id"]
)
STAGED_COSTS = pa.schema([pa.field(column.name, column.type) for column in COSTS if column.name != "source"])
BROKEN = pa.schema(
    [pa.field("row", pa.int64()), pa.field("reason", pa.string()), pa.field("raw", pa.string())]
)


@dataclass(frozen=True)
class RawFile:
    """One file of the source: its place, its name inside the folder, its raw table, what its rows are.

    The rows of ``lookup`` files only explain other rows; they are not counted. ``part`` names the part of a
    combined source that the file belongs to.
    """

    path: Path
    name: str
    table: str
    role: Role = "events"
    part: str = ""


@dataclass(frozen=True)
class RawBatch:
    """Some rows of one raw file; ``rows`` are their numbers (1 = first data row)."""

    file: RawFile
    data: pa.Table
    rows: npt.NDArray[np.int64]
    broken: pa.Table = field(default_factory=BROKEN.empty_table)


@dataclass
class CanonicalBatch:
    """What one raw batch says. ``reasons`` has one entry per raw row; null = kept.

    ``rows`` holds the raw row number of each event. A raw row may tell of several events (a ticket is opened and
    closed): ``extra`` marks, per event, the second and later ones of a row, which the row-count law leaves out;
    None: every event is the only one of its row. In a file of role ``events`` a kept row has exactly one event
    that is not extra.
    """

    reasons: pa.Array
    events: pa.Table = field(default_factory=STAGED_EVENTS.empty_table)
    rows: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    extra: Mask | None = field(default=None, kw_only=True)
    attributes: pa.Table = field(default_factory=STAGED_ATTRIBUTES.empty_table)
    links: pa.Table = field(default_factory=STAGED_LINKS.empty_table)
    decisions: pa.Table = field(default_factory=STAGED_DECISIONS.empty_table)
    costs: pa.Table = field(default_factory=STAGED_COSTS.empty_table)


class Verdict:
    """The reason, if any, why each raw row is rejected; the first reason found stands.

    Examples
    --------
    >>> verdict = Verdict(3)
    >>> verdict.reject(np.array([True, False, False]), "customer is missing")
    >>> verdict.reject(np.array([True, True, False]), "value is not a number")
    >>> verdict.reasons().to_pylist(), verdict.kept.tolist()
    (['customer is missing', 'value is not a number', None], [False, False, True])
    """

    def __init__(self, rows: int) -> None:
        self._code = np.full(rows, -1, np.int64)
        self._reasons: list[str] = []

    def reject(self, mask: Mask, reason: str) -> None:
        """Reject the rows of ``mask`` for ``reason``, unless rejected before."""
        self._code[mask & self.kept] = len(self._reasons)
        self._reasons.append(reason)

    @property
    def kept(self) -> Mask:
        """The rows that no rule has rejected."""
        return np.asarray(self._code < 0)

    def reasons(self) -> pa.Array:
        """Give one reason per row, null where the row is kept."""
        codes = pa.array(self._code, mask=self._code < 0)
        return pa.array(self._reasons, pa.string()).take(codes)
