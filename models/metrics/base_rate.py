"""Base rate: the share of customers with outcome 1."""

from __future__ import annotations

from numpy.typing import ArrayLike

from models.metrics._metric import Floats, Metric, Ranked, mean_of_rows, once, rank


def base_rate(y: ArrayLike, p: ArrayLike) -> float:
    """Share of rows with outcome 1; the probabilities play no part.

    Parameters
    ----------
    y : array_like of shape (rows,)
        Outcomes, 0 or 1; one row per customer and cutoff.
    p : array_like of shape (rows,)
        Probabilities in [0, 1].

    Examples
    --------
    >>> base_rate([1, 0, 0, 0], [0.8, 0.4, 0.1, 0.1])
    0.25
    """
    ranked = rank(y, p)
    return float(resampled(ranked, once(ranked))[0])


def resampled(ranked: Ranked, weights: Floats) -> Floats:
    """Give the metric for each resample, see ``Metric.resampled``."""
    return mean_of_rows(ranked.y, weights)


METRIC = Metric(
    "base_rate", base_rate, resampled, bigger_is_better=None, needs="rows", unit="share",
    reference="the data",
)  # fmt: skip
