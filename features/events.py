"""Events: one batch of whole customers as sorted arrays, strings encoded once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.contract import CHANNELS, DAY_US, KINDS, NEVER
from features.errors import InputError
from features.history import Columns, Ints

#: The columns of the canonical events that the kernel reads; an engine needs to move no others.
READS = ("event_id", "customer_id", "occurred_us", "known_us", "until_us", "kind", "channel", "category",
         "session_id", "value", "quantity")  # fmt: skip


@dataclass(frozen=True)
class Events:
    """A batch of WHOLE persons, sorted by (customer_id, occurred_us, event_id).

    An event stands here once per owner (``features.contract.EVENTS``); of these rows one holds at any moment.

    Attributes
    ----------
    customers : array of int64
        The distinct customer ids, ascending; every result of the kernel has one row per customer.
    columns : mapping of str to array
        One value per event; ``category`` and ``session`` are codes of (customer, value) pairs, -1 for null.
    pair_rows : mapping of str to array
        The customer row of each pair code.
    """

    customers: Ints
    columns: Columns
    pair_rows: Mapping[str, Ints]

    @classmethod
    def from_arrow(cls, batch: pa.Table) -> Events:
        """Encode and sort a batch of canonical events (columns ``READS``; any row order).

        Parameters
        ----------
        batch : pyarrow.Table
            Canonical events of whole persons.

        Raises
        ------
        InputError
            If a kind is not in the closed vocabulary.

        Examples
        --------
        >>> from features.contract import EVENTS
        >>> Events.from_arrow(EVENTS.empty_table()).customers.tolist()
        []
        """
        batch = batch.select(READS).combine_chunks()
        number = {name: _integers(batch[name]) for name in ("event_id", "customer_id", "occurred_us")}
        order = _order(number["customer_id"], number["occurred_us"], number["event_id"])
        if order is not None:
            batch = batch.take(pa.array(order))
        customer, occurred = _integers(batch["customer_id"]), _integers(batch["occurred_us"])
        customers, row = np.unique(customer, return_inverse=True)
        columns: dict[str, NDArray[np.generic]] = {
            "row": row.astype(np.int64),
            "occurred_us": occurred,
            "event_id": _integers(batch["event_id"]),
            "known_us": _integers(batch["known_us"]),
            "until_us": _integers(pc.fill_null(batch["until_us"], NEVER)),
            "day": occurred // DAY_US,
            "kind": _codes(batch["kind"], KINDS),
            "channel": _codes(batch["channel"], CHANNELS),
            "value": _numbers(batch["value"]),
            "quantity": _numbers(batch["quantity"]),
            "lines": np.ones(len(row)),
        }
        if pc.index_in(batch["kind"].cast(pa.string()), value_set=pa.array(KINDS)).null_count:
            unknown = sorted(set(pc.unique(batch["kind"]).to_pylist()) - set(KINDS), key=str)
            raise InputError(f"events: unknown kind {unknown}; allowed: {', '.join(KINDS)}; mend the source")
        pair_rows: dict[str, Ints] = {}
        for name, column in (("category", batch["category"]), ("session", batch["session_id"])):
            columns[name], pair_rows[name] = _pairs(columns["row"], _ranks(column))
        return cls(customers, columns, pair_rows)

    def owners_at(self, rows: Ints, at_us: int) -> Ints:
        """Follow events to their owner at a later moment.

        Parameters
        ----------
        rows : array of int64
            Rows of events, as known at some moment before.
        at_us : int
            The later moment.

        Returns
        -------
        array of int64
            The customer row that owns each event by then; as before, where the batch knows of no other.
        """
        following, until = self._following, self.columns["until_us"].astype(np.int64, copy=False)
        while (passed := (until[rows] <= at_us) & (following[rows] >= 0)).any():
            rows = np.where(passed, following[rows], rows)
        owner: Ints = self.columns["row"][rows].astype(np.int64)
        return owner

    @cached_property
    def _following(self) -> Ints:
        """Row that holds once a row no longer does: the same event with its next owner; -1: none."""
        event, known, until = (self.columns[name] for name in ("event_id", "known_us", "until_us"))
        following = np.full(len(event), -1, dtype=np.int64)
        several = np.flatnonzero(np.isin(event, np.unique(event[until != NEVER])))
        order = several[np.lexsort((known[several], event[several]))]
        same = event[order[1:]] == event[order[:-1]]
        following[order[:-1][same]] = order[1:][same]
        return following


def _integers(column: pa.ChunkedArray) -> Ints:
    values: Ints = column.to_numpy()
    return values


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Read a number column; null or not finite counts as nothing (0)."""
    values = pc.fill_null(column, 0.0).to_numpy().astype(np.float64)
    return np.where(np.isfinite(values), values, 0.0)


def _order(customer: Ints, occurred: Ints, event: Ints) -> Ints | None:
    same = customer[1:] == customer[:-1]
    tie = same & (occurred[1:] == occurred[:-1])
    after = (customer[1:] > customer[:-1]) | (same & (occurred[1:] > occurred[:-1]))
    if (after | (tie & (event[1:] >= event[:-1]))).all():
        return None
    return np.lexsort((event, occurred, customer))


def _codes(column: pa.ChunkedArray, words: tuple[str, ...]) -> NDArray[np.int8]:
    found = pc.index_in(column.cast(pa.string()), value_set=pa.array(words))
    codes: NDArray[np.int8] = pc.fill_null(found, -1).to_numpy().astype(np.int8)
    return codes


def _ranks(column: pa.ChunkedArray) -> Ints:
    """Rank of each value among the distinct values of the batch; -1 for null."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    # Ranks, not order of appearance: so that other customers or later events never change an order of adding.
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    codes = pc.fill_null(encoded.indices, -1).to_numpy().astype(np.int64)
    return np.where(codes >= 0, rank[codes] if len(rank) else -1, -1)


def _pairs(row: NDArray[np.generic], code: Ints) -> tuple[Ints, Ints]:
    """Give every (customer, value) pair one code, in (customer, value) order."""
    known = code >= 0
    width = int(code.max(initial=0)) + 1
    pairs, inverse = np.unique(row[known].astype(np.int64) * width + code[known], return_inverse=True)
    out = np.full(len(code), -1, dtype=np.int64)
    out[known] = inverse
    return out, pairs // width
