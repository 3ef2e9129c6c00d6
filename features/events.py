"""Events: one batch of whole customers as sorted arrays, strings encoded once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.contract import CHANNELS, DAY_US, KINDS, NEVER
from features.errors import InputError
from features.lazy import Lazy
from features.view import Columns, Ints, Mask

#: The columns of the canonical events that the kernel always reads; a family may read more.
READS = ("event_id", "customer_id", "occurred_us", "known_us", "until_us", "kind", "channel", "category",
         "session_id", "value", "quantity")  # fmt: skip
#: Numbers that a family may read besides; null is NaN.
MORE_NUMBERS = ("duration_s", "rating", "sentiment")
#: Words that a family may read besides, and what they can be; as codes, null and other words are -1.
MORE_WORDS = {"rating_scale": ("nps", "stars")}


@dataclass(frozen=True)
class Events:
    """A batch of WHOLE persons, sorted by (customer_id, occurred_us, event_id).

    An event stands here once per owner (``features.contract.EVENTS``); of these rows one holds at any moment.

    Attributes
    ----------
    customers : array of int64
        The distinct customer ids, ascending; every result of the kernel has one row per customer.
    columns : mapping of str to array
        One value per event; ``category`` and ``session`` are codes of (customer, value) pairs, -1 for null;
        ``category_word`` is the place in ``words["category"]``, -1 for null.
    pair_rows : mapping of str to array
        The customer row of each pair code.
    words : mapping of str to array
        The distinct categories of the batch, rising.
    plain : bool
        Everything was known at once and nothing changed owner: what occurred before a moment holds at it.
    seen, newest : dict
        What ``features.cutoffs`` found at a moment, kept since much asks for it: the rows that hold, and the last
        of them per customer.
    """

    customers: Ints
    columns: Columns
    pair_rows: Mapping[str, Ints]
    words: Mapping[str, NDArray[np.str_]]
    plain: bool
    seen: dict[int, Mask] = field(default_factory=dict)
    newest: dict[int, Ints] = field(default_factory=dict)

    @classmethod
    def from_arrow(cls, batch: pa.Table) -> Events:
        """Encode and sort a batch of canonical events (columns ``READS`` at least; any row order).

        Parameters
        ----------
        batch : pyarrow.Table
            Canonical events of whole persons.

        Raises
        ------
        InputError
            If a kind is not in the closed vocabulary, or an event lies before 1970.

        Examples
        --------
        >>> from features.contract import EVENTS
        >>> Events.from_arrow(EVENTS.empty_table()).customers.tolist()
        []
        """
        batch = batch.combine_chunks()
        customer, occurred, event = (_integers(batch[n]) for n in ("customer_id", "occurred_us", "event_id"))
        if len(occurred) and occurred.min() < 0:
            raise InputError(
                f"events: {int((occurred < 0).sum())} occurred before 1970 (occurred_us below 0), which no rule "
                "of a phase can count; remove them at the source (`klantreis ingest` puts such rows in quarantine)"
            )
        order = _order(customer, occurred, event)
        if order is not None:
            batch = batch.take(pa.array(order))
            customer, occurred, event = customer[order], occurred[order], event[order]
        begins = _begins(customer)
        row = np.cumsum(begins) - 1
        known, until = _integers(batch["known_us"]), _integers(pc.fill_null(batch["until_us"], NEVER))
        columns: dict[str, Callable[[], NDArray[np.generic]]] = {
            "row": lambda: row,
            "occurred_us": lambda: occurred,
            "event_id": lambda: event,
            "known_us": lambda: known,
            "until_us": lambda: until,
            "day": lambda: occurred // DAY_US,
            "kind": lambda: _kinds(batch["kind"]),
            "channel": lambda: _codes(batch["channel"], CHANNELS),
            "lines": lambda: np.ones(len(row)),
            "category_word": lambda: ranked()[1],
            "category": lambda: categories()[0],
            "session": lambda: sessions()[0],
        }
        columns |= {name: partial(_numbers, batch[name], 0.0) for name in ("value", "quantity")}
        given = set(batch.column_names)
        columns |= {name: partial(_numbers, batch[name], np.nan) for name in MORE_NUMBERS if name in given}
        columns |= {
            name: partial(_codes, batch[name], words) for name, words in MORE_WORDS.items() if name in given
        }
        ranked = cache(lambda: _ranks(batch["category"]))
        categories = cache(lambda: _word_pairs(row, ranked()[1], len(ranked()[0]), int(begins.sum())))
        sessions = cache(lambda: _pairs(row, *_ids(batch["session_id"])))
        pairs = Lazy({"category": lambda: categories()[1], "session": lambda: sessions()[1]})
        out = Lazy(columns)
        _ = out["kind"]  # an unknown kind is told at once
        plain = bool((known == occurred).all() and (until == NEVER).all())
        return cls(customer[begins], out, pairs, Lazy({"category": lambda: ranked()[0]}), plain)

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


def _numbers(column: pa.ChunkedArray, missing: float) -> NDArray[np.float64]:
    """Read a number column; null or not finite counts as ``missing``."""
    values = pc.fill_null(column.cast(pa.float64()), missing).to_numpy()
    return np.where(np.isfinite(values), values, missing)


def _order(customer: Ints, occurred: Ints, event: Ints) -> Ints | None:
    same = customer[1:] == customer[:-1]
    tie = same & (occurred[1:] == occurred[:-1])
    after = (customer[1:] > customer[:-1]) | (same & (occurred[1:] > occurred[:-1]))
    if (after | (tie & (event[1:] >= event[:-1]))).all():
        return None
    return np.lexsort((event, occurred, customer))


def _kinds(column: pa.ChunkedArray) -> NDArray[np.int8]:
    codes = _codes(column, KINDS)
    if (codes < 0).any():
        unknown = sorted(set(pc.unique(column).to_pylist()) - set(KINDS), key=str)
        raise InputError(f"events: unknown kind {unknown}; allowed: {', '.join(KINDS)}; mend the source")
    return codes


def _codes(column: pa.ChunkedArray, words: tuple[str, ...]) -> NDArray[np.int8]:
    encoded = _encoded(column)
    places = pc.index_in(encoded.dictionary.cast(pa.string()), value_set=pa.array(words))
    table = np.append(pc.fill_null(places, -1).to_numpy(zero_copy_only=False), -1).astype(np.int8)
    codes: NDArray[np.int8] = table[pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)]
    return codes


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    encoded = column.combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    return encoded if isinstance(encoded, pa.DictionaryArray) else encoded.dictionary_encode()


def _ranks(column: pa.ChunkedArray) -> tuple[NDArray[np.str_], Ints]:
    """Distinct values of the batch, rising, and the place of each value among them; -1 for null."""
    encoded = _encoded(column)
    # Ranks, not order of appearance: so that other customers or later events never change an order of adding.
    # As objects: an array of fixed-width texts would give every word the width of the longest.
    words = encoded.dictionary.to_numpy(zero_copy_only=False).astype(np.object_)
    distinct, rank = np.unique(words, return_inverse=True)
    table = np.append(rank, -1).astype(np.int64)
    return distinct, table[pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)]


def _ids(column: pa.ChunkedArray) -> tuple[Ints, Mask]:
    """Read ids, and tell which are not null."""
    return pc.fill_null(column, 0).to_numpy(), column.is_valid().to_numpy()


def _word_pairs(row: Ints, code: Ints, words: int, customers: int) -> tuple[Ints, Ints]:
    """Give every (customer, word) pair one code, in (customer, word) order; -1 for no word."""
    if customers * words > 4 * len(row):
        return _pairs(row, code, code >= 0)
    # A code for every pair there could be costs less than finding those there are.
    return np.where(code >= 0, row * words + code, -1), np.arange(customers * words) // max(words, 1)


def _pairs(row: Ints, value: Ints, known: Mask) -> tuple[Ints, Ints]:
    """Give every (customer, value) pair one code, in (customer, value) order; -1 where not known."""
    place = np.flatnonzero(known)
    first = _begins(row[place], value[place])
    # Events of one session mostly follow one another: sorting the runs costs less than sorting the events.
    heads = place[first]
    order = _by_row_and_value(row[heads], value[heads])
    new = _begins(row[heads][order], value[heads][order])
    code = np.empty(len(heads), dtype=np.int64)
    code[order] = np.cumsum(new) - 1
    out = np.full(len(row), -1, dtype=np.int64)
    out[place] = code[np.cumsum(first) - 1]
    return out, row[heads][order][new]


def _by_row_and_value(row: Ints, value: Ints) -> Ints:
    """Order by (row, value) of rows that rise already; cheaper than ``np.lexsort``."""
    rank = np.empty(len(value), dtype=np.int64)
    rank[np.argsort(value)] = np.arange(len(value))
    order: Ints = np.argsort(row * len(value) + rank)
    return order


def _begins(*keys: Ints) -> Mask:
    """Tell where any key differs from the one before it."""
    first = np.ones(len(keys[0]), dtype=np.bool_)
    first[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    return first
