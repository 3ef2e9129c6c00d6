"""History: one batch of whole customers at one moment, with small vectorised verbs.

Rows of every result are the customers of the batch, in ``customer_id`` order; windows are nested and counted
back from the cutoff. Only sums in event order, ``+ - * /``, square roots and look-up tables are used, so that
neither the order of the input nor the way customers are split over batches changes a bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.contract import CHANNELS, DAY_US, KINDS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Columns = Mapping[str, NDArray[np.generic]]

KIND_CODE = {kind: code for code, kind in enumerate(KINDS)}
CHANNEL_CODE = {channel: code for code, channel in enumerate(CHANNELS)}


@dataclass(frozen=True)
class Frame:
    """What all views at one cutoff share: number of customers, the cutoff, windows and look-back (days)."""

    customers: int
    cutoff_us: int
    windows_days: tuple[int, ...]
    lookback_days: int

    @property
    def cutoff_day(self) -> int:
        """Day number of the cutoff (days since 1970-01-01)."""
        return self.cutoff_us // DAY_US

    @cached_property
    def ring_of_age(self) -> Ints:
        """Index of the smallest window that holds an event of a given age (whole days; 0 = yesterday)."""
        ages = np.arange(self.lookback_days + 1)
        return np.searchsorted(np.asarray(self.windows_days, dtype=np.int64), ages, side="right")


class History:
    """Events of a batch as a view at one cutoff, sorted by customer and time.

    Parameters
    ----------
    columns : mapping of str to array
        One value per event: ``row`` (index of the customer), ``occurred_us``, ``day``, ``kind``, ``channel``,
        ``category``, ``session`` (codes of (customer, value) pairs), ``value`` (money), ``quantity``,
        ``lines``.
    index : array of int64 or None
        Which events belong to the view, in order; None is all.
    frame : Frame
        Customers, cutoff, windows and look-back.
    pair_rows : mapping of str to array
        For ``category`` and ``session``: the customer row of each pair code.

    Examples
    --------
    >>> from features.contract import DAY_US
    >>> columns = {"row": np.array([0, 0, 2]), "occurred_us": np.array([5, 9, 8]) * DAY_US,
    ...            "day": np.array([5, 9, 8]), "value": np.array([3.0, 4.0, 5.0])}
    >>> history = History(columns, None, Frame(3, 10 * DAY_US, (2, 7), 30), {})
    >>> history.count().tolist()
    [[1.0, 0.0, 1.0], [2.0, 0.0, 1.0]]
    >>> history.total("value").tolist()
    [7.0, 0.0, 5.0]
    >>> history.last_days().tolist()
    [1.0, 30.0, 2.0]
    """

    def __init__(
        self, columns: Columns, index: Ints | None, frame: Frame, pair_rows: Mapping[str, Ints]
    ) -> None:
        self.frame = frame
        self._columns = columns
        self._index = index
        self._pair_rows = pair_rows
        self._taken: dict[str, NDArray[np.generic]] = {}
        self._selected: dict[tuple[tuple[str, ...], tuple[str, ...]], History] = {}

    # ---- selecting -----------------------------------------------------------------------------------------

    def column(self, name: str) -> NDArray[np.generic]:
        """One value per event of the view, in (customer, time) order."""
        if self._index is None:
            return self._columns[name]
        if name not in self._taken:
            self._taken[name] = self._columns[name][self._index]
        return self._taken[name]

    def floats(self, name: str) -> Floats:
        """Give a column as float64."""
        return self.column(name).astype(np.float64, copy=False)

    @cached_property
    def row(self) -> Ints:
        """Customer row of each event."""
        return self.column("row").astype(np.int64, copy=False)

    def only(self, kinds: Sequence[str] = (), channels: Sequence[str] = ()) -> History:
        """Keep events of these kinds and channels (none named: all); the customers stay the same."""
        key = (tuple(kinds), tuple(channels))
        if key not in self._selected:
            keep = np.ones(len(self.row), dtype=np.bool_)
            if kinds:
                keep &= _one_of(self.column("kind"), [KIND_CODE[kind] for kind in kinds])
            if channels:
                keep &= _one_of(self.column("channel"), [CHANNEL_CODE[channel] for channel in channels])
            self._selected[key] = self.where(keep)
        return self._selected[key]

    def where(self, keep: Mask) -> History:
        """Keep the events for which ``keep`` (one value per event) is true."""
        index = np.flatnonzero(keep) if self._index is None else self._index[keep]
        return History(self._columns, index, self.frame, self._pair_rows)

    @cached_property
    def orders(self) -> History:
        """One event per order: the purchase lines of one customer at one moment, summed."""
        return self.only(kinds=("purchase",)).moments

    @cached_property
    def moments(self) -> History:
        """One event per customer and moment, value and quantity summed, ``lines`` counted."""
        return self._collapse(self.column("occurred_us"))

    @cached_property
    def by_day(self) -> History:
        """One event per customer and day (UTC) with any event."""
        return self._collapse(self.column("day"))

    def _collapse(self, moment: NDArray[np.generic]) -> History:
        first = np.ones(len(self.row), dtype=np.bool_)
        first[1:] = (self.row[1:] != self.row[:-1]) | (moment[1:] != moment[:-1])
        group = np.cumsum(first) - 1
        size = int(group[-1]) + 1 if len(group) else 0
        columns: dict[str, NDArray[np.generic]] = {
            "row": self.row[first], "occurred_us": self.column("occurred_us")[first],
            "day": self.column("day")[first], "lines": np.bincount(group, minlength=size).astype(np.float64),
        }  # fmt: skip
        for name in ("value", "quantity"):
            columns[name] = np.bincount(group, weights=self.floats(name), minlength=size)
        return History(columns, None, self.frame, {})

    # ---- nested windows ------------------------------------------------------------------------------------

    @cached_property
    def ring(self) -> Ints:
        """For each event the index of the smallest window that holds it; beyond the longest: their number."""
        age = self.frame.cutoff_day - 1 - self.column("day").astype(np.int64, copy=False)
        return self.frame.ring_of_age[age]

    @cached_property
    def _cell(self) -> Ints:
        return self.ring * self.frame.customers + self.row

    def _nested(self, weights: Floats | None, cells: Ints | None = None) -> Floats:
        rings = len(self.frame.windows_days) + 1
        cell = self._cell if cells is None else cells
        # Every event is counted once, in its ring; adding the rings up gives all nested windows.
        flat = np.bincount(cell, weights=weights, minlength=rings * self.frame.customers).astype(np.float64)
        return flat.reshape(rings, self.frame.customers).cumsum(axis=0)[:-1]

    def count(self) -> Floats:
        """Count events per window and customer, shape (windows, customers)."""
        return self._nested(None)

    def sum(self, name: str) -> Floats:
        """Sum a column per window and customer, shape (windows, customers)."""
        return self._nested(self.floats(name))

    def largest(self, name: str) -> Floats:
        """Largest value of a column per window and customer, at least 0; shape (windows, customers)."""
        rings = len(self.frame.windows_days) + 1
        flat = np.zeros(rings * self.frame.customers)
        np.maximum.at(flat, self._cell, self.floats(name))
        nested: Floats = np.maximum.accumulate(flat.reshape(rings, self.frame.customers), axis=0)
        return nested[:-1]

    def distinct(self, name: str) -> Floats:
        """Distinct values of ``category`` or ``session`` per window: those whose LAST event lies in it."""
        return self._seen(name, slice(None))

    def first_seen(self, name: str) -> Floats:
        """Values of ``category`` or ``session`` per window whose FIRST event in the look-back lies in it."""
        return self._seen(name, slice(None, None, -1))

    def _seen(self, name: str, order: slice) -> Floats:
        rows = self._pair_rows[name]
        rings = len(self.frame.windows_days) + 1
        codes = self.column(name)[order].astype(np.int64, copy=False)
        known = codes >= 0
        seen = np.full(len(rows), rings, dtype=np.int64)
        seen[codes[known]] = self.ring[order][known]  # sorted by time: the last write wins
        pairs = np.flatnonzero(seen < rings)
        return self._nested(None, seen[pairs] * self.frame.customers + rows[pairs])

    # ---- the whole look-back -------------------------------------------------------------------------------

    def total(self, values: str | Floats | None = None) -> Floats:
        """Count events per customer, or sum a column (or one value per event), over the whole look-back."""
        weights = self.floats(values) if isinstance(values, str) else values
        return self.per_row(self.row, weights)

    def per_row(self, row: Ints, weights: Floats | None = None) -> Floats:
        """Count, or sum weights, per customer row: for things other than the events of the view."""
        flat = np.bincount(row, weights=weights, minlength=self.frame.customers)
        return flat.astype(np.float64, copy=False)

    def top(self, values: str | Floats) -> Floats:
        """Largest value per customer over the whole look-back, at least 0."""
        flat = np.zeros(self.frame.customers)
        np.maximum.at(flat, self.row, self.floats(values) if isinstance(values, str) else values)
        return flat

    def pair_counts(self, name: str) -> tuple[Ints, Floats]:
        """Events per (customer, ``category`` or ``session``): customer row and count of each pair."""
        rows = self._pair_rows[name]
        codes = self.column(name).astype(np.int64, copy=False)
        counts = np.bincount(codes[codes >= 0], minlength=len(rows))
        pairs = np.flatnonzero(counts)
        return rows[pairs], counts[pairs].astype(np.float64)

    # ---- places in the row of events -----------------------------------------------------------------------

    @cached_property
    def ends(self) -> Ints:
        """For each customer the position after their last event."""
        return np.cumsum(np.bincount(self.row, minlength=self.frame.customers))

    @cached_property
    def starts(self) -> Ints:
        """For each customer the position of their first event."""
        return np.concatenate([np.zeros(1, dtype=np.int64), self.ends[:-1]])

    @cached_property
    def age_days(self) -> Floats:
        """Age of each event at the cutoff, in days (fractions kept)."""
        return (self.frame.cutoff_us - self.column("occurred_us").astype(np.int64, copy=False)) / DAY_US

    def nth_last(self, values: str | Floats, n: int, default: float | Floats) -> Floats:
        """Give the value at each customer's n-th last event (1 = last); ``default`` if there are fewer."""
        array = self.floats(values) if isinstance(values, str) else values
        return _at(array, self.ends - n, self.ends - n >= self.starts, default)

    def last_days(self, n: int = 1) -> Floats:
        """Days since the n-th last event; the look-back if there is none."""
        return self.nth_last(self.age_days, n, float(self.frame.lookback_days))

    def first_days(self) -> Floats:
        """Days since the first event in the look-back; 0 if there is none."""
        return _at(self.age_days, self.starts, self.starts < self.ends, 0.0)

    @cached_property
    def gap(self) -> Floats:
        """Whole days between each event and the one before it of the same customer; -1 for the first."""
        day = self.floats("day")
        gap = np.full(len(day), -1.0)
        same = self.row[1:] == self.row[:-1]
        gap[1:][same] = day[1:][same] - day[:-1][same]
        return gap

    def spread(self, per_customer: Floats) -> Floats:
        """Give every event the value of its customer."""
        return per_customer[self.row]


def ratio(above: Floats, below: Floats, default: float = 0.0) -> Floats:
    """Divide, with a default where the denominator is not positive.

    Examples
    --------
    >>> ratio(np.array([1.0, 2.0]), np.array([4.0, 0.0]), default=-1.0).tolist()
    [0.25, -1.0]
    """
    positive = below > 0
    return np.where(positive, above / np.where(positive, below, 1.0), default)


def _at(values: Floats, place: Ints, exists: Mask, default: float | Floats) -> Floats:
    out = np.broadcast_to(np.asarray(default, dtype=np.float64), place.shape).copy()
    out[exists] = values[place[exists]]
    return out


def _one_of(codes: NDArray[np.generic], wanted: Sequence[int]) -> Mask:
    table = np.zeros(256, dtype=np.bool_)
    table[list(wanted)] = True
    # -1 (no channel) becomes 255, which is never wanted.
    kept: Mask = table[codes.astype(np.uint8)]
    return kept
