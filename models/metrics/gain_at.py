"""Gain at the top k: how much of the outcome the top of the list holds."""

from __future__ import annotations

from numpy.typing import ArrayLike

from models.metrics._metric import Metric, once, rank
from models.metrics._runs import Runs


def gain_at(y: ArrayLike, p: ArrayLike, k: float = 0.1) -> float:
    """Share of all customers with outcome 1 that are among the top share ``k`` of the list; ties as in ``lift_at``.

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
        ``k`` is guessing, ``min(1, k / rate)`` is the most there can be; NaN if outcome 1 does not occur.

    References
    ----------
    Berry and Linoff (2004), "Data Mining Techniques", 2nd edition, chapter 3.

    Examples
    --------
    >>> gain_at([1, 1, 0, 0, 0, 0, 0, 0, 0, 1], [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0], k=0.1)
    0.3333333333333333
    """
    return float(Runs.of(ranked := rank(y, p), once(ranked)).gain(k)[0])


def for_share(k: float) -> Metric:
    """Make the metric for one top share: 0.1 gives ``gain10``."""
    return Metric(
        f"gain{k * 100:g}",
        lambda y, p: gain_at(y, p, k),
        lambda ranked, weights: Runs.of(ranked, weights).gain(k),
        bigger_is_better=True,
        needs="positives",
        unit="share",
        reference="Berry and Linoff (2004)",
        k=k,
        at=for_share,
        of_runs=lambda runs: runs.gain(k),
        scale="log odds",
        segments_only=True,
    )


METRIC = for_share(0.1)
