"""Calibration gap: mean probability minus base rate. Shows groups whose chances are over- or understated."""

from __future__ import annotations

from numpy.typing import ArrayLike

from models.metrics._metric import Floats, Metric, Ranked, mean_of_rows, mean_of_sums, once, rank


def calibration_gap(y: ArrayLike, p: ArrayLike) -> float:
    """Mean probability minus the share with outcome 1 ("calibration in the large").

    Parameters
    ----------
    y : array_like of shape (rows,)
        Outcomes, 0 or 1; one row per customer and cutoff.
    p : array_like of shape (rows,)
        Probabilities in [0, 1].

    Returns
    -------
    float
        0 is right on average, above 0 the chances are overstated.

    References
    ----------
    Van Calster et al. (2019), "Calibration: the Achilles heel of predictive analytics", BMC Medicine 17.

    Examples
    --------
    >>> round(calibration_gap([1, 0], [0.8, 0.4]), 4)
    0.1
    """
    ranked = rank(y, p)
    return float(resampled(ranked, once(ranked))[0])


def resampled(ranked: Ranked, weights: Floats) -> Floats:
    """Give the metric for each resample, see ``Metric.resampled``."""
    return mean_of_rows(ranked.p - ranked.y, weights)


def columns(y: Floats, p: Floats) -> Floats:
    """Give probability minus outcome of every row, see ``Metric.columns``."""
    return (p - y)[None, :]


METRIC = Metric(
    "calibration_gap", calibration_gap, resampled, bigger_is_better=None, needs="rows", unit="points",
    reference="Van Calster et al. (2019)", best=0.0,
    columns=columns, of_sums=mean_of_sums,
)  # fmt: skip
