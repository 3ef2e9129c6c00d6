"""How fast decisions come in, and how many whole weeks a number of them takes."""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import NDArray

#: The present pace is that of at most so many last weeks of the log: an older pace says little of what is to come.
LAST_WEEKS = 8
#: A log of fewer whole weeks has no pace: one campaign on one day is not a flow of decisions.
FEWEST_WEEKS = 2


def decisions_per_week(day: NDArray[np.float32]) -> float | None:
    """Decisions per week in the last whole weeks of a log; None where it is too short to have a pace.

    Parameters
    ----------
    day : array, one per decision
        Days since 1970.

    Examples
    --------
    >>> decisions_per_week(np.repeat(np.arange(70.0), 3)), decisions_per_week(np.zeros(64_000))
    (21.0, None)
    """
    if not len(day):
        return None
    weeks = min(int(day.max() - day.min() + 1) // 7, LAST_WEEKS)
    if weeks < FEWEST_WEEKS:
        return None
    return float((day > day.max() - 7 * weeks).sum()) / weeks


def whole_weeks(decisions: int, per_week: float | None) -> int | None:
    """Whole weeks that a number of decisions takes, rounded up: part of a week has other days than a week.

    Parameters
    ----------
    decisions : int
    per_week : float or None
        From `decisions_per_week`.

    Examples
    --------
    >>> whole_weeks(100, 21.0), whole_weeks(100, None)
    (5, None)
    """
    return max(ceil(decisions / per_week), 1) if per_week else None
