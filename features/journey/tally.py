"""Sums over customers that come out the same for any order of adding: whole numbers only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from features.history import Floats, Ints

#: Numbers are added as whole multiples of 1 / SCALE, so four decimals of money, seconds or sentiment count.
SCALE = 10_000
_LIMB = float(1 << 32)
_LARGEST = float(1 << 80)
#: The statistics of a ratio, in the order of the second last axis of ``Tally.ratios``.
STATISTICS = ("customers", "above", "below", "above_above", "above_below", "below_below")


def exact(values: Floats) -> Ints:
    """Add up the last axis exactly: two whole numbers (high and low part), see ``number``.

    Parameters
    ----------
    values : array of float, shape (..., customers)
        Each is rounded to a multiple of ``1 / SCALE`` before it is added.

    Returns
    -------
    array of int64, shape (..., 2)
        Adding such arrays, in any order, gives the same as adding all values at once.

    Examples
    --------
    >>> parts = exact(np.array([0.1] * 7)) + exact(np.array([0.1] * 3))
    >>> bool((parts == exact(np.array([0.1] * 10))).all()), float(number(parts))
    (True, 1.0)
    """
    whole = np.clip(np.rint(values * SCALE), -_LARGEST, _LARGEST)
    high = np.floor(whole / _LIMB)
    low = whole - high * _LIMB
    return np.stack([high.astype(np.int64).sum(axis=-1), low.astype(np.int64).sum(axis=-1)], axis=-1)


def number(parts: Ints) -> Floats:
    """Turn what ``exact`` gave, shape (..., 2), into plain numbers, shape (...)."""
    found: Floats = (parts[..., 0].astype(np.float64) * _LIMB + parts[..., 1].astype(np.float64)) / SCALE
    return found


def ratio_sums(above: Floats, below: Floats) -> Ints:
    """Give what the ratio of two sums over customers and its cluster-robust error ask for.

    Parameters
    ----------
    above, below : array of float, shape (scopes, customers)
        Numerator and denominator of each customer.

    Returns
    -------
    array of int64, shape (scopes, len(STATISTICS), 2)
        Customers with a denominator, the two sums, and their sums of squares and products.

    Examples
    --------
    >>> number(ratio_sums(np.array([[1.0, 0.0]]), np.array([[2.0, 3.0]])))[0].tolist()
    [2.0, 1.0, 5.0, 1.0, 2.0, 13.0]
    """
    wanted = ((below > 0).astype(np.float64), above, below, above * above, above * below, below * below)
    return np.stack([exact(np.broadcast_to(one, below.shape)) for one in wanted], axis=-2)


@dataclass
class Tally:
    """Everything the kernel found in a batch; tallies of disjoint batches add up.

    Attributes
    ----------
    counts : dict of str to array of int64
        Plain counts, axes as said where they are made.
    sums : dict of str to array of int64, shape (scopes, 2)
        Sum of a measure per scope (``exact``).
    ratios : dict of str to array of int64, shape (scopes, statistics, 2)
        ``ratio_sums`` of a pair of measures.
    categories : dict of str to array of int64
        Per product category.
    """

    counts: dict[str, Ints] = field(default_factory=dict)
    sums: dict[str, Ints] = field(default_factory=dict)
    ratios: dict[str, Ints] = field(default_factory=dict)
    categories: dict[str, Ints] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Add a tally of other customers."""
        for mine, theirs in (
            (self.counts, other.counts), (self.sums, other.sums), (self.ratios, other.ratios),
            (self.categories, other.categories),
        ):  # fmt: skip
            for name, values in theirs.items():
                mine[name] = mine[name] + values if name in mine else values

    def sum(self, measure: str) -> Floats:
        """Sum of a measure per scope."""
        return number(self.sums[measure])

    def ratio(self, above: str, below: str) -> Mapping[str, NDArray[np.float64]]:
        """Give the statistics of a pair by name, one value per scope."""
        found = number(self.ratios[f"{above}/{below}"])
        return {name: found[..., place] for place, name in enumerate(STATISTICS)}
