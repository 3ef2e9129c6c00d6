"""Intervals by drawing customers, not rows: all rows of a customer stay together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.metrics import Metric, Ranked
from models.metrics._runs import Runs

Floats = NDArray[np.float64]
#: Resamples are worked in blocks of at most this many weights, so that memory stays flat.
BLOCK = 4_000_000


@dataclass(frozen=True)
class CustomerBootstrap:
    """The same resamples of customers for every cell, model and metric, so that differences are paired.

    Attributes
    ----------
    counts : ndarray of shape (resamples, customers)
        How often each customer was drawn.
    customer : ndarray of shape (rows,)
        Position of each row's customer in ``counts``.
    """

    counts: NDArray[np.uint8]
    customer: NDArray[np.int64]

    @classmethod
    def draw(cls, customer_id: NDArray[np.int64], resamples: int, seed: int) -> CustomerBootstrap:
        """Draw as many customers as there are, with replacement, ``resamples`` times.

        Parameters
        ----------
        customer_id : ndarray of shape (rows,)
            One row per customer and cutoff, in any order.
        resamples : int
            Number of resamples.
        seed : int
            Same seed and customers: same resamples, whatever the order of the rows.

        Examples
        --------
        >>> boot = CustomerBootstrap.draw(np.array([7, 7, 9]), resamples=4, seed=1)
        >>> boot.counts.sum(axis=1).tolist()
        [2, 2, 2, 2]
        """
        known, customer = np.unique(customer_id, return_inverse=True)
        rng = np.random.default_rng(seed)
        counts = np.empty((resamples, len(known)), dtype=np.uint8)
        for each in range(resamples):
            counts[each] = np.bincount(rng.integers(0, len(known), len(known)), minlength=len(known))
        return cls(counts, customer.astype(np.int64))

    def of(self, metrics: Iterable[Metric], ranked: Ranked) -> dict[str, Floats]:
        """Give metrics of one cell for each resample, NaN where a resample leaves one undefined."""
        wanted = list(metrics)
        parts: dict[str, list[Floats]] = {metric.name: [] for metric in wanted}
        for weights in self.blocks(ranked.order):
            # Summed once for all metrics of the ranking.
            runs = Runs.of(ranked, weights)
            for metric in wanted:
                drawn = metric.of_runs(runs) if metric.of_runs else metric.resampled(ranked, weights)
                parts[metric.name].append(drawn)
        return {name: np.concatenate(blocks) for name, blocks in parts.items()}

    def among(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give the customers of some rows, rising, and the place of each row's customer among them."""
        seen = np.zeros(self.counts.shape[1], dtype=np.int64)
        seen[self.customer[rows]] = 1
        return np.flatnonzero(seen), (np.cumsum(seen) - 1)[self.customer[rows]]

    def times_drawn(self, customers: NDArray[np.int64], size: int) -> Iterator[Floats]:
        """Say how often some customers were drawn, a block of resamples at a time, shape (customers, block)."""
        for start in range(0, len(self.counts), size):
            yield np.take(self._per_customer[:, start : start + size], customers, axis=0).astype(np.float64)

    @cached_property
    def _per_customer(self) -> NDArray[np.uint8]:
        # The other way round: what is drawn of a customer lies together, so that few customers are read fast.
        return np.ascontiguousarray(self.counts.T)

    def blocks(self, rows: NDArray[np.int64]) -> Iterator[Floats]:
        """Give the weights of some rows, a block of resamples at a time, shape (block, rows)."""
        size = max(1, BLOCK // max(len(rows), 1))
        drawn = self.customer[rows]
        for start in range(0, len(self.counts), size):
            # take, not [:, drawn]: rows must lie one after the other in memory, for speed and equal sums.
            yield np.take(self.counts[start : start + size], drawn, axis=1).astype(np.float64)


def interval(value: float, resampled: Floats, confidence: float = 0.95) -> tuple[float, float]:
    """Give the interval of a value: percentiles of its resamples.

    Parameters
    ----------
    value : float
        The metric on the rows as they are.
    resampled : ndarray of shape (resamples,)
        The metric on each resample; NaN is left out.
    confidence : float
        For example 0.95.

    Returns
    -------
    tuple of float
        Low and high; NaN when more than one resample in ten is undefined.

    References
    ----------
    Efron and Tibshirani (1993), "An Introduction to the Bootstrap", chapters 13 and 14.

    Examples
    --------
    >>> low, high = interval(2.0, np.linspace(1.0, 3.0, 201), confidence=0.9)
    >>> round(low, 3), round(high, 3)
    (1.1, 2.9)
    """
    known = resampled[np.isfinite(resampled)]
    if not np.isfinite(value) or len(known) < 0.9 * len(resampled):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def p_value(value: float, resampled: Floats) -> float:
    """Give the two-sided p-value of "no difference", from the spread of the resamples (normal).

    Examples
    --------
    >>> bool(p_value(0.0, np.array([-1.0, 0.0, 1.0])) > 0.99)
    True
    """
    from scipy.special import ndtr

    known = resampled[np.isfinite(resampled)]
    if not np.isfinite(value) or len(known) < 0.9 * len(resampled) or not known.std() > 0:
        return float("nan")
    return float(2 * ndtr(-abs(value) / known.std(ddof=1)))


def false_discovery(p_values: Floats) -> Floats:
    """Adjust p-values for looking at many cells at once (Benjamini-Hochberg); NaN stays NaN.

    References
    ----------
    Benjamini and Hochberg (1995), "Controlling the false discovery rate", JRSS B 57.

    Examples
    --------
    >>> false_discovery(np.array([0.01, 0.04, np.nan, 0.5])).round(3).tolist()
    [0.03, 0.06, nan, 0.5]
    """
    known = np.flatnonzero(np.isfinite(p_values))
    adjusted = np.full(len(p_values), np.nan)
    if len(known):
        order = known[np.argsort(p_values[known], kind="stable")]
        raw = p_values[order] * len(order) / np.arange(1, len(order) + 1)
        adjusted[order] = np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1.0)
    return adjusted
