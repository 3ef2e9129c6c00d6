"""The mean over decisions and its interval, for decisions that come several to a customer.

References
----------
Johnson (1978), Modified t tests and confidence intervals for asymmetrical populations. Hall (1992), On the
removal of skewness by transformation, J. R. Stat. Soc. B 54.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Estimate:
    """A mean over decisions with its two-sided interval; ``se`` is the (clustered) standard error.

    ``clusters`` is how many customers stand behind it; None: as many as decisions (``n``).
    """

    value: float
    low: float
    high: float
    se: float
    n: int
    clusters: int | None = None

    def lower(self, confidence: float) -> float:
        """Give the one-sided lower bound.

        Examples
        --------
        >>> few, many = (clustered_mean(np.tile([1.0, 3.0], size)) for size in (2, 2000))
        >>> round(few.lower(0.95), 2), round(many.lower(0.95), 2)
        (0.64, 1.97)
        """
        return self.value - reach(confidence, self.clusters or self.n) * self.se


def reach(probability: float, clusters: int) -> float:
    """Give the quantile of Student's t with ``clusters - 1`` degrees of freedom, in standard errors.

    Few customers say little about their spread: the normal quantile would make two of them proof.

    Examples
    --------
    >>> round(reach(0.975, 2), 2), round(reach(0.975, 10_000), 2)
    (12.71, 1.96)
    """
    return _quantile(probability, max(clusters - 1, 1))


def clustered_mean(
    scores: FloatArray, customers: IntArray | None = None, confidence: float = 0.95
) -> Estimate:
    """Mean of the scores; its standard error sums them per customer first, its interval is Student's t.

    Parameters
    ----------
    scores : array, one per decision
        Influence-function scores, for example of `dr_scores`.
    customers : array, one per decision, optional
        Who the decision was about. None: every decision is a customer of its own.
    confidence : float
        Two-sided, for example 0.95.

    Examples
    --------
    >>> one = clustered_mean(np.array([1.0, 3.0, 1.0, 3.0]), np.array([1, 1, 2, 2]))
    >>> one.value, one.se
    (2.0, 0.0)
    >>> clustered_mean(np.array([1.0, 3.0, 1.0, 3.0])).se > 0
    True
    """
    value = float(scores.mean())
    return _estimate(value, _per_customer(scores - value, customers), len(scores), confidence)


def skewed_mean(scores: FloatArray, customers: IntArray | None = None, confidence: float = 0.95) -> Estimate:
    """Mean of scores of which a few are large, as weights make them; never narrower than `clustered_mean`.

    A sample that happens to miss the rare large scores has too low a mean and too small a spread at once, so
    the plain interval lies too low too often. Each side reaches as far as the farther of two corrections: Hall's
    transformation, which takes out the skewness, and Student's t with the degrees of freedom that the scores'
    kurtosis leaves.

    Parameters
    ----------
    scores, customers, confidence
        As in `clustered_mean`.

    Examples
    --------
    >>> rare = np.r_[np.full(5, 100.0), np.zeros(995)]
    >>> plain, one = clustered_mean(rare), skewed_mean(rare)
    >>> [(round(each.low, 2), each.value, round(each.high, 2)) for each in (plain, one)]
    [(0.06, 0.5, 0.94), (0.0, 0.5, 1.31)]
    """
    value = float(scores.mean())
    sums = _per_customer(scores - value, customers)
    plain = _estimate(value, sums, len(scores), confidence)
    clusters, spread = len(sums), float(np.sqrt((sums**2).mean()))
    if clusters < 3 or not 0 < plain.se < float("inf"):
        return plain
    skewness, kurtosis = (float(((sums / spread) ** power).mean()) for power in (3, 4))
    freedom = min(clusters - 1.0, 2.0 * clusters / max(kurtosis - 1.0, 1e-9))
    straight = _quantile(0.5 + confidence / 2, float("inf"))
    far = max(_quantile(0.5 + confidence / 2, freedom), straight)
    up, down = (_unskewed(side, skewness / np.sqrt(clusters)) for side in (straight, -straight))
    low, high = plain.value - max(up, far) * plain.se, plain.value - min(down, -far) * plain.se
    return replace(plain, low=min(plain.low, low), high=max(plain.high, high))


def _estimate(value: float, sums: FloatArray, n: int, confidence: float) -> Estimate:
    """Give the estimate for sums per customer of the distances to the mean."""
    clusters = len(sums)
    # One customer says nothing about spread: the interval is then everything.
    se = float(np.sqrt(clusters / (clusters - 1) * (sums**2).sum()) / n) if clusters > 1 else float("inf")
    half = reach(0.5 + confidence / 2, clusters) * se
    return Estimate(value, value - half, value + half, se, n, clusters)


def _unskewed(normal: float, skewness: float) -> float:
    """Give the quantile of the skewed statistic for one of the straightened one; ``skewness`` is per root n."""
    if abs(skewness) < 1e-9:
        return normal
    return float(3 / skewness * (np.cbrt(1 + skewness * (normal - skewness / 6)) - 1))


def _per_customer(scores: FloatArray, customers: IntArray | None) -> FloatArray:
    if customers is None:
        return scores
    code = np.unique(customers, return_inverse=True)[1]
    return np.bincount(code, weights=scores).astype(np.float64)


def _quantile(probability: float, freedom: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, probability))
