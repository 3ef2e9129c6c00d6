"""CUPED: the part of the outcome that a score foresaw before the start is taken out of the noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.experiments.customers import FloatArray, Measured


@dataclass(frozen=True)
class Adjusted:
    """Outcomes without what the covariate foresaw.

    Attributes
    ----------
    values : float64 array (customers,)
    slope : float
        Outcome per unit of the covariate, within arms.
    variance_kept : float
        Variance within arms that is left, as a share of what it was.
    filled : int
        Customers without the covariate, who got its mean.
    """

    values: FloatArray
    slope: float
    variance_kept: float
    filled: int


def adjust(values: FloatArray, measured: Measured) -> Adjusted | None:
    """Take out what the covariate foresaw, with one slope for all arms.

    The covariate must have been known before anybody was treated: then its mean is the same in every arm but for
    chance, and taking it out leaves the effect as it is.

    Parameters
    ----------
    values : float64 array (customers,)
        Of `models.experiments.customers.linearised`.
    measured : Measured

    Returns
    -------
    Adjusted or None
        None if there is no covariate, or it is the same for everybody.

    References
    ----------
    Deng, Xu, Kohavi & Walker (2013), Improving the sensitivity of online controlled experiments by utilizing
    pre-experiment data (WSDM).
    """
    if measured.covariate is None:
        return None
    known = np.isfinite(measured.covariate)
    if not known.any():
        return None
    score = np.where(known, measured.covariate, measured.covariate[known].mean())
    x, y = (_within(column, measured) for column in (score, values))
    spread, before = float(np.sum(x * x)), float(np.sum(y * y))
    if spread <= 1e-18 * max(float(np.sum(score * score)), 1e-300) or before == 0:
        return None
    slope = float(np.sum(x * y)) / spread
    kept = max(0.0, 1 - slope**2 * spread / before)
    return Adjusted(values - slope * (score - score.mean()), slope, kept, int((~known).sum()))


def _within(values: FloatArray, measured: Measured) -> FloatArray:
    means = measured.per_arm(values) / np.maximum(measured.counts, 1)
    centred: FloatArray = values - means[measured.arm]
    return centred
