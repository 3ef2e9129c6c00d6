"""RFM bands: a handful of groups a marketer recognises, from recency, frequency and money at the cutoff."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: The bands, best customers first. Words for people: ``models/reporting/templates/words.json``, keys ``band_*``.
BANDS = (
    "recent_frequent_high", "recent_frequent", "recent_rare", "silent_frequent", "silent_rare", "no_order",
)  # fmt: skip


@dataclass(frozen=True)
class RfmColumns:
    """Which feature columns hold recency (days), frequency (orders) and money."""

    recency: str
    frequency: str
    monetary: str

    @classmethod
    def find(cls, columns: Iterable[str]) -> RfmColumns | None:
        """Find the three columns by name: order recency, and order count and spend over the longest window.

        Examples
        --------
        >>> RfmColumns.find(["recency__days_since_order", "frequency__count_orders__28d",
        ...                  "frequency__count_orders__364d", "monetary__sum_value__364d"])
        RfmColumns(recency='recency__days_since_order', frequency='frequency__count_orders__364d', \
monetary='monetary__sum_value__364d')
        >>> RfmColumns.find(["days_in_phase"]) is None
        True
        """
        names = list(columns)
        recency = _longest([n for n in names if n.startswith("recency__") and _about_orders(n)])
        frequency = _longest([n for n in names if n.startswith("frequency__") and _about_orders(n)])
        monetary = _longest([n for n in names if n.startswith("monetary__") and _about_sums(n)])
        if recency is None or frequency is None or monetary is None:
            return None
        return cls(recency, frequency, monetary)


def rfm_bands(
    recency: NDArray[np.floating], frequency: NDArray[np.floating], monetary: NDArray[np.floating]
) -> NDArray[np.str_]:
    """Put the customers of one cutoff into bands.

    Recent, frequent and high are relative to the customers with an order: recent = at most the median days
    since the last order; frequent = more orders than the median; high = more money than two thirds of them.

    Parameters
    ----------
    recency : ndarray of shape (customers,)
        Days since the last order.
    frequency : ndarray of shape (customers,)
        Orders in the longest window; 0 puts a customer in ``no_order``.
    monetary : ndarray of shape (customers,)
        Money in the longest window.

    Examples
    --------
    >>> rfm_bands(np.array([2.0, 3.0, 90.0, 80.0, 999.0]), np.array([9.0, 1.0, 8.0, 1.0, 0.0]),
    ...           np.array([900.0, 10.0, 300.0, 20.0, 0.0])).tolist()
    ['recent_frequent_high', 'recent_rare', 'silent_frequent', 'silent_rare', 'no_order']
    """
    buys = frequency > 0
    if not buys.any():
        return np.full(len(frequency), "no_order")
    recent = recency <= np.median(recency[buys])
    frequent = frequency > np.median(frequency[buys])
    high = monetary > np.quantile(monetary[buys], 2 / 3)
    chosen = [~buys, recent & frequent & high, recent & frequent, recent, frequent]
    return np.select(chosen, ["no_order", *BANDS[:4]], default="silent_rare")


def _about_orders(name: str) -> bool:
    return "order" in name or "purchase" in name


def _about_sums(name: str) -> bool:
    measure = name.split("__")[1]
    return any(word in measure for word in ("sum", "spend", "total", "revenue")) or measure == "value"


def _longest(names: list[str]) -> str | None:
    """Give the column of the longest window; without windows the first by name."""
    if not names:
        return None
    return min(names, key=lambda name: (-_window(name), len(name), name))


def _window(name: str) -> int:
    last = name.rsplit("__", 1)[-1]
    return int(last[:-1]) if last.endswith("d") and last[:-1].isdigit() else 0
