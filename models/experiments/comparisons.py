"""Several variants against one control: limits and p-values that count how often was looked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

FloatArray = NDArray[np.float64]
#: ``dunnett``: all variants share one control; ``holm``: step by step, for any dependence; ``none``: each on its own.
Correction = Literal["dunnett", "holm", "none"]
#: The shared part of the control's noise is integrated over this many standard errors, on this grid.
_NODES = np.linspace(-9.0, 9.0, 1201)
#: A larger share of the control would make steps that the grid does not see; this errs on the safe side.
_LARGEST_SHARE = 0.995
_WEIGHTS = norm.pdf(_NODES) * (_NODES[1] - _NODES[0])


def critical_value(alpha: float, loadings: Sequence[float], correction: Correction) -> float:
    """Give the standard errors on either side of each effect so that all intervals hold together.

    Parameters
    ----------
    alpha : float
        Two-sided chance of any false alarm.
    loadings : sequence of float
        One per variant: the share of the control in the noise of its difference, ``sqrt(V0 / (V0 + Vk))``.
    correction : {"dunnett", "holm", "none"}
        Holm steps through p-values and has no intervals of its own: those of Bonferroni go with it.

    References
    ----------
    Dunnett (1955), A multiple comparison procedure for comparing several treatments with a control.

    Examples
    --------
    >>> [round(critical_value(0.05, [0.5**0.5] * k, "dunnett"), 2) for k in (1, 2, 3)]
    [1.96, 2.21, 2.35]
    >>> round(critical_value(0.05, [0.5**0.5] * 3, "holm"), 2)
    2.39
    """
    variants = len(loadings)
    if correction == "none" or variants == 1:
        return float(norm.isf(alpha / 2))
    bonferroni = float(norm.isf(alpha / 2 / variants))
    if correction == "holm":
        return bonferroni
    share = np.asarray(loadings, np.float64)
    found = brentq(
        lambda c: _together(c, share) - (1 - alpha), norm.isf(alpha / 2), bonferroni + 0.01, xtol=1e-10
    )
    return float(found)


def adjusted(p: FloatArray, loadings: Sequence[float], correction: Correction) -> FloatArray:
    """Give p-values that count how many variants were compared.

    Parameters
    ----------
    p : array (variants,)
        Two-sided, each on its own.
    loadings, correction
        As in `critical_value`.

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure.

    Examples
    --------
    >>> adjusted(np.array([0.01, 0.04, 0.03]), [0.7] * 3, "holm").round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    if correction == "none" or len(p) < 2:
        return p
    if correction == "holm":
        order = np.argsort(p, kind="stable")
        stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
        stepwise = np.empty_like(p)
        stepwise[order] = np.minimum(stepped, 1.0)
        return stepwise
    share = np.asarray(loadings, np.float64)
    far = norm.isf(p / 2)
    # Far out the difference of two numbers near 1 says nothing; Bonferroni is exact there and never below.
    found = np.array([max(1 - _together(c, share), float(own)) for c, own in zip(far, p, strict=True)])
    result: FloatArray = np.minimum(found, len(p) * p)
    return result


def _together(limit: float, loadings: FloatArray) -> float:
    """Chance that every one of the standardised differences lies within ``limit``."""
    loadings = np.minimum(loadings, _LARGEST_SHARE)
    own = np.sqrt(1 - loadings**2)[:, None]
    shared = loadings[:, None] * _NODES
    inside = norm.cdf((limit - shared) / own) - norm.cdf((-limit - shared) / own)
    return float(np.sum(np.prod(inside, axis=0) * _WEIGHTS))
