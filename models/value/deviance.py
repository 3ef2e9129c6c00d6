"""The score by which models of money are compared: Tweedie deviance of power 1.5."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: The power of the Tweedie distribution: zeros together with a heavy right tail.
POWER = 1.5
#: A prediction counts as at least this share of the mean: who is said to bring nothing at all may bring something.
FLOOR = 0.01


def deviances(y: Floats, predicted: Floats, mean: float) -> Floats:
    """Give the deviance of each row: 0 where the prediction is right, lower is better.

    It is least in expectation for the true mean (a consistent score, unlike the absolute error, whose best answer
    is the median: 0 for most customers), takes zeros, and a big spender weighs with the square root of the money, not
    with its square. It is linear in the outcome apart from a part that no prediction changes, so net money below
    zero counts for what it is. Doubling the currency multiplies every deviance alike and changes no choice.

    Parameters
    ----------
    y : float array, shape (n,)
        Net money in the window; may be below zero.
    predicted : float array, shape (n,)
        Not below zero.
    mean : float
        Mean money known beforehand; a prediction below ``FLOOR`` of it counts as that.

    Returns
    -------
    float array, shape (n,)
        In square roots of money.

    References
    ----------
    Gneiting (2011), Making and evaluating point forecasts, JASA 106. Jorgensen (1987), Exponential dispersion
    models, JRSS B 49.

    Examples
    --------
    >>> deviances(np.array([4.0, 0.0, 4.0]), np.array([4.0, 4.0, 1.0]), mean=3.0).tolist()
    [0.0, 8.0, 4.0]
    """
    floor = FLOOR * mean if mean > 0 else FLOOR
    # Square roots only: exp, log and power of an array may depend on where a row stands in it.
    root = np.sqrt(np.maximum(predicted, floor))
    return np.asarray(4.0 * (y / root + root - 2.0 * np.sqrt(np.maximum(y, 0.0))), dtype=np.float64)
