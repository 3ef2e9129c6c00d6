"""The segments of one kind at once: what is in each, whether it is large enough, its effect and difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: A cell of fewer decisions, or with fewer successes (or failures) in one of its arms, is not tested.
MIN_ROWS, MIN_EVENTS = 100, 10
#: Nor is one of fewer customers: the spread between customers is what its interval is made of.
MIN_CUSTOMERS = 30


@dataclass(frozen=True)
class Cells:
    """Decisions by segment and by customer; a customer may be in several segments over time.

    Attributes
    ----------
    segment : int array, one per decision
    pair : int array, one per decision
        Place of its pair of customer and segment.
    pair_segment, pair_customer, pair_n : int array, one per pair
        ``pair_n``: decisions of the pair.
    n, customers : int array, one per segment
        Decisions, and distinct customers.
    n_customer : int array, one per customer
        Decisions of the customer.
    """

    segment: IntArray
    pair: IntArray
    pair_segment: IntArray
    pair_customer: IntArray
    pair_n: IntArray
    n: IntArray
    customers: IntArray
    n_customer: IntArray

    @property
    def customers_elsewhere(self) -> IntArray:
        """Distinct customers with a decision outside the segment."""
        within = self.pair_n == self.n_customer[self.pair_customer]
        only = np.bincount(self.pair_segment[within], minlength=len(self.n))
        return np.asarray(len(self.n_customer) - only, dtype=np.int64)


def in_cells(customer: IntArray, segment: IntArray, segments: int) -> Cells:
    """Sort decisions into segments.

    Parameters
    ----------
    customer, segment : int array, one per decision
        Numbered from 0; every customer occurs.
    segments : int
        How many there are, whether or not they occur.
    """
    pairs, pair, size = np.unique(customer * segments + segment, return_inverse=True, return_counts=True)
    pair_customer, pair_segment = np.divmod(pairs, segments)
    return Cells(
        segment=segment,
        pair=pair,
        pair_segment=pair_segment,
        pair_customer=pair_customer,
        pair_n=size,
        n=np.bincount(segment, minlength=segments),
        customers=np.bincount(pair_segment, minlength=segments),
        n_customer=np.bincount(customer),
    )


def compared(cells: Cells, contrast: FloatArray, confidence: float) -> dict[str, FloatArray]:
    """Give the mean of every segment and its difference from the rest, clustered by customer.

    Parameters
    ----------
    cells : Cells
    contrast : array, one per decision
        Doubly robust score of an action minus that of none.
    confidence : float
        Of the intervals, two-sided; Student's t with the customers of the smaller side minus 1.

    Returns
    -------
    dict of str to array
        One per segment: ``effect``, ``low``, ``high``, ``p_value``, ``rest``, ``difference``,
        ``difference_low``, ``difference_high``, ``difference_p``; NaN where there are no decisions, or no rest.

    Examples
    --------
    >>> cells = in_cells(np.array([0, 0, 1, 2]), np.array([0, 1, 0, 1]), 2)
    >>> found = compared(cells, np.array([1.0, 5.0, 3.0, 7.0]), 0.95)
    >>> found["effect"].tolist(), found["difference"].tolist()
    ([2.0, 6.0], [-4.0, 4.0])
    """
    # Centred first: differences of large sums would lose digits.
    centre = float(contrast.mean())
    centred = contrast - centre
    n, all_n = cells.n, len(contrast)
    total = np.bincount(cells.segment, centred, len(n))
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = np.asarray(total / n, dtype=np.float64)
        rest = np.asarray((centred.sum() - total) / (all_n - n), dtype=np.float64)
        own = np.bincount(cells.pair, centred).astype(np.float64)
        pull = np.asarray(
            (own - inside[cells.pair_segment] * cells.pair_n) / n[cells.pair_segment], dtype=np.float64
        )
        spread = np.bincount(cells.pair_segment, pull**2, len(n)).astype(np.float64)
        apart = _spread_apart(cells, centred, own, pull, rest)
        effect, difference = inside + centre, inside - rest
        found = _interval(effect, spread, cells.customers, confidence)
        smaller = np.minimum(cells.customers, cells.customers_elsewhere)
        against = _interval(difference, apart, smaller, confidence)
    names = ("difference_low", "difference_high", "difference_p")
    return {
        "effect": effect,
        **dict(zip(("low", "high", "p_value"), found, strict=True)),
        "rest": rest + centre,
        "difference": difference,
        **dict(zip(names, against, strict=True)),
    }


def _spread_apart(
    cells: Cells, centred: FloatArray, own: FloatArray, pull: FloatArray, rest: FloatArray
) -> FloatArray:
    """Sum per segment the squares of what every customer adds to the difference from the rest.

    Most customers are never in a segment: their squares are summed for all at once, and put right for those that
    are.
    """
    outside = len(centred) - cells.n
    count = cells.n_customer.astype(np.float64)
    whole = np.bincount(cells.pair_customer, own)
    never = (whole**2).sum() - 2 * rest * (whole * count).sum() + rest**2 * (count**2).sum()
    segment, customer = cells.pair_segment, cells.pair_customer
    as_if = whole[customer] - rest[segment] * count[customer]
    really = as_if - own + rest[segment] * cells.pair_n
    put_right = (pull - really / outside[segment]) ** 2 - (as_if / outside[segment]) ** 2
    added = np.bincount(segment, put_right, len(cells.n))
    return np.asarray(np.maximum(never / outside.astype(np.float64) ** 2 + added, 0.0))


def _interval(
    value: FloatArray, spread: FloatArray, clusters: IntArray, confidence: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    from scipy.special import stdtr, stdtrit

    free = np.maximum(clusters - 1, 1).astype(np.float64)
    se = np.sqrt(clusters / free * spread)
    half = stdtrit(free, 0.5 + confidence / 2) * se
    z = np.where(se > 0, np.abs(value) / se, np.where(value == 0, 0.0, np.inf))
    return value - half, value + half, np.where(np.isnan(value), np.nan, 2 * stdtr(free, -z))


def too_small(counts: Mapping[str, int]) -> str:
    """Say why a cell is not tested; empty when it is.

    Examples
    --------
    >>> too_small({"n": 240, "customers": 90, "n_action": 100, "events_action": 60, "n_none": 140,
    ...     "events_none": 4})
    'too small: 4 successes without the action < 10'
    """
    if counts["n"] < MIN_ROWS:
        return f"too small: {counts['n']} decisions < {MIN_ROWS}"
    if counts["customers"] < MIN_CUSTOMERS:
        return f"too small: {counts['customers']} customers < {MIN_CUSTOMERS}"
    for arm, with_it in (("action", "with"), ("none", "without")):
        events = counts[f"events_{arm}"]
        for count, name in ((events, "successes"), (counts[f"n_{arm}"] - events, "failures")):
            if count < MIN_EVENTS:
                return f"too small: {count} {name} {with_it} the action < {MIN_EVENTS}"
    return ""
