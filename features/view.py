"""View: the events of a batch at one cutoff, and how to choose and group them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from features.contract import CHANNELS, DAY_US, KINDS
from features.groups import Groups
from features.lazy import Lazy

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


class View:
    """Chosen events of a batch, sorted by customer and time; `features.history.History` says what of.

    Parameters
    ----------
    columns, index, frame, pair_rows, words
        See `features.history.History`.
    """

    def __init__(
        self, columns: Columns, index: Ints | None, frame: Frame, pair_rows: Mapping[str, Ints],
        words: Mapping[str, NDArray[np.str_]] | None = None,
    ) -> None:  # fmt: skip
        self.frame = frame
        #: What several families work out of the same view, kept by name.
        self.memo: dict[str, object] = {}
        self._columns = columns
        self._index = index
        self._pair_rows = pair_rows
        #: The words behind codes: ``category`` for ``category_word``.
        self.words = words or {}
        self._taken: dict[str, NDArray[np.generic]] = {}
        self._selected: dict[tuple[tuple[str, ...], tuple[str, ...]], Self] = {}
        self._grouped: dict[tuple[str, ...], Groups] = {}
        self._counts: dict[Groups | None, Floats] = {}

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

    def only(self, kinds: Sequence[str] = (), channels: Sequence[str] = ()) -> Self:
        """Keep events of these kinds and channels (none named: all); the customers stay the same."""
        key = (tuple(kinds), tuple(channels))
        if key not in self._selected:
            size = len(self._columns["row"] if self._index is None else self._index)
            keep = np.ones(size, dtype=np.bool_)
            if kinds:
                keep &= _among(self.column("kind"), [KIND_CODE[kind] for kind in kinds])
            if channels:
                keep &= _among(self.column("channel"), [CHANNEL_CODE[channel] for channel in channels])
            self._selected[key] = self.where(keep)
        return self._selected[key]

    def where(self, keep: Mask) -> Self:
        """Keep the events for which ``keep`` (one value per event) is true."""
        index = np.flatnonzero(keep) if self._index is None else self._index[keep]
        return type(self)(self._columns, index, self.frame, self._pair_rows, self.words)

    @cached_property
    def orders(self) -> Self:
        """One event per order: the purchase lines of one customer at one moment, summed."""
        return self.only(kinds=("purchase",)).moments

    @cached_property
    def moments(self) -> Self:
        """One event per customer and moment, value and quantity summed, ``lines`` counted."""
        return self._collapse(self.column("occurred_us"))

    @cached_property
    def by_day(self) -> Self:
        """One event per customer and day (UTC) with any event."""
        return self._collapse(self.column("day"))

    def _collapse(self, moment: NDArray[np.generic]) -> Self:
        first = np.ones(len(self.row), dtype=np.bool_)
        first[1:] = (self.row[1:] != self.row[:-1]) | (moment[1:] != moment[:-1])
        group = cache(lambda: np.cumsum(first) - 1)
        size = int(np.count_nonzero(first))
        # Not through `self`: a view that its own collapse refers to is a cycle, and lives on for long.
        base, index = self._columns, self._index
        firsts = cache(lambda: np.flatnonzero(first) if index is None else index[first])

        def taken(name: str) -> NDArray[np.generic]:
            return base[name] if index is None else base[name][index]

        columns: dict[str, Callable[[], NDArray[np.generic]]] = {
            "row": lambda: base["row"][firsts()],
            "occurred_us": lambda: base["occurred_us"][firsts()],
            "day": lambda: base["day"][firsts()],
            "lines": lambda: np.bincount(group(), minlength=size).astype(np.float64),
            "value": lambda: np.bincount(group(), taken("value"), size),
            "quantity": lambda: np.bincount(group(), taken("quantity"), size),
        }
        return type(self)(Lazy(columns), None, self.frame, {})

    # ---- grouping ------------------------------------------------------------------------------------------

    def by_kind(self, kinds: Sequence[str]) -> Groups:
        """Group events by kind; other kinds belong to no group."""
        key = ("kind", *kinds)
        if key not in self._grouped:
            wanted = [KIND_CODE[kind] for kind in kinds]
            self._grouped[key] = Groups.of_words(self.column("kind"), wanted, len(KINDS))
        return self._grouped[key]

    def by_channel(self, channels: Sequence[str]) -> Groups:
        """Group events by channel; other channels, and none, belong to no group."""
        key = ("channel", *channels)
        if key not in self._grouped:
            wanted = [CHANNEL_CODE[channel] for channel in channels]
            self._grouped[key] = Groups.of_words(self.column("channel"), wanted, len(CHANNELS))
        return self._grouped[key]

    def by_category(self, categories: Sequence[str]) -> Groups:
        """Group events by category; other categories, and none, belong to no group."""
        known = {str(word): code for code, word in enumerate(self.words["category"])}
        table = np.full(len(known) + 1, -1, dtype=np.int64)
        for place, category in enumerate(categories):
            if category in known:
                table[known[category]] = place
        return Groups(table[self.column("category_word")], len(categories))


def _among(codes: NDArray[np.generic], wanted: Sequence[int]) -> Mask:
    """Tell which codes are among a few wanted ones: comparing small numbers costs less than looking them up."""
    found: Mask = codes == wanted[0]
    for code in wanted[1:]:
        found |= codes == code
    return found
