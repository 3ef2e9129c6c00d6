"""Lift quality: the mean lift over all list lengths, between guessing (0) and perfect knowledge (1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from models.metrics._metric import Floats, Metric, Ranked, divided, once, rank
from models.metrics._runs import Runs

#: Less than any weight of a row.
_SOME = 1e-9


def lift_quality(y: ArrayLike, p: ArrayLike) -> float:
    """Area of the lift curve above 1, as a share of that of perfect probabilities.

    The lift curve is the lift at every share ``x`` of the list; within a run of equal probability, and within one
    customer, the gain rises in a straight line, so that ``lift(x) = gain(x) / x`` has an exact area. That of perfect
    probabilities is ``-log(rate)``.

    Parameters
    ----------
    y : array_like of shape (rows,)
        Outcomes, 0 or 1; one row per customer and cutoff.
    p : array_like of shape (rows,)
        Probabilities in [0, 1].

    Returns
    -------
    float
        0 is guessing, 1 is perfect, below 0 is worse than guessing; Braze calls 0.6 and more excellent, 0.4 good,
        0.2 fair and less poor. NaN if only one outcome occurs.

    References
    ----------
    Braze, "Prediction quality" (user guide, Predictive Suite): the average lift over all audience sizes, 0 % for a
    random guess and 100 % for perfect knowledge.

    Examples
    --------
    >>> round(lift_quality([1, 0, 0, 0], [0.9, 0.3, 0.2, 0.1]), 9), lift_quality([1, 0, 0, 0], [0.5] * 4)
    (1.0, 0.0)
    """
    ranked = rank(y, p)
    return float(resampled(ranked, once(ranked))[0])


def resampled(ranked: Ranked, weights: Floats) -> Floats:
    """Give the metric for each resample, see ``Metric.resampled``."""
    return of_runs(Runs.of(ranked, weights))


def of_runs(runs: Runs) -> Floats:
    """Give the metric for each resample, see ``Metric.of_runs``.

    On a run from share a to b the gain is ``gain(a) + slope * (x - a)``, so the area of ``gain(x) / x`` is the rise of
    the gain plus ``(gain(a) - slope * a) * log(b / a)``; all rises together are 1.
    """
    rows, reach = runs.rows[:, 1:], runs.reach
    before = reach[:, :-1]
    # A run without rows has no stretch: its slope may be anything. Nothing lies before the first rows.
    slope = runs.positives[:, 1:] / np.maximum(rows, _SOME)
    stretch = np.diff(np.log(np.maximum(reach, _SOME)), axis=1)
    stretch[before <= 0] = 0.0
    above = ((runs.caught[:, :-1] - slope * before) * stretch).sum(axis=1)
    rate = divided(runs.total_positives, runs.total)
    usual = np.where(rate > 0, rate, 1.0)
    return divided(divided(above, runs.total_positives), np.maximum(-np.log(usual), 0.0))


METRIC = Metric(
    "lift_quality", lift_quality, resampled, bigger_is_better=True, needs="both", unit="share",
    reference="Braze (Prediction quality)", best=1.0, of_runs=of_runs, segments_only=True,
)  # fmt: skip
