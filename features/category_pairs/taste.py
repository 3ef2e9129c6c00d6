"""Taste: how much of a category a customer buys, in steps that grow as the logarithm of the days it was bought on."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from features.history import Floats

#: Steps to one unit of the logarithm; the largest count that is told apart.
STEPS, MOST = 8, 366
# A table, because a vectorised logarithm may differ in its last bit by place in the array.
_TABLE = np.array([round(STEPS * math.log1p(count)) for count in range(MOST + 1)], dtype=np.uint8)


def taste(days: Floats) -> NDArray[np.uint8]:
    """Give the taste for counts of days: whole numbers, so that sums of products are exact.

    Examples
    --------
    >>> taste(np.array([0.0, 1.0, 10.0, 1000.0])).tolist()
    [0, 6, 19, 47]
    """
    return _TABLE[np.minimum(days, MOST).astype(np.int64)]
