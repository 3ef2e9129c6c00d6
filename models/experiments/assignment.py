"""Who gets what: drawn per stratum, so that every arm has its share of each, with an exact propensity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.actions.keyed_draws import keyed_uniform

IntArray = NDArray[np.int64]


def assign(customers: IntArray, strata: IntArray, shares: Sequence[float], *key: object) -> IntArray:
    """Draw an arm per customer: random within a stratum, and counts per stratum within one of their share.

    Customers of a stratum are put in the order of their draw and cut at the shares, from a random start
    (systematic sampling): the chance of an arm is its share, for every customer, however small the stratum.

    Parameters
    ----------
    customers : array of int64
        A number per customer, each once.
    strata : array of int64
        A number per stratum that depends on its content only, one per customer.
    shares : sequence of float
        One per arm; they add up to 1.
    *key : object
        Name of the experiment, and what is drawn.

    Returns
    -------
    array of int64
        Position of the arm. The same customers in another order get the same arms.

    Examples
    --------
    >>> arms = assign(np.arange(10), np.zeros(10, np.int64), (0.5, 0.5), "spring", "arm")
    >>> np.bincount(arms).tolist()
    [5, 5]
    """
    draw = keyed_uniform(customers, "experiment", *key)
    order = np.lexsort((customers, draw, strata))
    _, first, size = np.unique(strata[order], return_index=True, return_counts=True)
    within = np.arange(len(order)) - np.repeat(first, size)
    start = keyed_uniform(strata[order], "experiment start", *key)
    point = (within + start) / np.repeat(size, size)
    arm = np.searchsorted(np.cumsum(shares)[:-1], point, side="right")
    drawn = np.empty(len(order), np.int64)
    drawn[order] = arm
    return drawn
