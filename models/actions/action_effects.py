"""Effects of actions on the outcome's probability: doubly robust scores, then a ridge per action.

References
----------
Kennedy (2023), Towards optimal doubly robust estimation of heterogeneous causal effects. Measured against
other learners in notes/next-best-action.md section 5b: a linear last stage is the most stable at this size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: Coefficients are rounded: that removes the last bits, in which two machines may differ.
DECIMALS = 10
#: Tried strengths of the ridge, weakest first. The strongest leaves the average effect and nothing else.
ALPHAS = tuple(float(alpha) for alpha in np.logspace(1, 6, 11))


def arm_scores(
    means: FloatArray,
    arm: IntArray,
    target: FloatArray,
    propensity: FloatArray,
    eligible: BoolArray,
    floor: float,
) -> FloatArray:
    """Doubly robust score of every eligible arm: G_a = mu_a(x) + 1{A=a} (Y - mu_a(x)) / max(e_A, floor).

    Parameters
    ----------
    means : array (rows, arms)
        Cross-fitted, see `models.actions.outcome_models`.
    arm, target, propensity : array, one per decision
        What was done (-1: no candidate), what came of it, how likely it was.
    eligible : bool array (rows, arms)
    floor : float
        Smallest propensity used.

    Returns
    -------
    array (rows, arms)
        NaN where an arm was not eligible.

    Examples
    --------
    >>> arm_scores(np.array([[0.2, 0.4]]), np.array([1]), np.array([1.0]), np.array([0.5]),
    ...     np.ones((1, 2), bool), 0.02).round(3).tolist()
    [[0.2, 1.6]]
    """
    given = arm[:, None] == np.arange(means.shape[1])
    weight = given / np.maximum(propensity, floor)[:, None]
    scores: FloatArray = np.where(eligible, means + weight * (target[:, None] - means), np.nan)
    return scores


@dataclass(frozen=True)
class RidgeEffect:
    """Effect of one action against none, linear in standardised columns.

    Attributes
    ----------
    intercept : float
        The effect at the average customer.
    coefficients : array (columns,)
    alpha : float
        Strength of the ridge, chosen by grouped cross-validation.
    """

    intercept: float
    coefficients: FloatArray
    alpha: float


def learn_ridge_effect(z: FloatArray, contrast: FloatArray, fold: IntArray) -> RidgeEffect:
    """Ridge of the score contrast G_a - G_none on standardised columns.

    Parameters
    ----------
    z : array (rows, columns)
        From `models.signed_log.SignedLogScale`.
    contrast : array, one per row
    fold : array, one per row
        By customer: rows of one customer never judge each other's strength of ridge.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> z = rng.normal(size=(3000, 2))
    >>> contrast, row = 0.1 + 0.2 * z[:, 0] + rng.normal(size=3000), np.arange(3000)
    >>> effect = learn_ridge_effect(z, contrast, row % 3)
    >>> bool(abs(effect.coefficients[0] - 0.2) < 0.06), bool(abs(effect.coefficients[1]) < 0.06)
    (True, True)
    """
    if not len(z):
        return RidgeEffect(0.0, np.zeros(z.shape[1]), ALPHAS[-1])
    alpha = ALPHAS[int(np.argmin(_held_out_error(z, contrast, fold)))]
    centre, mean = z.mean(axis=0), float(contrast.mean())
    values, vectors = np.linalg.eigh((z - centre).T @ (z - centre))
    shrunk = 1.0 / (np.maximum(values, 0.0) + alpha)
    coefficients = vectors @ (shrunk * (vectors.T @ ((z - centre).T @ (contrast - mean))))
    intercept = round(mean - float(centre @ coefficients), DECIMALS)
    return RidgeEffect(intercept, coefficients.round(DECIMALS), alpha)


def _held_out_error(z: FloatArray, contrast: FloatArray, fold: IntArray) -> FloatArray:
    error = np.zeros(len(ALPHAS))
    for held_out in np.unique(fold):
        rest = fold != held_out
        if not rest.any():
            # All rows are of one fold: nothing to judge by, the average serves.
            return -np.arange(len(ALPHAS), dtype=np.float64)
        centre, mean = z[rest].mean(axis=0), contrast[rest].mean()
        values, vectors = np.linalg.eigh((z[rest] - centre).T @ (z[rest] - centre))
        pull = vectors.T @ ((z[rest] - centre).T @ (contrast[rest] - mean))
        candidates = vectors @ (pull[:, None] / (np.maximum(values, 0.0)[:, None] + np.array(ALPHAS)))
        guess = mean + (z[~rest] - centre) @ candidates
        error += ((contrast[~rest][:, None] - guess) ** 2).sum(axis=0)
    return error
