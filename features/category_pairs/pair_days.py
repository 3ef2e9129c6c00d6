"""The days on which each customer bought each category: what all own measures of a pair are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from features.history import Floats, History, Ints

#: Days per pair in the combined key; longer than any look-back.
_SPAN = 1 << 17


@dataclass(frozen=True)
class PairDays:
    """One entry per customer, category and day with at least one line, in that order.

    Attributes
    ----------
    pair : array of int64
        Customer row times the number of categories, plus the place of the category.
    age : array of int64
        Whole days between the day and the cutoff (0: the day before it), falling within a pair.
    customers, categories : int
        The shape of every result.
    lookback_days : int
        What a day that never was is said to lie back.
    """

    pair: Ints
    age: Ints
    customers: int
    categories: int
    lookback_days: int

    @classmethod
    def of(cls, bought: History, categories: Sequence[str]) -> PairDays:
        """Collect the days from order lines.

        Parameters
        ----------
        bought : History
            Order lines known at the cutoff.
        categories : sequence of str
            Lines of other categories, and of none, are left out.

        Examples
        --------
        >>> from features.contract import DAY_US
        >>> from features.history import Frame
        >>> columns = {"row": np.array([0, 0, 0]), "day": np.array([5, 5, 8]), "category_word": np.array([0, 1, 0])}
        >>> words = {"category": np.array(["beef", "milk"], dtype=object)}
        >>> history = History(columns, None, Frame(2, 10 * DAY_US, (), 30), {}, words)
        >>> days = PairDays.of(history, ["milk", "beef"])
        >>> days.last().tolist()
        [[5.0, 2.0], [30.0, 30.0]]
        >>> days.within([3])[0].tolist()
        [[0.0, 1.0], [0.0, 0.0]]
        """
        code = bought.by_category(categories).code
        known = np.flatnonzero(code >= 0)
        pair = bought.row[known] * len(categories) + code[known]
        age = bought.frame.cutoff_day - 1 - bought.column("day").astype(np.int64, copy=False)[known]
        key = np.unique(pair * _SPAN + (_SPAN - 1 - age))
        return cls(
            key // _SPAN, _SPAN - 1 - key % _SPAN, bought.frame.customers, len(categories),
            bought.frame.lookback_days,
        )  # fmt: skip

    @cached_property
    def ends(self) -> Ints:
        """For each pair the place after its last day."""
        return np.cumsum(np.bincount(self.pair, minlength=self.customers * self.categories))

    @cached_property
    def starts(self) -> Ints:
        """For each pair the place of its first day."""
        return np.append(0, self.ends[:-1]) if len(self.ends) else self.ends

    def within(self, windows_days: Sequence[int]) -> list[Floats]:
        """Count the days of each pair in windows back from the cutoff; an array (customers, categories) each."""
        return [self._added(self.age < days) for days in windows_days]

    def total(self) -> Floats:
        """Count the days of each pair in the whole look-back."""
        return self._shaped((self.ends - self.starts).astype(np.float64))

    def weighed(self, by_age: Floats) -> Floats:
        """Add up a weight per day of age; ``by_age`` holds one for every age of the look-back."""
        cells = self.customers * self.categories
        return self._shaped(np.bincount(self.pair, by_age[self.age], cells).astype(np.float64, copy=False))

    def last(self, n: int = 1) -> Floats:
        """Whole days since the n-th last day; the look-back where there are fewer."""
        out = np.full(self.customers * self.categories, float(self.lookback_days))
        exists = np.flatnonzero(self.ends - n >= self.starts)
        out[exists] = self.age[self.ends[exists] - n] + 1.0
        return self._shaped(out)

    def first(self) -> Floats:
        """Whole days since the first day; 0 where there is none."""
        out = np.zeros(self.customers * self.categories)
        exists = np.flatnonzero(self.ends > self.starts)
        out[exists] = self.age[self.starts[exists]] + 1.0
        return self._shaped(out)

    def _added(self, keep: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
        flat = np.bincount(self.pair[keep], minlength=self.customers * self.categories)
        return self._shaped(flat.astype(np.float64))

    def _shaped(self, flat: Floats) -> Floats:
        return flat.reshape(self.customers, self.categories)
