"""History: one batch of whole customers at one moment, with small vectorised verbs.

Rows of every result are the customers of the batch, in ``customer_id`` order; windows are nested and counted
back from the cutoff. A verb with ``by`` answers for each of several groups of events at once, and then has the
groups as its first axis. Only sums in event order, ``+ - * /``, square roots and look-up tables are used, so that
neither the order of the input nor the way customers are split over batches changes a bit.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from features.contract import DAY_US
from features.groups import Groups
from features.view import CHANNEL_CODE, KIND_CODE, Columns, Floats, Frame, Ints, Mask, View

__all__ = [
    "CHANNEL_CODE", "KIND_CODE", "Columns", "Floats", "Frame", "Groups", "History", "Ints", "Mask", "ratio",
]  # fmt: skip


class History(View):
    """Events of a batch as a view at one cutoff, sorted by customer and time.

    Parameters
    ----------
    columns : mapping of str to array
        One value per event: ``row`` (index of the customer), ``occurred_us``, ``day``, ``kind``, ``channel``,
        ``category``, ``session`` (codes of (customer, value) pairs), ``value`` (money), ``quantity``,
        ``lines``, and what a family reads besides (``features.events``).
    index : array of int64 or None
        Which events belong to the view, in order; None is all.
    frame : Frame
        Customers, cutoff, windows and look-back.
    pair_rows : mapping of str to array
        For ``category`` and ``session``: the customer row of each pair code.
    words : mapping of str to array of str
        For ``category``: the word behind each value of ``category_word``, rising.

    Examples
    --------
    >>> from features.contract import DAY_US
    >>> columns = {"row": np.array([0, 0, 2]), "occurred_us": np.array([5, 9, 8]) * DAY_US,
    ...            "day": np.array([5, 9, 8]), "value": np.array([3.0, 4.0, 5.0]),
    ...            "kind": np.array([KIND_CODE[kind] for kind in ("search", "chat", "chat")])}
    >>> history = History(columns, None, Frame(3, 10 * DAY_US, (2, 7), 30), {})
    >>> history.count().tolist()
    [[1.0, 0.0, 1.0], [2.0, 0.0, 1.0]]
    >>> history.count(by=history.by_kind(["chat", "search"])).tolist()
    [[[1.0, 0.0, 1.0], [1.0, 0.0, 1.0]], [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]]
    >>> history.total("value").tolist()
    [7.0, 0.0, 5.0]
    >>> history.last_days().tolist()
    [1.0, 30.0, 2.0]
    """

    # ---- nested windows ------------------------------------------------------------------------------------

    @cached_property
    def ring(self) -> Ints:
        """For each event the index of the smallest window that holds it; beyond the longest: their number."""
        return self.frame.ring_of_age.take(self._age)

    @property
    def _age(self) -> Ints:
        return self.frame.cutoff_day - 1 - self.column("day").astype(np.int64, copy=False)

    @property
    def _rings(self) -> int:
        return len(self.frame.windows_days) + 1

    @cached_property
    def _cell(self) -> Ints:
        cell = (self.frame.ring_of_age * self.frame.customers).take(self._age)
        cell += self.row
        return cell

    def _grouped_cell(self, by: Groups) -> Ints:
        cell = by.offsets(self._rings * self.frame.customers)
        cell += self._cell
        return cell

    def _nested(self, weights: Floats | None, by: Groups | None = None) -> Floats:
        cell = self._cell if by is None else self._grouped_cell(by)
        nested = self._windows(cell, weights, 1 if by is None else by.number + 1)
        windows: Floats = nested[0] if by is None else nested[1:]
        return windows

    def _windows(self, cell: Ints, weights: Floats | None, groups: int = 1) -> Floats:
        # Every event is counted once, in its ring; adding the rings up gives all nested windows.
        flat = np.bincount(cell, weights=weights, minlength=groups * self._rings * self.frame.customers)
        rings = flat.reshape(groups, self._rings, self.frame.customers)[:, :-1]
        for window in range(1, self._rings - 1):
            rings[:, window] += rings[:, window - 1]
        nested: Floats = rings.astype(np.float64, copy=False)
        return nested

    def count(self, by: Groups | None = None) -> Floats:
        """Count events per window and customer, shape ([groups,] windows, customers)."""
        if by not in self._counts:
            # Several families ask the same; nobody may write into what the next one gets.
            self._counts[by] = self._nested(None, by)
            self._counts[by].flags.writeable = False
        return self._counts[by]

    def sum(self, values: str | Floats, by: Groups | None = None) -> Floats:
        """Sum a column (or one value per event), shape ([groups,] windows, customers)."""
        return self._nested(self._values(values), by)

    def largest(self, values: str | Floats, by: Groups | None = None) -> Floats:
        """Largest value per window and customer, at least 0; shape ([groups,] windows, customers)."""
        groups = 1 if by is None else by.number + 1
        flat = np.zeros(groups * self._rings * self.frame.customers)
        np.maximum.at(flat, self._cell if by is None else self._grouped_cell(by), self._values(values))
        shape = (groups, self._rings, self.frame.customers)
        nested: Floats = np.maximum.accumulate(flat.reshape(shape)[:, :-1], axis=1)
        return nested[0] if by is None else nested[1:]

    def distinct(self, name: str) -> Floats:
        """Distinct values of ``category`` or ``session`` per window: those whose LAST event lies in it."""
        return self._seen(name, slice(None))

    def first_seen(self, name: str) -> Floats:
        """Values of ``category`` or ``session`` per window whose FIRST event in the look-back lies in it."""
        return self._seen(name, slice(None, None, -1))

    def _seen(self, name: str, order: slice) -> Floats:
        codes = self.column(name)[order].astype(np.int64, copy=False)
        # A pair that is never seen counts in the last ring, beyond all windows.
        # Sorted by time: the last write wins. One place more, for the code -1 of no value.
        beyond = (self._rings - 1) * self.frame.customers
        seen = np.full(len(self._pair_rows[name]) + 1, beyond, dtype=np.int64)
        seen[codes] = self._cell[order]
        nested: Floats = self._windows(seen[:-1], None)[0]
        return nested

    # ---- the whole look-back -------------------------------------------------------------------------------

    def total(self, values: str | Floats | None = None, by: Groups | None = None) -> Floats:
        """Count events per customer, or sum a column (or one value per event), over the whole look-back."""
        weights = None if values is None else self._values(values)
        if by is None:
            return self.per_row(self.row, weights)
        customers = self.frame.customers
        flat = np.bincount(by.offsets(customers) + self.row, weights, (by.number + 1) * customers)
        grouped: Floats = flat.reshape(by.number + 1, customers)[1:].astype(np.float64, copy=False)
        return grouped

    def per_row(self, row: Ints, weights: Floats | None = None) -> Floats:
        """Count, or sum weights, per customer row: for things other than the events of the view."""
        flat = np.bincount(row, weights=weights, minlength=self.frame.customers)
        return flat.astype(np.float64, copy=False)

    def top(self, values: str | Floats) -> Floats:
        """Largest value per customer over the whole look-back, at least 0."""
        flat = np.zeros(self.frame.customers)
        np.maximum.at(flat, self.row, self._values(values))
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
        return np.cumsum(self._number)

    @cached_property
    def starts(self) -> Ints:
        """For each customer the position of their first event."""
        return self.ends - self._number

    @cached_property
    def _number(self) -> Ints:
        return np.bincount(self.row, minlength=self.frame.customers)

    @cached_property
    def age_days(self) -> Floats:
        """Age of each event at the cutoff, in days (fractions kept)."""
        return (self.frame.cutoff_us - self.column("occurred_us").astype(np.int64, copy=False)) / DAY_US

    def nth_last(self, values: str | Floats, n: int, default: float | Floats) -> Floats:
        """Give the value at each customer's n-th last event (1 = last); ``default`` if there are fewer."""
        return _at(self._values(values), self.ends - n, self.ends - n >= self.starts, default)

    def last_days(self, n: int = 1) -> Floats:
        """Days since the n-th last event; the look-back if there is none."""
        return self.nth_last(self.age_days, n, float(self.frame.lookback_days))

    def last_days_by(self, by: Groups) -> Floats:
        """Days since the last event of each group; the look-back if there is none; (groups, customers)."""
        flat = np.full((by.number + 1) * self.frame.customers, float(self.frame.lookback_days))
        # Sorted by time: the last write wins.
        flat[by.offsets(self.frame.customers) + self.row] = self.age_days
        grouped: Floats = flat.reshape(by.number + 1, self.frame.customers)[1:]
        return grouped

    def first_days(self) -> Floats:
        """Days since the first event in the look-back; 0 if there is none."""
        return _at(self.age_days, self.starts, self.starts < self.ends, 0.0)

    @cached_property
    def gap(self) -> Floats:
        """Whole days between each event and the one before it of the same customer; -1 for the first."""
        return self.since_previous(self.floats("day"))

    def since_previous(self, values: Floats, first: float = -1.0) -> Floats:
        """Value of each event less that of the event before it of the same customer; ``first`` for the first."""
        step = np.empty(len(values))
        np.subtract(values[1:], values[:-1], out=step[1:])
        step[self.starts[self.starts < self.ends]] = first
        return step

    def spread(self, per_customer: Floats) -> Floats:
        """Give every event the value of its customer."""
        return per_customer[self.row]

    def _values(self, values: str | Floats) -> Floats:
        return self.floats(values) if isinstance(values, str) else values


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
