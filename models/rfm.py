"""Recency, frequency, value: their feature columns, and bands of customers that a marketer recognises."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.settings import TargetEvent

#: The bands, best customers first. Words for people: ``models/segment_dimensions/rfm_band.py``.
BANDS = (
    "recent_frequent_high", "recent_frequent", "recent_rare", "silent_frequent", "silent_rare", "no_order",
)  # fmt: skip


class Rfm(NamedTuple):
    """Feature columns of recency (days), frequency (a count) and value.

    A name that ends in ``__`` stands for the column of its longest window.
    """

    recency: str
    frequency: str
    value: str


#: By the event that makes a customer active. For visitors the value is the mean number of events in a visit.
RFM_COLUMNS: dict[TargetEvent, Rfm] = {
    "purchase": Rfm("recency__order", "frequency__orders", "monetary__order_value"),
    "behaviour": Rfm("recency__behaviour", "sessions__visits__", "sessions__visit_depth"),
}


def rfm_bands(
    recency: NDArray[np.floating], frequency: NDArray[np.floating], value: NDArray[np.floating]
) -> NDArray[np.str_]:
    """Put the customers of one cutoff into bands.

    Recent, frequent and high are relative to the customers with an order: recent = at most the median days
    since the last order; frequent = more orders than the median; high = more money (orders times their mean
    value) than two thirds of them.

    Parameters
    ----------
    recency : ndarray of shape (customers,)
        Days since the last order.
    frequency : ndarray of shape (customers,)
        Orders in the whole look-back; 0 puts a customer in ``no_order``.
    value : ndarray of shape (customers,)
        Mean value of these orders.

    Examples
    --------
    >>> rfm_bands(np.array([2.0, 3.0, 90.0, 80.0, 999.0]), np.array([9.0, 1.0, 8.0, 1.0, 0.0]),
    ...           np.array([100.0, 10.0, 37.5, 20.0, 0.0])).tolist()
    ['recent_frequent_high', 'recent_rare', 'silent_frequent', 'silent_rare', 'no_order']
    """
    buys = frequency > 0
    if not buys.any():
        return np.full(len(frequency), "no_order")
    recent = recency <= np.median(recency[buys])
    frequent = frequency > np.median(frequency[buys])
    spend = frequency * value
    high = spend > np.quantile(spend[buys], 2 / 3)
    chosen = [~buys, recent & frequent & high, recent & frequent, recent, frequent]
    return np.select(chosen, ["no_order", *BANDS[:4]], default="silent_rare")
