"""The pairs as rows of numbers: own past, customer and crowd side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.category_pairs.crowd import Crowd, near
from features.category_pairs.kernel import Pairs
from features.history import Floats

#: Order days by which an own share is drawn to the share of all orders.
SHARE_PRIOR = 5.0


def columns_of(pairs: Pairs, crowd: Crowd) -> tuple[str, ...]:
    """Name the columns of ``rows_of``."""
    joined = (*crowd.measures, *_joined(pairs.take(np.zeros(0, dtype=np.int64)), crowd))
    return (
        *(f"pair__{name}" for name in pairs.own_names),
        *(f"customer__{name}" for name in pairs.customer_names),
        *(f"crowd__{name}" for name, _ in joined),
        "category__place",
    )


def rows_of(pairs: Pairs, crowd: Crowd) -> NDArray[np.float32]:
    """Give a row per customer and category, customer by customer.

    Returns
    -------
    float32 array, shape (customers * categories, columns)
    """
    customers, categories, own = pairs.own.shape
    columns = columns_of(pairs, crowd)
    x = np.empty((customers, categories, len(columns)), dtype=np.float32)
    x[:, :, :own] = pairs.own
    at = own + pairs.customer.shape[1]
    x[:, :, own:at] = pairs.customer[:, None, :]
    for _, values in (*crowd.measures, *_joined(pairs, crowd)):
        x[:, :, at] = values
        at += 1
    x[:, :, at] = np.arange(categories)
    return x.reshape(customers * categories, len(columns))


def _joined(pairs: Pairs, crowd: Crowd) -> list[tuple[str, Floats]]:
    """Give what the crowd says of the pairs of these customers."""
    usual = dict(crowd.measures)["share"][None, :]
    days = _own(pairs, "days__all")
    order_days = pairs.customer[:, pairs.customer_names.index("order_days__all"), None].astype(np.float64)
    share = (days + SHARE_PRIOR * usual) / (order_days + SHARE_PRIOR)
    recent = _own(pairs, "recent__112d")
    gap = pairs.customer[:, pairs.customer_names.index("own_gap"), None].astype(np.float64)
    return [
        *near(crowd, pairs.taste, pairs.lately),
        ("own_share", share),
        ("own_pace", share / gap),
        ("recent_pace", (recent + usual) / gap),
    ]


def _own(pairs: Pairs, name: str) -> Floats:
    values: Floats = pairs.own[:, :, pairs.own_names.index(name)].astype(np.float64)
    return values


def by_frequency(pairs: Pairs, crowd: Crowd) -> Floats:
    """Rank by the own order days with a category ever, of equals by the popularity of the last 112 days."""
    return _own(pairs, "days__all") + dict(crowd.measures)["popular__112d"][None, :]


def by_popularity(pairs: Pairs, crowd: Crowd) -> Floats:
    """Rank by the buyers of the last 28 days, the same for every customer."""
    popular = dict(crowd.measures)["popular__28d"]
    return np.broadcast_to(popular, (len(pairs.customer_id), len(popular))).copy()
