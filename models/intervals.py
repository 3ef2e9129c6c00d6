"""Intervals and tests of a metric from its value and the spread of its resamples, on the scale where that is even.

Measured on the demo shop, where the truth is known (``python -m benchmarks.segment_lift``, docs/segment-lift.md): in
small groups percentiles of the resamples cover the truth too seldom, for they are as lopsided as the sample is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import stdtr, stdtrit

from models.bootstrap import Floats
from models.metrics import Metric

#: With fewer defined resamples than this share there is no interval.
DEFINED = 0.9
NAN = float("nan")


@dataclass(frozen=True)
class Spread:
    """How sure a metric of one group is.

    Attributes
    ----------
    metric : Metric
    value : float
        On the rows as they are.
    draws : ndarray of shape (resamples,)
        On each resample.
    positives, negatives : int
        Rows of either outcome: they limit how well the spread itself is known.
    """

    metric: Metric
    value: float
    draws: Floats
    positives: int
    negatives: int

    @cached_property
    def known(self) -> bool:
        """Whether there can be an interval."""
        return bool(np.isfinite(self.value)) and float(np.isfinite(self.draws).mean()) >= DEFINED

    def reach(self, confidence: float) -> float:
        """Give how many standard errors an interval reaches: Student's t, for few outcomes tell little of spread."""
        return float(stdtrit(self.freedom, (1 + confidence) / 2))

    @cached_property
    def placed(self) -> Floats:
        """Give the draws on the scale."""
        return self.on_scale(self.draws)

    @property
    def freedom(self) -> int:
        """Degrees of freedom: rows of the seldomest outcome; twice that on a scale that makes the spread even."""
        seldomest = min(self.positives, self.negatives)
        return max(seldomest - 1, 1) if self.metric.scale == "plain" else 2 * max(seldomest, 1)

    def interval(self, confidence: float) -> tuple[float, float]:
        """Give low and high; NaN where there is no interval.

        Examples
        --------
        >>> from models.metrics import everything
        >>> auc = Spread(everything()["roc_auc"], 0.9, np.linspace(0.8, 1.0, 201), positives=20, negatives=80)
        >>> low, high = auc.interval(0.95)
        >>> round(low, 2), round(high, 2)
        (0.68, 0.99)
        """
        if not self.known:
            return NAN, NAN
        middle, error = self.on_scale(self.value), self.error
        half = self.reach(confidence) * error
        ends = self._back(np.array([middle - half, middle + half]))
        # Shrinking towards the middle of the scale may not push an end past the value.
        return min(float(ends[0]), self.value), max(float(ends[1]), self.value)

    @cached_property
    def error(self) -> float:
        """Give the standard error on the scale; a share of nothing or of everything has that of half a row."""
        placed = self.placed[np.isfinite(self.placed)]
        found = float(placed.std(ddof=1))
        if self.metric.scale == "log odds" and found < 1e-9:
            share = min(max(self._share * self.value, 0.0), 1.0) * self.positives
            found = float(np.sqrt(1 / (share + 0.5) + 1 / (self.positives - share + 0.5)))
        return found

    def on_scale(self, value: Floats | float) -> Floats:
        """Put values on the scale on which resamples lie evenly; on log odds half a row is added on both sides."""
        given = np.asarray(value, dtype=np.float64)
        if self.metric.scale == "log":
            return np.log(np.maximum(given, 1e-12))
        if self.metric.scale == "log odds":
            caught = np.clip(self._share * given, 0.0, 1.0) * self.positives
            found: Floats = np.log((caught + 0.5) / (self.positives - caught + 0.5))
            return found
        return given

    def _back(self, placed: Floats) -> Floats:
        if self.metric.scale == "log":
            return np.exp(placed)
        if self.metric.scale == "log odds":
            caught = (self.positives + 1) / (1 + np.exp(-placed)) - 0.5
            found: Floats = np.clip(caught / self.positives, 0.0, 1.0) / self._share
            return found
        return placed

    @property
    def _share(self) -> float:
        # A lift is at most 1 / k: k times a lift is a share.
        return self.metric.k if self.metric.family == "lift" and self.metric.k else 1.0


@dataclass(frozen=True)
class Apart:
    """How far a metric lies apart in two groups, or for two models on the same rows; resamples are paired.

    Attributes
    ----------
    one, other : Spread
        Of the same metric and the same resamples.
    """

    one: Spread
    other: Spread

    @property
    def value(self) -> float:
        """The difference itself."""
        return self.one.value - self.other.value

    def interval(self, confidence: float) -> tuple[float, float]:
        """Give low and high of the difference, from the two intervals and how the resamples move together.

        References
        ----------
        Zou and Donner (2008), "Construction of confidence limits about effect measures: a general approach",
        Statistics in Medicine 27 (the method of variance estimates recovery, here with dependence).
        """
        (low, high), (other_low, other_high) = self.one.interval(confidence), self.other.interval(confidence)
        if not np.isfinite([low, high, other_low, other_high]).all():
            return NAN, NAN
        if np.array_equal(self.one.draws, self.other.draws, equal_nan=True):
            return self.value, self.value  # one model under two names: lopsided intervals would not cancel
        together = self._together
        down, up = self.one.value - low, high - self.one.value
        other_down, other_up = self.other.value - other_low, other_high - self.other.value
        below = down**2 - 2 * together * down * other_up + other_up**2
        above = up**2 - 2 * together * up * other_down + other_down**2
        return self.value - float(np.sqrt(max(below, 0.0))), self.value + float(np.sqrt(max(above, 0.0)))

    def p_value(self) -> float:
        """Give the two-sided p-value of "no difference", on the scale of the metric; NaN if it cannot be told."""
        if not self.one.known or not self.other.known:
            return NAN
        variance = self.one.error**2 + self.other.error**2
        variance -= 2 * self._together * self.one.error * self.other.error
        if not variance > 0:
            return NAN
        apart = float(self.one.on_scale(self.one.value) - self.other.on_scale(self.other.value))
        return float(2 * stdtr(min(self.one.freedom, self.other.freedom), -abs(apart) / np.sqrt(variance)))

    @cached_property
    def _together(self) -> float:
        """Correlation of the two over the resamples."""
        one, other = self.one.placed, self.other.placed
        both = np.isfinite(one) & np.isfinite(other)
        one, other = one[both], other[both]
        apart = (one - one.mean()) * (other - other.mean())
        spread = float(np.sqrt(((one - one.mean()) ** 2).sum() * ((other - other.mean()) ** 2).sum()))
        return float(apart.sum()) / spread if spread > 0 else 0.0
