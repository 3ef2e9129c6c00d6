"""Lift at the top k: how much richer the top of the list is than the list."""

from __future__ import annotations

from numpy.typing import ArrayLike

from models.metrics._metric import Floats, Metric, Ranked, once, rank
from models.metrics._runs import Runs


def lift_at(y: ArrayLike, p: ArrayLike, k: float = 0.1) -> float:
    """Rate of outcome 1 among the top share ``k`` of the list, divided by the rate of the whole list.

    Where the limit falls among customers with equal probability, the expected value over all ways to break
    the tie is given; where it falls inside one customer, that customer counts in part. So the order of the
    rows does not matter, and ``lift_at = gain(k) / k`` on the cumulative gain curve.

    Parameters
    ----------
    y : array_like of shape (rows,)
        Outcomes, 0 or 1; one row per customer and cutoff.
    p : array_like of shape (rows,)
        Probabilities in [0, 1].
    k : float
        Share of the list, in (0, 1].

    Returns
    -------
    float
        1 is guessing, ``min(1 / rate, 1 / k)`` is the most there can be; NaN if outcome 1 does not occur.

    References
    ----------
    Berry and Linoff (2004), "Data Mining Techniques", 2nd edition, chapter 3.

    Examples
    --------
    >>> lift_at([1, 1, 0, 0, 0, 0, 0, 0, 0, 0], [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0], k=0.2)
    5.0
    """
    ranked = rank(y, p)
    return float(at_share(ranked, once(ranked), k)[0])


def at_share(ranked: Ranked, weights: Floats, k: float) -> Floats:
    """Give the metric for each resample at one share, see ``Metric.resampled``."""
    return Runs.of(ranked, weights).gain(k) / k


def for_share(k: float) -> Metric:
    """Make the metric for one top share: 0.1 gives ``lift10``."""
    return Metric(
        f"lift{k * 100:g}",
        lambda y, p: lift_at(y, p, k),
        lambda ranked, weights: at_share(ranked, weights, k),
        bigger_is_better=True,
        needs="positives",
        unit="ratio",
        reference="Berry and Linoff (2004)",
        k=k,
        at=for_share,
        of_runs=lambda runs: runs.gain(k) / k,
        scale="log odds",
    )


METRIC = for_share(0.1)
