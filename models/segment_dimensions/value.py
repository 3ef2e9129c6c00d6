"""Value: what the customer spent, relative to the other spenders at the cutoff."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.rfm import RFM_COLUMNS
from models.segment_dimensions._base import Dimension, Known, Segments


def spend_bands(orders: NDArray[np.floating], order_value: NDArray[np.floating]) -> Segments:
    """Put the customers of one cutoff into bands of spend (orders times their mean value).

    Parameters
    ----------
    orders, order_value : ndarray of shape (customers,)
        Orders in the whole look-back, and their mean value (money).

    Examples
    --------
    >>> spend_bands(np.array([0.0, 1.0, 1.0, 2.0, 2.0]), np.array([0.0, 5.0, 10.0, 20.0, 90.0])).tolist()
    ['none', 'low', 'low', 'middle', 'top']
    """
    spend = orders * order_value
    buys = spend > 0
    if not buys.any():
        return np.full(len(spend), "none")
    half, tenth = np.quantile(spend[buys], [0.5, 0.9])
    return np.select([~buys, spend <= half, spend <= tenth], ["none", "low", "middle"], default="top")


def _segments(known: Known) -> dict[str, Segments]:
    _, frequency, value = RFM_COLUMNS["purchase"]
    return known.relative((frequency, value), spend_bands)


DIMENSION = Dimension(
    _segments,
    name={"en": "Value", "nl": "Waarde"},
    words={
        "top": {"en": "Top tenth of spenders", "nl": "Hoogste tiende van besteders"},
        "middle": {"en": "Rest of the upper half", "nl": "Rest van de bovenste helft"},
        "low": {"en": "Lower half of spenders", "nl": "Onderste helft van besteders"},
        "none": {"en": "Nothing spent yet", "nl": "Nog niets besteed"},
    },
    place=20,
)
