"""What was measured, one row per customer; and what each customer adds to the mean of their arm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Measured:
    """The outcomes of an experiment, one row per customer: who was drawn, not what was counted.

    Attributes
    ----------
    arms : tuple of str
        The control first.
    arm : int64 array (customers,)
        Position in ``arms``.
    total : float64 array (customers,)
        Outcome, summed over the rows of the customer.
    rows : float64 array (customers,)
        Rows of the customer, or the sum of what the outcome is a ratio over (orders, visits).
    covariate : float64 array or None
        A score known before the start; NaN where there is none.
    """

    arms: tuple[str, ...]
    arm: IntArray
    total: FloatArray
    rows: FloatArray
    covariate: FloatArray | None = None

    def per_arm(self, values: FloatArray) -> FloatArray:
        """Sum a value per customer over each arm."""
        sums: FloatArray = np.bincount(self.arm, weights=values, minlength=len(self.arms)).astype(np.float64)
        return sums

    @property
    def counts(self) -> IntArray:
        """Customers per arm."""
        return np.bincount(self.arm, minlength=len(self.arms)).astype(np.int64)

    @property
    def is_rate(self) -> bool:
        """Whether every outcome is 0 or 1 and every customer has one row."""
        return bool(np.all((self.total == 0) | (self.total == 1)) and np.all(self.rows == 1))


def linearised(measured: Measured) -> FloatArray:
    """Give one number per customer, whose mean is the ratio of the arm and whose variance is that of the ratio.

    With one row per customer it is the outcome itself, and what follows is Welch's test. With several it is the
    delta method, clustered by customer: rows of one person are not independent, and counting them as if they
    were makes intervals too narrow.

    Returns
    -------
    float64 array (customers,)

    References
    ----------
    Deng, Knoblich & Lu (2018), Applying the delta method in metric analytics (KDD).

    Examples
    --------
    >>> arm = np.zeros(2, np.int64)
    >>> linearised(Measured(("none",), arm, np.array([1.0, 3.0]), np.array([1.0, 3.0]))).tolist()
    [1.0, 1.0]
    """
    total, rows = measured.per_arm(measured.total), measured.per_arm(measured.rows)
    counts = np.maximum(measured.counts, 1)
    ratio = np.divide(total, rows, out=np.zeros_like(total), where=rows > 0)
    typical = np.maximum(rows / counts, np.finfo(np.float64).tiny)
    own: FloatArray = (
        ratio[measured.arm] + (measured.total - ratio[measured.arm] * measured.rows) / (typical[measured.arm])
    )
    return own
