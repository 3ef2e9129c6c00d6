"""Behaviour: how often the customer did anything at all lately."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.segment_dimensions._base import Dimension, Known, Segments

#: Days with activity in the short window from which on somebody is often here.
OFTEN = 4
SHORT_DAYS, LONG_DAYS = 28, 84


def activity_bands(short: NDArray[np.floating], long: NDArray[np.floating]) -> Segments:
    """Put customers into bands by their days with activity.

    Parameters
    ----------
    short, long : ndarray of shape (customers,)
        Days with activity in the last four weeks and in the last twelve.

    Examples
    --------
    >>> activity_bands(np.array([5.0, 1.0, 0.0, 0.0]), np.array([9.0, 1.0, 2.0, 0.0])).tolist()
    ['often', 'now_and_then', 'cooling', 'silent']
    """
    chosen = [short >= OFTEN, short > 0, long > 0]
    return np.select(chosen, ["often", "now_and_then", "cooling"], default="silent")


def _segments(known: Known) -> dict[str, Segments]:
    # Where only orders are seen, days with an order are all the activity there is.
    for stem in ("frequency__active_days", "frequency__order_days"):
        names = tuple(known.window(stem, days) for days in (SHORT_DAYS, LONG_DAYS))
        if len(set(names)) == len(names):
            return known.relative(names, activity_bands)
    return {}


DIMENSION = Dimension(
    _segments,
    name={"en": "Activity", "nl": "Activiteit"},
    words={
        "often": {"en": "Often here this month", "nl": "Vaak hier deze maand"},
        "now_and_then": {"en": "Now and then this month", "nl": "Af en toe deze maand"},
        "cooling": {"en": "Quiet this month", "nl": "Stil deze maand"},
        "silent": {"en": "Quiet for three months", "nl": "Drie maanden stil"},
    },
    place=15,
)
