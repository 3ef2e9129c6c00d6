"""Brier score: mean squared distance between probability and outcome."""

from __future__ import annotations

from numpy.typing import ArrayLike

from models.metrics._metric import Floats, Metric, Ranked, mean_of_rows, once, rank


def brier(y: ArrayLike, p: ArrayLike) -> float:
    """Mean of ``(p - y)**2``.

    Parameters
    ----------
    y : array_like of shape (rows,)
        Outcomes, 0 or 1; one row per customer and cutoff.
    p : array_like of shape (rows,)
        Probabilities in [0, 1].

    Returns
    -------
    float
        0 is perfect; the base rate for everybody gives ``rate * (1 - rate)``.

    References
    ----------
    Brier (1950), "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78.

    Examples
    --------
    >>> round(brier([1, 0], [0.8, 0.4]), 4)
    0.1
    """
    ranked = rank(y, p)
    return float(resampled(ranked, once(ranked))[0])


def resampled(ranked: Ranked, weights: Floats) -> Floats:
    """Give the metric for each resample, see ``Metric.resampled``."""
    return mean_of_rows((ranked.p - ranked.y) ** 2, weights)


METRIC = Metric(
    "brier", brier, resampled, bigger_is_better=False, needs="rows", unit="share",
    reference="Brier (1950)", best=0.0,
)  # fmt: skip
