"""The exponential of an array, of which no bit depends on where a value stands."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# ln 2 in two parts: the first has so few digits that whole multiples of it are exact.
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_TERMS = 14


def exponential(x: Floats) -> Floats:
    """Give e to the power of each value, by + - * / alone: ``2**k * e**r`` with r within half of ln 2 of zero.

    Parameters
    ----------
    x : float array
        Held within -700 and 700.

    Returns
    -------
    float array

    References
    ----------
    Cody and Waite (1980), Software Manual for the Elementary Functions, chapter 6.

    Examples
    --------
    >>> exponential(np.array([0.0, 1.0, -2.0])).round(12).tolist()
    [1.0, 2.718281828459, 0.135335283237]
    """
    held = np.clip(x, -700.0, 700.0)
    twos = np.rint(held / (_LN2_HIGH + _LN2_LOW))
    rest = (held - twos * _LN2_HIGH) - twos * _LN2_LOW
    series = np.ones_like(rest)
    for term in range(_TERMS, 0, -1):
        series = 1.0 + series * rest / term
    return np.asarray(np.ldexp(series, twos.astype(np.int32)), dtype=np.float64)
