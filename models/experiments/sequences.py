"""Intervals that hold at every look: one may peek every day and stop when one likes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import lambertw

FloatArray = NDArray[np.float64]


def mixing_variance(variance: float, alpha: float) -> float:
    """Give the variance of the mixture that makes the interval narrowest when the effect has the given variance.

    Parameters
    ----------
    variance : float
        Squared standard error of the effect at the planned end, the same at every look.
    alpha : float
        Two-sided chance that the interval is ever wrong.

    References
    ----------
    Howard, Ramdas, McAuliffe & Sekhon (2021), Time-uniform, nonparametric, nonasymptotic confidence sequences,
    section 3.5.

    Examples
    --------
    >>> round(mixing_variance(1.0, 0.05), 2)
    8.21
    """
    return variance * float(-lambertw(-(alpha**2) / np.e, -1).real - 1)


def always_valid_width(variance: ArrayLike, mixing: float, alpha: float) -> FloatArray:
    """Give half the width of the interval at a look.

    Parameters
    ----------
    variance : array-like
        Squared standard error of the effect at each look.
    mixing : float
        Of `mixing_variance`.
    alpha : float
        Chance that the interval is wrong at any look.

    References
    ----------
    Johari, Koomen, Pekelis & Walsh (2017), Peeking at A/B tests (KDD): the mixture sequential probability ratio
    test. With an estimated variance it is asymptotic: Waudby-Smith et al. (2024), Annals of Statistics 52(6).

    Examples
    --------
    >>> round(float(always_valid_width(1.0, mixing_variance(1.0, 0.05), 0.05)), 2)
    3.04
    """
    v = np.asarray(variance, np.float64)
    half: FloatArray = np.sqrt(v * (v + mixing) / mixing * (np.log1p(mixing / v) - 2 * np.log(alpha)))
    return half


def always_valid_p(effect: ArrayLike, variance: ArrayLike, mixing: float) -> FloatArray:
    """Give a p-value that may be read at any look: one over the mixture likelihood ratio.

    Examples
    --------
    >>> float(always_valid_p(0.0, 1.0, 8.2))
    1.0
    """
    d, v = np.asarray(effect, np.float64), np.asarray(variance, np.float64)
    log_ratio = d**2 * mixing / (2 * v * (v + mixing)) - 0.5 * np.log1p(mixing / v)
    p: FloatArray = np.exp(-np.maximum(log_ratio, 0.0))
    return p
