"""First come, first served, without a loop over customers."""

from __future__ import annotations

import numpy as np

from models.policies.rule import BoolArray, IntArray


def first_fit(wanted: IntArray, left: IntArray) -> BoolArray:
    """Serve customers in their order; who does not fit is passed over.

    Parameters
    ----------
    wanted : int64 array (customers, resources)
        What each takes, not below 0. Few different rows: every pass ends the chances of one of them.
    left : int64 array (resources,)
        What there is.

    Returns
    -------
    bool array, one per customer

    Examples
    --------
    >>> first_fit(np.array([[3], [4], [3], [1]]), np.array([7])).tolist()
    [True, True, False, False]
    >>> first_fit(np.array([[3], [5], [3], [1]]), np.array([7])).tolist()
    [True, False, True, True]
    """
    served = np.zeros(len(wanted), dtype=np.bool_)
    rows, left = np.arange(len(wanted)), left.copy()
    while len(rows := rows[(wanted[rows] <= left).all(axis=1)]):
        fits = (np.cumsum(wanted[rows], axis=0) <= left).all(axis=1)
        # Nothing is below 0, so the sums rise and those that fit are a head of the line.
        head = int(fits.sum())
        served[rows[:head]] = True
        left -= wanted[rows[:head]].sum(axis=0)
        rows = rows[head:]
    return served
