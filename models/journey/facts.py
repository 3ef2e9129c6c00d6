"""What the analytics of a journey start from, and numbers with intervals that respect customers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from features.journey.grid import Grid
from features.journey.scopes import ALL, scope_keys
from features.journey.tally import STATISTICS, Tally, number
from features.plan import Plan
from models.journey.report_data import Estimate

#: Two-sided 95 %.
Z = 1.959964


@dataclass(frozen=True)
class Found:
    """A number, its standard error (NaN: none) and its interval; ``n`` is what it rests on."""

    value: float
    error: float
    low: float
    high: float
    n: int

    def scaled(self, factor: float, shift: float = 0.0) -> Found:
        """Give ``factor * self + shift``."""
        ends = sorted((factor * self.low + shift, factor * self.high + shift))
        return Found(factor * self.value + shift, abs(factor) * self.error, ends[0], ends[-1], self.n)

    def estimate(self) -> Estimate:
        """Give it for the report; what is not defined is null."""
        return {"value": tidy(self.value), "low": tidy(self.low), "high": tidy(self.high), "n": self.n}


NOTHING = Found(math.nan, math.nan, math.nan, math.nan, 0)


@dataclass(frozen=True)
class Facts:
    """Everything known about a journey.

    Attributes
    ----------
    tally : Tally
        Of all customers.
    plan : Plan
        Journey, kinds, contracts.
    grid : Grid
        The days.
    spend : mapping of str to mapping of str to float
        Per scope (``all``, ``now``, ``before``) the money spent per channel; empty: no costs are known.
    """

    tally: Tally
    plan: Plan
    grid: Grid
    spend: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def scopes(self) -> tuple[str, ...]:
        """Names of the scopes."""
        return scope_keys(self.plan.journey.phase_keys)

    def total(self, measure: str, scope: str = ALL) -> float:
        """Sum of a measure over everybody, in one scope."""
        return float(self.tally.sum(measure)[self.scopes.index(scope)])

    def holders(self, measure: str, scope: str = ALL) -> int:
        """Count the customers with any of a measure, in one scope."""
        return int(self.tally.counts[f"holders/{measure}"][self.scopes.index(scope)])

    def ratio(self, above: str, below: str, scope: str = ALL, share: bool = True) -> Found:
        """Give the ratio of two measures with its interval; ``share``: it lies in [0, 1]."""
        stats = number(self.tally.ratios[f"{above}/{below}"][self.scopes.index(scope)])
        return ratio_of(dict(zip(STATISTICS, stats.tolist(), strict=True)), share)


def ratio_of(stats: Mapping[str, float], share: bool) -> Found:
    """Give a ratio of sums over customers, with a cluster-robust interval.

    Parameters
    ----------
    stats : mapping of str to float
        By the names of ``features.journey.tally.STATISTICS``.
    share : bool
        The ratio is a share: the interval is Wilson's, at the sample size at which independent cases would
        vary as much as these customers do. Else the normal interval of the linearised ratio.

    Returns
    -------
    Found
        ``n`` is the denominator, rounded. No interval with fewer than two customers.

    References
    ----------
    Wilson (1927), "Probable inference", JASA 22; Korn and Graubard (1998), "Confidence intervals for
    proportions with small expected number of positive counts estimated from survey data", Survey
    Methodology 24; Cochran (1977), "Sampling Techniques", chapter 6 (ratio of two means).

    Examples
    --------
    Two of ten customers, one case each: Wilson's interval of nine (one is lost on the unknown mean).

    >>> stats = dict(customers=10, above=2, below=10, above_above=2, above_below=2, below_below=10)
    >>> found = ratio_of(stats, share=True)
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.2, 0.053, 0.526)
    """
    customers, below = stats["customers"], stats["below"]
    if not below > 0:
        return NOTHING
    value = stats["above"] / below
    if customers < 2:
        return Found(value, math.nan, math.nan, math.nan, round(below))
    squares = stats["above_above"] - 2 * value * stats["above_below"] + value**2 * stats["below_below"]
    error = math.sqrt(max(squares, 0.0) * customers / (customers - 1)) / below
    # Value sent back can exceed value ordered in a phase: then it is no share of anything.
    if not share or not 0 <= value <= 1:
        return Found(value, error, value - Z * error, value + Z * error, round(below))
    spread = value * (1 - value)
    effective = spread / error**2 if error > 0 and spread > 0 else customers
    low, high = wilson(value, effective)
    return Found(value, error, low, high, round(below))


def wilson(share: float, n: float) -> tuple[float, float]:
    """Give Wilson's 95 % interval of a share of ``n`` independent cases.

    Examples
    --------
    >>> [round(end, 4) for end in wilson(0.0, 10)]
    [0.0, 0.2775]
    """
    middle = share + Z**2 / (2 * n)
    half = Z * math.sqrt(max(share * (1 - share), 0.0) / n + Z**2 / (4 * n**2))
    scale = 1 + Z**2 / n
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def tidy(value: float) -> float | None:
    """Six significant digits; null for what is not defined.

    Examples
    --------
    >>> tidy(1 / 3), tidy(float("nan"))
    (0.333333, None)
    """
    return float(f"{value:.6g}") if math.isfinite(value) else None
