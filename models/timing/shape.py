"""How orders spread within the days between two horizons, and quantiles in days from that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
#: Days between two horizons are looked at in steps of a quarter.
STEPS_A_DAY = 4
#: A step's share is drawn to the even one with the weight of this many orders.
PRIOR_ORDERS = 10.0
#: The quantiles that are given.
QUANTILES = (0.1, 0.5, 0.9)
#: Ways to fill in the days between two horizons, the simplest first.
LINEAR, STEADY, SEEN = "linear", "steady", "seen"


@dataclass(frozen=True)
class Shape:
    """What lies between the probabilities of two horizons.

    Attributes
    ----------
    kind : str
        ``linear``: orders come evenly over the days; ``steady``: the hazard (the chance to order of who has not yet)
        is even over the days; ``seen``: the hazard is spread over the days as it was seen to be.
    horizons_days : tuple of int
        Rising; the first interval begins at 0.
    spread : tuple of tuple of float
        Per interval the share of its cumulative hazard that lies before each step, from 0 to 1.
    """

    kind: str
    horizons_days: tuple[int, ...]
    spread: tuple[tuple[float, ...], ...]

    def quantiles(self, p: Floats, wanted: Sequence[float] = QUANTILES) -> Floats:
        """Give the days before which an order comes with a given probability.

        Parameters
        ----------
        p : float array, shape (n, horizons)
            Probability of an order within each horizon; must not fall from one to the next.
        wanted : sequence of float
            Probabilities.

        Returns
        -------
        float array, shape (n, len(wanted))
            NaN: later than the longest horizon.

        Examples
        --------
        >>> shape = even("linear", (10, 20))
        >>> shape.quantiles(np.array([[0.2, 0.6]])).tolist()
        [[5.0, 17.5, nan]]
        """
        found = np.full((len(p), len(wanted)), np.nan)
        for place, level in enumerate(wanted):
            below, lower, start = np.ones(len(p), dtype=np.bool_), np.zeros(len(p)), 0
            for interval, end in enumerate(self.horizons_days):
                upper = p[:, interval]
                here = np.flatnonzero(below & (upper >= level))
                days = self._inside(interval, lower[here], upper[here], level)
                found[here, place] = start + days * (end - start)
                below &= upper < level
                lower, start = upper, end
        return found

    def _inside(self, interval: int, lower: Floats, upper: Floats, level: float) -> Floats:
        """Give the part of an interval (0 to 1) that lies before the quantile."""
        if self.kind == LINEAR:
            return np.asarray((level - lower) / np.where(upper > lower, upper - lower, 1.0))
        low, high = hazard(lower), hazard(upper)
        part = (hazard(np.array([level]))[0] - low) / np.where(high > low, high - low, 1.0)
        part = np.clip(part, 0.0, 1.0)
        if self.kind == STEADY:
            return np.asarray(part)
        knots = np.asarray(self.spread[interval])
        return np.asarray(np.interp(part, knots, np.linspace(0.0, 1.0, len(knots))))

    def log_chance(self, p: Floats, days: Floats) -> Floats:
        """Give the log of the chance of the step in which an order came, for who ordered within the horizons.

        Parameters
        ----------
        p : float array, shape (n, horizons)
            As for ``quantiles``.
        days : float array, shape (n,)
            When they ordered, before the longest horizon.

        Returns
        -------
        float array, shape (n,)
            Given the interval: so a way to fill in the days is judged, not the probabilities.
        """
        ends = np.asarray(self.horizons_days)
        interval = np.searchsorted(ends, days, side="right")
        starts = np.concatenate([[0], ends[:-1]])
        rows = np.arange(len(p))
        lower = np.where(interval > 0, p[rows, np.maximum(interval - 1, 0)], 0.0)
        upper = p[rows, interval]
        step = np.floor((days - starts[interval]) * STEPS_A_DAY).astype(np.int64)
        steps = (ends - starts)[interval] * STEPS_A_DAY
        if self.kind == LINEAR:
            return np.asarray(-np.log(steps))
        more = np.maximum(hazard(upper) - hazard(lower), 1e-9)
        before, after = step / steps, (step + 1) / steps
        if self.kind == SEEN:
            width = max(len(one) for one in self.spread)
            table = np.array([np.pad(np.asarray(one), (0, width - len(one)), "edge") for one in self.spread])
            before, after = table[interval, step], table[interval, step + 1]
        inside = (np.exp(-more * before) - np.exp(-more * after)) / -np.expm1(-more)
        return np.asarray(np.log(np.maximum(inside, 1e-12)))

    def as_json(self) -> dict[str, Any]:
        """Give what ``of_json`` reads."""
        return {"kind": self.kind, "horizons_days": list(self.horizons_days),
                "spread": [list(one) for one in self.spread]}  # fmt: skip

    @classmethod
    def of_json(cls, content: dict[str, Any]) -> Shape:
        """Read what ``as_json`` gave."""
        return cls(
            content["kind"], tuple(content["horizons_days"]), tuple(tuple(s) for s in content["spread"])
        )


def even(kind: str, horizons_days: tuple[int, ...]) -> Shape:
    """Give a shape that is not learnt."""
    spread = tuple(
        tuple(np.linspace(0.0, 1.0, (end - start) * STEPS_A_DAY + 1).tolist())
        for start, end in zip((0, *horizons_days), horizons_days, strict=False)
    )
    return Shape(kind, horizons_days, spread)


def learn_spread(p: Floats, days: Floats, horizons_days: tuple[int, ...]) -> Shape:
    """Learn how the hazard between two horizons is spread over the days.

    Per step the orders seen are divided by those expected of who had not ordered before it, given the rise of each
    customer's own cumulative hazard over the interval (Breslow's estimator with that rise as the offset).

    Parameters
    ----------
    p : float array, shape (n, horizons)
        Probability of an order within each horizon, not falling.
    days : float array, shape (n,)
        Days to the order, -1 without one; all rows are known for the longest horizon.
    horizons_days : tuple of int
        Rising.

    References
    ----------
    Breslow (1972), discussion of Cox, Regression models and life-tables, JRSS B 34.

    Examples
    --------
    >>> shape = learn_spread(np.full((900, 1), 0.5), np.repeat([0.5, 1.5, 1.5, -1.0], 225), (2,))
    >>> [round(one, 2) for one in shape.spread[0]]
    [0.0, 0.0, 0.0, 0.27, 0.28, 0.28, 0.28, 0.99, 1.0]
    """
    spread, start, lower = [], 0, np.zeros(len(p))
    for interval, end in enumerate(horizons_days):
        steps = (end - start) * STEPS_A_DAY
        rise = hazard(p[:, interval]) - hazard(lower)
        at_risk = (days < 0) | (days >= start)
        came = at_risk & (days >= 0) & (days < end)
        step = np.where(came, np.floor((days - start) * STEPS_A_DAY), steps).astype(np.int64)[at_risk]
        orders = np.bincount(step, minlength=steps + 1)[:steps]
        mass = np.bincount(step, weights=rise[at_risk], minlength=steps + 1)
        expected = np.cumsum(mass[::-1])[::-1][:steps]
        share = (orders + PRIOR_ORDERS / steps) / (expected + PRIOR_ORDERS)
        total = np.concatenate([[0.0], np.cumsum(share)])
        spread.append(tuple((total / total[-1]).tolist()))
        start, lower = end, p[:, interval]
    return Shape(SEEN, horizons_days, tuple(spread))


def hazard(p: Floats) -> Floats:
    """Turn the probability of an order into the cumulative hazard, without infinity."""
    return np.asarray(-np.log(1.0 - np.minimum(p, 1.0 - 1e-9)), dtype=np.float64)


def repaired(p: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Make probabilities rise with the horizon: the largest so far.

    Parameters
    ----------
    p : float array, shape (n, horizons)
        One model per horizon.

    Returns
    -------
    tuple of (float array of the same shape, bool array of shape (n,))
        And which rows were changed.

    Examples
    --------
    >>> risen, changed = repaired(np.array([[0.1, 0.2], [0.3, 0.2]]))
    >>> risen.tolist(), changed.tolist()
    ([[0.1, 0.2], [0.3, 0.3]], [False, True])
    """
    risen = np.maximum.accumulate(p, axis=1) if p.shape[1] else p
    return risen, np.asarray((risen != p).any(axis=1), dtype=np.bool_)
