"""Below which lead a customer gets what everybody gets: the margin that the contender ``hybrid`` keeps.

An interval per customer would be the natural margin, but effects are shrunk and an interval around one is too narrow
(`models.actions.average_effects`: 42 % covered where 95 % was meant). The margin is therefore set by what is at
stake: the smallest leads over the best constant that together carry a twentieth of the gain that is hoped for.

Kept by the rule that goes live it was measured to do harm (simulator, 25 logs of 20,000 decisions, a linear rule): the
share of the attainable gain fell from 0.52 to 0.46, and the gain was no easier to prove (mean t 1.24, with the
margin 1.16). Leads that look small are larger in truth, because effects are shrunk. So only the hybrid keeps it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: Share of the expected gain that is left to the best constant.
AT_STAKE = 0.05


def learn_margin(net: FloatArray, eligible: BoolArray, constant: int, at_stake: float = AT_STAKE) -> float:
    """Largest margin that gives up at most ``at_stake`` of the gain the rule expects over the constant.

    Parameters
    ----------
    net : array (rows, arms)
        Money per decision the rule expects of every action.
    eligible : bool array (rows, arms)
    constant : int
        Position of the action for everybody; ``none`` (0) takes its place where it is not eligible.
    at_stake : float
        Share of the expected gain, between 0 and 1.

    Examples
    --------
    >>> net = np.array([[0.0, 0.1], [0.0, 5.0], [0.0, 5.0], [0.0, -1.0]])
    >>> learn_margin(net, np.ones((4, 2), bool), 0)
    0.1
    """
    _, lead = _leads(net, eligible, constant)
    rising = np.sort(lead[lead > 0])
    fit = int(np.searchsorted(rising.cumsum(), at_stake * rising.sum(), side="right"))
    # Equal leads are given up together or not at all.
    given_up = int(np.searchsorted(rising, rising[fit])) if fit < len(rising) else fit
    return float(rising[given_up - 1]) if given_up else 0.0


def with_margin(net: FloatArray, eligible: BoolArray, constant: int, margin: float) -> IntArray:
    """Position of the action with the highest net value where it leads the constant by more than the margin.

    Parameters
    ----------
    net, eligible, constant
        As in `learn_margin`.
    margin : float
        Money per decision.

    Returns
    -------
    array (rows,)
        Elsewhere the constant, or ``none`` (0) where that is not eligible.

    Examples
    --------
    >>> net = np.array([[0.0, 0.1], [0.0, 5.0], [0.0, -1.0]])
    >>> with_margin(net, np.ones((3, 2), bool), 0, 0.1).tolist()
    [0, 1, 0]
    """
    best, lead = _leads(net, eligible, constant)
    chosen: IntArray = np.where(lead > margin, best, np.where(eligible[:, constant], constant, 0))
    return chosen


def _leads(net: FloatArray, eligible: BoolArray, constant: int) -> tuple[IntArray, FloatArray]:
    """Best eligible action per row, and its net value minus that of the constant."""
    open_to = np.where(eligible, net, -np.inf)
    best = np.argmax(open_to, axis=1)
    row = np.arange(len(net))
    instead = np.where(eligible[:, constant], constant, 0)
    return best, open_to[row, best] - net[row, instead]
