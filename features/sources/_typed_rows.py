"""What some rows of a flat export tell: events, attributes, links, as one canonical batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.fingerprint import fingerprint
from features.sources._batches import (
    STAGED_ATTRIBUTES,
    STAGED_COSTS,
    STAGED_DECISIONS,
    STAGED_EVENTS,
    STAGED_LINKS,
    CanonicalBatch,
)
from features.sources._columns import Column, Mask, as_mask, fill_table
from features.sources._row_values import RowValues


@dataclass(frozen=True)
class Told:
    """Something that rows tell (one staged row per raw row), and which raw rows tell it."""

    table: pa.Table
    where: Mask


class Rows(RowValues):
    """One batch of a table: its columns by our names (see `RowValues`), and what it tells."""

    def event_ids(self, what: str = "") -> npt.NDArray[np.int64]:
        """Name what a row tells: by the key of the table, by the whole row where the key is not complete."""
        data = self._batch.data
        salt = pa.repeat(f"{self._batch.file.table}:{what}", self.rows)
        whole = dict(zip((f"raw:{name}" for name in data.column_names), data.columns, strict=True))
        if not self._key:
            return fingerprint({"": salt, **whole})
        keys = {name: self.text(name) for name in self._key}
        absent = np.logical_or.reduce([as_mask(pc.is_null(one)) for one in keys.values()])
        named = fingerprint({"": salt, **keys})
        return np.where(absent, fingerprint({"": salt, **whole}), named) if absent.any() else named

    def event(
        self,
        source_id: Column,
        occurred: Column,
        kind: Any,
        *,
        what: str = "",
        known: Column | None = None,
        where: Mask | None = None,
        **columns: Any,
    ) -> Told:
        """Tell one event per row; a row without anybody is rejected.

        Parameters
        ----------
        source_id : array of string
            Whose event it is (spaced form).
        occurred, known : array of int64
            When it happened, and when we learnt of it; ``known`` null or not given: when it happened.
        kind : str or array of string
            One of KINDS.
        what : str
            A name of the event among those that one row tells; the first has none.
        where : array of bool, optional
            Only these rows tell of it.
        **columns : array or single value
            Other columns of the contract EVENTS.
        """
        chosen = np.ones(self.rows, bool) if where is None else where
        nobody = as_mask(pc.is_null(source_id))
        self.verdict.reject(chosen & nobody, "customer is missing")
        given = {
            "source_id": source_id,
            "event_id": self.event_ids(what),
            "occurred_us": occurred,
            "known_us": occurred if known is None else pc.coalesce(known, occurred),
            "kind": kind,
            **columns,
        }
        return Told(self._source.events(self.rows, given, self.verdict), chosen)

    def attribute(
        self, name: str, values: Column, source_id: Column, known: Column, *, sensitive: bool = False
    ) -> Told:
        """Tell an attribute of somebody (rows with a value, an id and a moment)."""
        given = {"source_id": source_id, "value": values, "known_us": known}
        constants = {"attribute": name, "sensitive": sensitive}
        return Told(fill_table(STAGED_ATTRIBUTES, self.rows, {**given, **constants}), _all_valid(given))

    def link(self, lower: Column, higher: Column, known: Column) -> Told:
        """Tell that the id ``lower`` is somebody with the id ``higher`` (rows with both and a moment)."""
        given = {"anonymous_source_id": lower, "source_id": higher, "known_us": known}
        return Told(fill_table(STAGED_LINKS, self.rows, given), _all_valid(given))

    def result(
        self,
        event: Told | None = None,
        *,
        extra: Sequence[Told] = (),
        attributes: Sequence[Told] = (),
        links: Sequence[Told] = (),
        decisions: pa.Table | None = None,
        costs: pa.Table | None = None,
    ) -> CanonicalBatch:
        """Put the canonical batch together: what the rows that no rule has rejected tell.

        ``event`` is the one event that every kept row of an events file has; ``extra`` are further ones.
        ``decisions`` and ``costs`` have one staged row per raw row.
        """
        keep = self.verdict.kept
        told = [*([] if event is None else [event]), *extra]
        numbers = [self._batch.rows[keep & one.where] for one in told]
        first = 0 if event is None else len(numbers[0])
        rows = np.concatenate([np.zeros(0, np.int64), *numbers])
        mask = pa.array(keep)
        return CanonicalBatch(
            self.verdict.reasons(),
            events=_kept(STAGED_EVENTS, told, keep),
            rows=rows,
            extra=np.arange(len(rows)) >= first,
            attributes=_kept(STAGED_ATTRIBUTES, attributes, keep),
            links=_kept(STAGED_LINKS, links, keep),
            decisions=STAGED_DECISIONS.empty_table() if decisions is None else decisions.filter(mask),
            costs=STAGED_COSTS.empty_table() if costs is None else costs.filter(mask),
        )


def _kept(schema: pa.Schema, told: Sequence[Told], keep: Mask) -> pa.Table:
    parts = [one.table.filter(pa.array(keep & one.where)) for one in told]
    return pa.concat_tables([schema.empty_table(), *parts])


def _all_valid(columns: Mapping[str, Column]) -> Mask:
    return np.asarray(np.logical_and.reduce([as_mask(pc.is_valid(one)) for one in columns.values()]))
