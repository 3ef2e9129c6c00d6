"""Expected calibration error: how far probabilities and observed rates lie apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.metrics._metric import Floats, Metric, Ranked, divided, once, rank

#: Number of bins; each holds the same share of the rows.
BINS = 15


def ece(y: ArrayLike, p: ArrayLike) -> float:
    """Mean distance between mean probability and observed rate over 15 bins of equal mass.

    Rows with equal probability are never split over bins: a run of ties goes to the bin of its middle.

    Parameters
    ----------
    y : array_like of shape (rows,)
        Outcomes, 0 or 1; one row per customer and cutoff.
    p : array_like of shape (rows,)
        Probabilities in [0, 1].

    Returns
    -------
    float
        0 is perfect, but chance alone already gives about ``noise_floor(p)``.

    References
    ----------
    Naeini, Cooper and Hauskrecht (2015), "Obtaining well calibrated probabilities using Bayesian binning",
    AAAI.

    Examples
    --------
    >>> round(ece([1, 0, 1, 0], [0.75, 0.75, 0.25, 0.25]), 4)
    0.25
    """
    ranked = rank(y, p)
    return float(resampled(ranked, once(ranked))[0])


def noise_floor(p: ArrayLike, bins: int = BINS) -> float:
    """Give the calibration error that perfectly calibrated probabilities would show by chance.

    ``sqrt(2 / pi)`` times the mean, over the bins, of the standard error of a bin's observed rate.

    Parameters
    ----------
    p : array_like of shape (rows,)
        Probabilities in [0, 1].
    bins : int
        Number of equal-mass bins.

    Examples
    --------
    >>> round(noise_floor([0.5] * 1500), 4)
    0.0103
    """
    ranked = rank(np.zeros(len(np.asarray(p))), p)
    bin_of = bins_of(ranked, once(ranked), bins)[0]
    variance = np.bincount(bin_of, weights=ranked.p * (1 - ranked.p), minlength=bins)
    return float(np.sqrt(2 / np.pi) * np.sqrt(variance).sum() / len(ranked.p))


def bins_of(ranked: Ranked, weights: Floats, bins: int = BINS) -> NDArray[np.int64]:
    """Give the bin (0 = highest probabilities) of every ranked row, shape (resamples, rows)."""
    mass = ranked.per_run(weights)
    reach = np.cumsum(mass, axis=1)
    middle = (reach - mass / 2) / np.maximum(reach[:, -1:], np.finfo(float).tiny)
    of_run = np.minimum((middle * bins).astype(np.int64), bins - 1)
    if not ranked.tied:
        return of_run
    length = np.diff(np.append(ranked.starts, len(ranked.p)))
    return np.repeat(of_run, length, axis=1)


def resampled(ranked: Ranked, weights: Floats) -> Floats:
    """Give the metric for each resample, see ``Metric.resampled``."""
    count = len(weights)
    place = bins_of(ranked, weights) + np.arange(count)[:, None] * BINS
    gaps = (weights * (ranked.p - ranked.y)).ravel()
    sums = np.bincount(place.ravel(), weights=gaps, minlength=count * BINS).reshape(count, BINS)
    return divided(np.abs(sums).sum(axis=1), weights.sum(axis=1))


METRIC = Metric(
    "ece", ece, resampled, bigger_is_better=False, needs="rows", unit="points",
    reference="Naeini, Cooper and Hauskrecht (2015)", best=0.0, has_interval=False,
)  # fmt: skip
