"""How long a stay in a phase lasts: Kaplan-Meier over the stays whose begin was seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.journey.grid import STEP_DAYS
from models.journey.facts import Facts, Z, wilson
from models.journey.report_data import Dwell

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Survival:
    """Share of stays that last longer than 0, 1, 2, ... steps, with its 95 % band."""

    lasting: Floats
    low: Floats
    high: Floats

    def quantile(self, share: float) -> int | None:
        """Give the first step by which ``share`` of the stays is over; null if that was not seen."""
        return _first(self.lasting, 1 - share)


def kaplan_meier(ended: Ints, censored: Ints) -> Survival:
    """Estimate how long stays last from those that ended and those that were still going on.

    Parameters
    ----------
    ended, censored : array of int64, shape (steps + 1,)
        Number of stays by length in steps: seen to end, and seen no further.

    Returns
    -------
    Survival
        The band is that of log(-log S) with Greenwood's variance; Wilson's where all that were left ended.

    References
    ----------
    Kaplan and Meier (1958), JASA 53; Kalbfleisch and Prentice (2002), "The Statistical Analysis of Failure
    Time Data", section 1.4.1; Brookmeyer and Crowley (1982), Biometrics 38, for the interval of the median.

    Examples
    --------
    >>> kaplan_meier(np.array([0, 1, 1]), np.array([0, 1, 1])).lasting.tolist()
    [1.0, 0.75, 0.375]
    """
    leaving = ended + censored
    at_risk = leaving[::-1].cumsum()[::-1].astype(np.float64)
    safe = np.maximum(at_risk, 1.0)
    lasting = np.cumprod(1.0 - ended / safe).astype(np.float64)
    rest = safe - ended
    greenwood = np.cumsum(np.where(rest > 0, ended / (safe * np.maximum(rest, 1.0)), 0.0))
    inner = (lasting > 0) & (lasting < 1)
    log = np.log(np.where(inner, lasting, 0.5))
    # exp(-exp(log(-log S) +- z se)) = S ** exp(+- z se), with se = sqrt(greenwood) / |log S|
    stretch = np.exp(Z * np.sqrt(greenwood) / np.abs(log))
    low = np.where(inner, np.exp(log * stretch), lasting)
    high = np.where(inner, np.exp(log / stretch), lasting)
    gone = int(np.argmax(lasting <= 0)) if (lasting <= 0).any() else 0
    if gone:
        # All that were left ended: Greenwood has no say, Wilson's bound of none out of so many has.
        high[gone:] = high[gone - 1] * wilson(0.0, at_risk[gone])[1]
    return Survival(lasting, low, high)


def dwell(facts: Facts, phase: int) -> Dwell:
    """Give the quartiles of the stays in one phase, in days.

    Parameters
    ----------
    facts : Facts
        ``stays`` by phase, whether the begin was seen, length and what came after.
    phase : int
        Place in ``phase_keys``.

    Notes
    -----
    Stays already going on when the grid begins (or after a step with a missing day) are left out: how long
    they lasted before is not known. Days come in steps of 7.
    """
    seen = facts.tally.counts["stays"][phase, 1]
    ended, censored = seen[:, :-1].sum(axis=1), seen[:, -1]
    survival = kaplan_meier(ended, censored)
    steps = {
        "p25": survival.quantile(0.25), "median": survival.quantile(0.5), "p75": survival.quantile(0.75),
        "low": _first(survival.low, 0.5), "high": _first(survival.high, 0.5),
    }  # fmt: skip
    days = {name: None if step is None else float(step * STEP_DAYS) for name, step in steps.items()}
    return {
        "p25": days["p25"], "median": days["median"], "p75": days["p75"], "low": days["low"],
        "high": days["high"], "n": int(seen.sum()), "ended": int(ended.sum()),
    }  # fmt: skip


def _first(curve: Floats, level: float) -> int | None:
    below = np.flatnonzero(curve <= level + 1e-12)
    return int(below[0]) if len(below) else None
