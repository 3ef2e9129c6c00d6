"""The shared baseline, fitted again beside what the actions add.

A baseline learnt from all actions has taken in a share of what they do, and every action then shows only what it
does beyond that share; so does doing nothing. Fitting baseline and additions in turn gives each its own: the
additions are against doing nothing, which has none, so that no noise is learnt for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.actions.action_effects import DECIMALS
from models.actions.effects._baseline import RIDGE, Baseline, chance

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Steps per refit: the curvature hardly moves, so two with that of the start come close to the optimum.
STEPS = 2
#: Keeps the curvature of the constant from being 0.
SLIGHT = 1e-6


class Refit:
    """Ridge logistic baseline in steps that share one curvature; decisions without a candidate have no say.

    Parameters
    ----------
    z : array (rows, columns)
        Standardised.
    arm, outcome : array, one per row
        Position of the action (-1: no candidate), 0/1.
    start : Baseline
    inverse : array (columns + 1, columns + 1)
        Of `inverse_curvature`.
    """

    def __init__(
        self, z: FloatArray, arm: IntArray, outcome: FloatArray, start: Baseline, inverse: FloatArray
    ) -> None:
        self._z, self._outcome, self._used, self._inverse = z, outcome, arm >= 0, inverse
        self._learnt = start.coefficients.copy()
        self._ridge = _ridge(z.shape[1])
        self.odds = start.log_odds(z)
        # Without both outcomes the odds have no optimum: the baseline stays what it was.
        self._steps = STEPS if len(np.unique(outcome[self._used])) == 2 else 0

    @property
    def baseline(self) -> Baseline:
        """Give the baseline as it is now."""
        return Baseline(self._learnt.round(DECIMALS))

    def move(self, added: FloatArray) -> None:
        """Fit again beside ``added``, log-odds per row."""
        for _ in range(self._steps):
            missed = np.where(self._used, self._outcome - chance(self.odds + added), 0.0)
            pull = np.append(missed @ self._z, missed.sum()) - self._ridge * self._learnt
            self._learnt = self._learnt + self._inverse @ pull
            self.odds = self._z @ self._learnt[:-1] + self._learnt[-1]


def inverse_curvature(z: FloatArray, odds: FloatArray, used: NDArray[np.bool_]) -> FloatArray:
    """Invert the curvature of the ridge logistic fit of slopes and constant at the given log-odds."""
    expected = chance(odds)
    weight = np.where(used, expected * (1.0 - expected), 0.0)
    curvature = np.diag(_ridge(z.shape[1]))
    curvature[:-1, :-1] += (z * weight[:, None]).T @ z
    curvature[-1, :-1] = curvature[:-1, -1] = weight @ z
    curvature[-1, -1] += weight.sum()
    return np.asarray(np.linalg.inv(curvature), dtype=np.float64)


def _ridge(columns: int) -> FloatArray:
    return np.append(np.full(columns, RIDGE), SLIGHT)
