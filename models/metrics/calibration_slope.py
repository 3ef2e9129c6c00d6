"""Calibration slope: whether probabilities are spread as far as outcomes are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from models.metrics._metric import Floats, Metric, Ranked, divided, once, rank


def calibration_slope(y: ArrayLike, p: ArrayLike) -> float:
    """Slope of the straight line of outcomes on probabilities: ``cov(p, y) / var(p)``.

    Parameters
    ----------
    y : array_like of shape (rows,)
        Outcomes, 0 or 1; one row per customer and cutoff.
    p : array_like of shape (rows,)
        Probabilities in [0, 1].

    Returns
    -------
    float
        1 is right; below 1 high chances are too high and low ones too low, above 1 they lie too close together. NaN
        if all probabilities are equal.

    References
    ----------
    Miller, Langefeld, Tierney, Hui and McDonald (1993), "Validation of probabilistic predictions", Medical Decision
    Making 13. They fit the line on log odds; this one needs no fit.

    Examples
    --------
    >>> round(calibration_slope([1, 1, 0, 0], [0.75, 0.75, 0.25, 0.25]), 4)
    2.0
    """
    ranked = rank(y, p)
    return float(resampled(ranked, once(ranked))[0])


def resampled(ranked: Ranked, weights: Floats) -> Floats:
    """Give the metric for each resample, see ``Metric.resampled``."""
    sums = np.stack([(weights * column).sum(axis=1) for column in columns(ranked.y, ranked.p)])
    return of_sums(sums, weights.sum(axis=1))


def columns(y: Floats, p: Floats) -> Floats:
    """Give what to sum, see ``Metric.columns``; around the mean, so that no digits are lost."""
    apart, outcome = p - p.mean(), y - y.mean()
    return np.stack([apart, outcome, apart * apart, apart * outcome])


def of_sums(sums: Floats, rows: Floats) -> Floats:
    """Give the metric, see ``Metric.of_sums``."""
    apart, outcome, square, product = sums
    count = np.maximum(rows, 1.0)
    spread = square - apart * apart / count
    known = np.where(spread > 1e-12 * count, spread, 0.0)
    return divided(product - apart * outcome / count, known)


METRIC = Metric(
    "calibration_slope", calibration_slope, resampled, bigger_is_better=None, needs="rows", unit="ratio",
    reference="Miller et al. (1993)", best=1.0, columns=columns, of_sums=of_sums, segments_only=True,
)  # fmt: skip
