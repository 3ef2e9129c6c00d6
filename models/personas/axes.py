"""The few readable feature columns that personas are made of, and their scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.contract import CHANNELS

Floats = NDArray[np.float64]
#: A customer further out than this is taken back to it: a few extremes must not found a persona of their own.
REACH = 3.0
#: A channel is an axis if at least this share of all that happens happens there.
CHANNEL_SHARE = 0.05
#: Group to its weight and columns; a name that ends in ``__`` stands for its longest window. Seldom things weigh
#: less: they colour a persona, they do not make one.
GROUPS: Mapping[str, tuple[float, tuple[str, ...]]] = {
    "recency": (1.0, ("recency__behaviour", "recency__order")),
    "activity": (1.0, ("sessions__visits__", "frequency__active_days__", "frequency__product_view__")),
    "orders": (1.25, ("frequency__orders",)),
    "basket": (0.75, ("monetary__order_value",)),
    "breadth": (0.5, ("category__breadth__",)),
    "service": (0.5, ("frequency__ticket_open__", "frequency__chat__", "frequency__return__")),
    "feedback": (0.5, ("frequency__review__", "frequency__referral__", "frequency__share__")),
    "response": (0.5, ("treatment__response_rate", "frequency__email_click__")),
}
CHANNEL_WEIGHT = 1.0


@dataclass(frozen=True)
class Axis:
    """One column, and how it is put on the common scale.

    Parameters
    ----------
    group : str
        What it tells about; the axes of a group share its weight.
    column : str
        Name in the feature table.
    centre, spread : float
        Of the signed logarithm: median and robust spread, learnt once.
    weight : float
        In the distance between two customers.
    """

    group: str
    column: str
    centre: float = 0.0
    spread: float = 1.0
    weight: float = 1.0

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return dict(self.__dict__)


def columns_of(available: Sequence[str], channel_share: Mapping[str, float]) -> list[tuple[str, str, float]]:
    """Choose the columns that are there: group, column, weight.

    Parameters
    ----------
    available : sequence of str
        Columns of the feature table.
    channel_share : mapping
        Mean share of events per channel column.

    Examples
    --------
    >>> columns_of(["frequency__orders", "sessions__visits__7d", "sessions__visits__28d"], {})
    [('activity', 'sessions__visits__28d', 1.0), ('orders', 'frequency__orders', 1.25)]
    """
    found: list[tuple[str, str, float]] = []
    for group, (weight, names) in GROUPS.items():
        columns = [column for name in names if (column := _named(name, available))]
        found += [(group, column, weight / math.sqrt(len(columns))) for column in columns]
    used = [f"channel__{one}_share" for one in CHANNELS]
    used = [one for one in used if channel_share.get(one, 0.0) >= CHANNEL_SHARE]
    return found + [("channel", column, CHANNEL_WEIGHT / math.sqrt(len(used))) for column in used]


def _named(name: str, available: Sequence[str]) -> str:
    if not name.endswith("__"):
        return name if name in available else ""
    ends = [one.removeprefix(name)[:-1] for one in available if one.startswith(name)]
    windows = [int(end) for end in ends if end.isdigit()]
    return f"{name}{max(windows)}d" if windows else ""


def learn(chosen: Sequence[tuple[str, str, float]], x: NDArray[np.floating[Any]]) -> tuple[Axis, ...]:
    """Learn centre and spread of each column from customers x columns; constant columns are left out.

    The spread is that of the middle half of customers; where more than half have the same value (most people
    never open a ticket), it is the standard deviation.
    """
    axes = []
    for (group, column, weight), values in zip(chosen, signed_log(x).T, strict=True):
        low, centre, high = np.quantile(values, [0.25, 0.5, 0.75])
        spread = max(float(high - low) / 1.349, float(values.std()) / 2)
        if spread > 1e-6:
            rounded = (round(float(one), 6) for one in (centre, spread, weight))
            axes.append(Axis(group, column, *rounded))
    return tuple(axes)


def scaled(axes: Sequence[Axis], x: NDArray[np.floating[Any]]) -> Floats:
    """Put customers x columns on the common scale; a row's result does not depend on other rows.

    Examples
    --------
    >>> axes = learn([("orders", "frequency__orders", 1.0)], np.array([[0.0], [1.0], [3.0], [7.0]]))
    >>> scaled(axes, np.array([[1.0], [1e9]])).round(2).tolist()
    [[-0.45], [3.0]]
    """
    centre, spread, weight = (
        np.array([getattr(axis, name) for axis in axes]) for name in ("centre", "spread", "weight")
    )
    held: Floats = np.clip((signed_log(x) - centre) / spread, -REACH, REACH) * weight
    return held


def signed_log(x: NDArray[np.floating[Any]]) -> Floats:
    """Give sign(x) * log(1 + abs(x))."""
    wide = np.asarray(x, dtype=np.float64)
    logged: Floats = np.sign(wide) * np.log1p(np.abs(wide))
    return logged
