"""Timeline: the days of one sort of event per customer, countable up to any earlier day."""

from __future__ import annotations

import numpy as np

from features.history import History, Ints, Mask

#: Days per customer in the combined key; 2**20 days is 2,870 years.
_SPAN = 1 << 20
#: Before any event: half of these days lie before 1970.
EARLIEST = -(_SPAN >> 1)


class Timeline:
    """Counts per customer between any two days, by binary search in (customer, day).

    Parameters
    ----------
    history : History
        One event per thing to count, as known at its cutoff.

    Examples
    --------
    >>> from features.contract import DAY_US
    >>> from features.history import Frame
    >>> columns = {"row": np.array([0, 0, 2]), "day": np.array([5, 9, 8])}
    >>> timeline = Timeline(History(columns, None, Frame(3, 10 * DAY_US, (), 30), {}))
    >>> timeline.count(0, 10).tolist(), timeline.count(6, 9).tolist()
    ([2, 0, 1], [0, 0, 1])
    >>> timeline.last(9, default=-1).tolist()
    [5, -1, 8]
    """

    def __init__(self, history: History) -> None:
        self._day = history.column("day").astype(np.int64, copy=False)
        self._key: Ints = history.row * _SPAN + (self._day - EARLIEST)
        self._base = np.arange(history.frame.customers, dtype=np.int64) * _SPAN
        self._places: dict[int, Ints] = {}

    def before(self, day: int | Ints) -> Ints:
        """Position of each customer's first event on or after a day."""
        if isinstance(day, int) and day in self._places:
            return self._places[day]
        places: Ints = np.searchsorted(self._key, self._base + (day - EARLIEST)).astype(np.int64)
        if isinstance(day, int):
            self._places[day] = places
        return places

    def count(self, since: int | Ints, before: int | Ints) -> Ints:
        """Events per customer on days ``since <= day < before``."""
        between: Ints = np.maximum(self.before(before) - self.before(since), 0)
        return between

    def last(self, before: int, default: int) -> Ints:
        """Day of each customer's last event before a day."""
        return self._at(self.before(before) - 1, self.count(EARLIEST, before) > 0, default)

    def first(self, before: int, default: int) -> Ints:
        """Day of each customer's first event, if before a day."""
        return self._at(self.before(EARLIEST), self.count(EARLIEST, before) > 0, default)

    def _at(self, place: Ints, exists: Mask, default: int) -> Ints:
        out = np.full(len(self._base), default, dtype=np.int64)
        out[exists] = self._day[place[exists]]
        return out
