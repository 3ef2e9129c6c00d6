"""What every kind of calibration offers, and how a curve in log-odds is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
#: What is saved of a fitted calibration: names to lists of numbers, as in JSON.
Numbers = Mapping[str, tuple[float, ...]]

#: A weight below this would flatten the probabilities to one; above, it would make them all 0 or 1.
LEAST_WEIGHT, MOST_WEIGHT = 0.05, 20.0


class Calibrator(Protocol):
    """One kind of calibration. ``simplicity``: lower is simpler, and wins a tie."""

    simplicity: int

    def fit(self, p: Floats, y: npt.NDArray[np.float32]) -> Numbers:
        """Learn from probabilities that were given out of time and the outcomes (0 or 1), both shape (n,)."""

    def apply(self, numbers: Numbers, p: Floats) -> Floats:
        """Give the calibrated probability per row; never falling in ``p``, the same alone as in any batch."""


def fitted_weights(columns: Floats, y: npt.NDArray[np.float32]) -> tuple[Floats, float]:
    """Fit log-odds = intercept + columns @ weights, weights above 0, held to weights 1 and intercept 0.

    The hold weighs as much as one row, so that outcomes of one kind, or too few, cannot run away.

    Parameters
    ----------
    columns : float array, shape (n, k)
        Falling or rising with the probability.
    y : float array, shape (n,)
        Outcomes, 0 or 1.

    Returns
    -------
    tuple of (float array of shape (k,), float)
        Weights and intercept.

    Examples
    --------
    >>> log_odds = np.repeat([[-1.0], [1.0]], 500, axis=0)
    >>> y = np.tile(np.repeat([1, 0], [1, 1]), 500).astype(np.float32)
    >>> weights, intercept = fitted_weights(log_odds, y)
    >>> float(weights[0]), round(abs(intercept), 3)
    (0.05, 0.0)
    """
    from scipy.optimize import minimize

    n, k = columns.shape
    prior = np.append(np.ones(k), 0.0)
    wide = np.column_stack([columns, np.ones(n)])
    sign = np.where(y > 0.5, 1.0, -1.0)

    def surprise(values: Floats) -> tuple[float, Floats]:
        away = values - prior
        # Sums row by row, not by BLAS: the same bits whatever the machine.
        margin = sign * np.einsum("ij,j->i", wide, values)
        pull = -sign * 0.5 * (1.0 - np.tanh(0.5 * margin))
        loss = float(np.sum(np.logaddexp(0.0, -margin)) + 0.5 * np.sum(away * away))
        return loss / n, (np.einsum("i,ij->j", pull, wide) + away) / n

    bounds = [(LEAST_WEIGHT, MOST_WEIGHT)] * k + [(-20.0, 20.0)]
    found = minimize(surprise, prior, method="L-BFGS-B", jac=True, bounds=bounds,
                     options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-9})  # fmt: skip
    return np.asarray(found.x[:k], dtype=np.float64), float(found.x[k])
