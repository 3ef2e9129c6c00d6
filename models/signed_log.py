"""Make skewed columns fit for a linear model: signed log, centred, scaled, held within the range learnt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: A row further out than this many standard deviations is taken back to it: a linear model must not
#: extrapolate.
REACH = 4.0


@dataclass(frozen=True)
class SignedLogScale:
    """Centre and spread per column of sign(x) * log(1 + abs(x)); a constant column is scaled to 0."""

    centre: FloatArray
    spread: FloatArray

    @classmethod
    def learn(cls, x: NDArray[np.floating[Any]]) -> SignedLogScale:
        """Learn centre and spread from rows x columns.

        Examples
        --------
        >>> scale = SignedLogScale.learn(np.array([[0.0, 5.0], [9.0, 5.0]]))
        >>> scale.apply(np.array([[9.0, 7.0]])).tolist()
        [[1.0, 0.0]]
        """
        logged = _signed_log(x)
        spread = logged.std(axis=0)
        return cls(logged.mean(axis=0), np.where(spread < 1e-6, 0.0, spread))

    def apply(self, x: NDArray[np.floating[Any]]) -> FloatArray:
        """Put rows x columns on the scale that was learnt; a row's result never depends on other rows."""
        live = self.spread > 0
        held = _signed_log(x)
        # In place: fresh arrays of this size would cost more than the arithmetic.
        held -= self.centre
        held /= np.where(live, self.spread, 1.0)
        np.clip(held, -REACH, REACH, out=held)
        held[..., ~live] = 0.0
        return held


def _signed_log(x: NDArray[np.floating[Any]]) -> FloatArray:
    wide = np.asarray(x, dtype=np.float64)
    logged: FloatArray = np.abs(wide)
    np.log1p(logged, out=logged)
    return np.copysign(logged, wide, out=logged)


def weighted_sums(z: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Multiply ``z @ coefficients.T`` so that a row's bits do not depend on the other rows, as BLAS would.

    Parameters
    ----------
    z : array (rows, columns)
    coefficients : array (outputs, columns)

    Returns
    -------
    array (rows, outputs)

    Examples
    --------
    >>> weighted_sums(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [0.0, 1.0]])).tolist()
    [[11.0, 2.0]]
    """
    sums: FloatArray = np.einsum("ij,kj->ik", np.ascontiguousarray(z), np.ascontiguousarray(coefficients))
    return sums
