"""What everybody does, counted at a cutoff in whole numbers that add up over batches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from features.category_pairs.pair_days import PairDays
from features.category_pairs.taste import taste
from features.history import Floats, Ints

#: Who counts: buyers of the last so many days.
BUYERS_DAYS = 112
#: Windows (days) in which buyers of a category are counted.
POPULAR_DAYS = (14, 28, 112)
#: Adopted: bought in the last so many days, and not in ``BUYERS_DAYS`` before them.
ADOPTED_DAYS = 28
#: What was bought in the last so many days is what the tastes before them foresee.
NEXT_DAYS = 28


@dataclass(frozen=True)
class CrowdCounts:
    """Whole numbers that add up over batches.

    Attributes
    ----------
    buyers : int
        Customers with an order in ``BUYERS_DAYS``.
    popular : int64 array, shape (len(POPULAR_DAYS), categories)
        Buyers of each category per window.
    adopted, free : int64 array, shape (categories,)
        Customers who adopted a category, and those who could have.
    days : int64 array, shape (categories,)
        Order days with the category, of all customers together, in the look-back.
    order_days : int
        Order days of all customers together, in the look-back.
    together : int64 array, shape (context, context)
        Customers who bought both in the look-back; the diagonal: who bought it at all. The context begins with the
        categories.
    tastes : int64 array, shape (context, context)
        Products of the tastes now, summed over customers.
    before : int64 array, shape (context + 1, context + 1)
        The same of the tastes ``NEXT_DAYS`` ago; the last is 1 for everybody.
    then : int64 array, shape (context + 1, categories)
        Tastes ``NEXT_DAYS`` ago, summed over who bought each category since.
    """

    buyers: int
    popular: Ints
    adopted: Ints
    free: Ints
    days: Ints
    order_days: int
    together: Ints
    tastes: Ints
    before: Ints
    then: Ints

    def __add__(self, other: CrowdCounts) -> CrowdCounts:
        return CrowdCounts(
            *(one + more for one, more in zip(vars(self).values(), vars(other).values(), strict=True))
        )


def count_crowd(
    days: PairDays, order_days: Floats, recent_order_days: Floats, categories: int
) -> CrowdCounts:
    """Count one batch.

    Parameters
    ----------
    days : PairDays
        Of all customers with an order in the look-back, over the context.
    order_days, recent_order_days : float array, shape (customers,)
        Order days of each in the look-back and in ``BUYERS_DAYS``.
    categories : int
        How many of the context are categories.
    """
    buyer = recent_order_days > 0
    popular = np.stack([(one[buyer, :categories] > 0).sum(axis=0) for one in days.within(POPULAR_DAYS)])
    recent, with_before = (
        one[:, :categories] for one in days.within((ADOPTED_DAYS, ADOPTED_DAYS + BUYERS_DAYS))
    )
    free = buyer[:, None] & (with_before == recent)
    total = days.total()
    # Products of small whole numbers are whole numbers, whichever order BLAS adds them up in.
    ever, now = (total > 0).astype(np.float64), taste(total).astype(np.float64)
    (lately,) = days.within((NEXT_DAYS,))
    before = np.hstack([taste(total - lately), np.ones((len(total), 1))])[order_days > 0]
    bought = (lately[order_days > 0, :categories] > 0).astype(np.float64)
    return CrowdCounts(
        int(buyer.sum()), popular.astype(np.int64), (free & (recent > 0)).sum(axis=0).astype(np.int64),
        free.sum(axis=0).astype(np.int64), total[:, :categories].astype(np.int64).sum(axis=0),
        int(order_days.sum()), _whole(ever.T @ ever), _whole(now.T @ now), _whole(before.T @ before),
        _whole(before.T @ bought),
    )  # fmt: skip


def _whole(sums: Floats) -> Ints:
    return np.rint(sums).astype(np.int64)


def added(counts: Iterable[CrowdCounts]) -> CrowdCounts:
    """Add up the counts of all batches."""
    return reduce(add, counts)
