"""How late a log learns of what happened: what a label misses because its window closes first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.contract import DAY_US

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Delays:
    """Days between an event and the moment it was known, over the events that a label counts.

    Attributes
    ----------
    events : int
        How many were looked at.
    newest_us : int
        When the newest of them happened, microseconds; 0 without events.
    share_over_gap : float
        Share of them that became known more than the gap of the contract after they happened.
    days_95 : float
        Days within which 95 % of them were known.
    missed : float
        Share of the events of a label window that its end does not see yet.
    """

    events: int
    newest_us: int
    share_over_gap: float
    days_95: float
    missed: float


def delays_of(occurred_us: Ints, known_us: Ints, gap_days: int, horizon_days: int) -> Delays:
    """Sum up the delays of events.

    Parameters
    ----------
    occurred_us, known_us : int array, one value per event
        When it happened and when it was known, microseconds.
    gap_days, horizon_days : int
        Of the label contract.

    Returns
    -------
    Delays
        An event known d days late is missed by a window of h days if it falls in its last d days: with the chance
        ``min(d, h) / h``.

    Examples
    --------
    >>> at = np.zeros(4, np.int64)
    >>> delays_of(at, np.array([0, 0, 0, 7]) * DAY_US, gap_days=0, horizon_days=28).missed
    0.0625
    """
    if not len(occurred_us):
        return Delays(0, 0, 0.0, 0.0, 0.0)
    days = np.maximum(known_us - occurred_us, 0) / DAY_US
    late = np.sort(days)
    return Delays(
        events=len(days),
        newest_us=int(occurred_us.max()),
        share_over_gap=float(np.count_nonzero(days > gap_days) / len(days)),
        days_95=float(late[int(np.ceil(0.95 * len(late))) - 1]),
        missed=float(np.minimum(days, horizon_days).sum() / (horizon_days * len(days))),
    )
