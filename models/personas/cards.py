"""The facts of a persona's card: how much, where, in which phase, and what stands out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.contract import CHANNELS
from features.settings import DORMANT
from models.personas.axes import GROUPS

#: A phase with a smaller share of the group is not where it stalls.
STALL_SHARE = 0.1
#: So many things that stand out are told.
TOLD = 4
#: A group with a smaller share of buyers has not bought; what only orders tell says nothing about it.
FEW_BUYERS = 0.2
OF_ORDERS = ("monetary__order_value", "category__breadth", "frequency__return")
#: A difference smaller than this part of what is usual is not worth telling, however many customers show it.
SAME = 0.1


def card(
    rows: pa.Table, inside: NDArray[np.bool_], everybody: NDArray[np.bool_], distance: Mapping[str, float]
) -> dict[str, Any]:
    """Give the facts of one group of customers.

    Parameters
    ----------
    rows : pyarrow.Table
        The feature table at one cutoff.
    inside, everybody : bool array, shape (customers,)
        Who is in the group, and whom it is compared with.
    distance : mapping
        Column to the distance of the group from everybody, in standard deviations.

    Returns
    -------
    dict
        ``distance``; ``buyers`` (share with an order; 0 where orders are not seen), ``orders``, ``spend`` (money, mean
        per customer, null where not seen), ``known_share`` (mean days known, relative to everybody), ``channel``
        and ``channel_share`` (the main one), ``phases`` (share per phase), ``stalls_in`` and ``stall_days``
        (mean days in that phase), ``alike`` (columns in which the group is in plain numbers like everybody), and
        ``stands_out``: ``column``, ``distance``, ``here``, ``everybody``.
    """
    orders, spend = _money(rows, inside)
    known = _mean(rows, "tenure__known_days", everybody)
    here = _mean(rows, "tenure__known_days", inside)
    buyers = 0.0 if orders is None else round(float((orders > 0).mean()), 6)
    pairs = {
        name: (_usual(rows, name, inside), _usual(rows, name, everybody))
        for name in distance
    }  # fmt: skip
    alike = [name for name, pair in pairs.items() if _alike(*pair, distance[name])]
    told = _told({name: far for name, far in distance.items() if name not in alike}, buyers)
    return {
        "distance": dict(distance),
        "buyers": buyers,
        "orders": None if orders is None else round(float(orders.mean()), 4),
        "spend": spend,
        "known_share": round(here / known, 4) if here is not None and known else 1.0,
        **_channel(rows, inside),
        **_phases(rows, inside),
        "alike": sorted(alike),
        "stands_out": [
            {"column": name, "distance": far, "here": pairs[name][0], "everybody": pairs[name][1]}
            for name, far in told
        ],
    }


def _told(distance: Mapping[str, float], buyers: float) -> list[tuple[str, float]]:
    """Give what stands out, strongest first, one column of each group: three ways to count visits say one thing.

    Who hardly ever ordered has no baskets to tell of, and for many the days since the last order have no end.
    """
    told = {
        name: far for name, far in distance.items() if buyers >= FEW_BUYERS or stem_of(name) not in OF_ORDERS
    }
    if "recency__behaviour" in told:
        told.pop("recency__order", None)
    found: dict[str, tuple[str, float]] = {}
    for name, far in sorted(told.items(), key=lambda pair: (-abs(pair[1]), pair[0])):
        found.setdefault(_group(name), (name, far))
    return list(found.values())[:TOLD]


def _group(column: str) -> str:
    stem = stem_of(column)
    return next(
        (group for group, (_, names) in GROUPS.items() if any(stem_of(one) == stem for one in names)), stem
    )


def stem_of(column: str) -> str:
    """Give the name of a column without its window.

    Examples
    --------
    >>> stem_of("sessions__visits__364d"), stem_of("sessions__visits__"), stem_of("channel__web_share")
    ('sessions__visits', 'sessions__visits', 'channel__web_share')
    """
    return "__".join(column.split("__")[:2])


def _values(rows: pa.Table, name: str, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.asarray(rows[name].to_numpy(), dtype=np.float64)[inside]


def _mean(rows: pa.Table, name: str, inside: NDArray[np.bool_]) -> float | None:
    return round(float(_values(rows, name, inside).mean()), 4) if name in rows.column_names else None


def _usual(rows: pa.Table, name: str, inside: NDArray[np.bool_]) -> float:
    """Give the mean, of what only orders tell that of buyers; of days since something the median: never is long ago."""
    if stem_of(name) in OF_ORDERS and "frequency__orders" in rows.column_names:
        bought = inside & (np.asarray(rows["frequency__orders"].to_numpy(), dtype=np.float64) > 0)
        inside = bought if bought.any() else inside
    values = _values(rows, name, inside)
    return round(float(np.median(values) if name.startswith("recency__") else values.mean()), 4)


def _alike(here: float, everybody: float, distance: float) -> bool:
    """Say whether plain numbers (of buyers, where only orders tell) do not differ the way the distance says."""
    apart = here - everybody if distance > 0 else everybody - here
    return apart < SAME * abs(everybody)


def _money(rows: pa.Table, inside: NDArray[np.bool_]) -> tuple[NDArray[np.float64] | None, float | None]:
    if "frequency__orders" not in rows.column_names:
        return None, None
    orders = _values(rows, "frequency__orders", inside)
    if "monetary__order_value" not in rows.column_names:
        return orders, None
    return orders, round(float((orders * _values(rows, "monetary__order_value", inside)).mean()), 4)


def _channel(rows: pa.Table, inside: NDArray[np.bool_]) -> dict[str, Any]:
    shares = {
        one: float(_values(rows, f"channel__{one}_share", inside).mean())
        for one in CHANNELS
        if f"channel__{one}_share" in rows.column_names
    }
    main = max(shares, key=lambda one: shares[one]) if any(shares.values()) else None
    return {"channel": main, "channel_share": round(shares[main], 6) if main else None}


def _phases(rows: pa.Table, inside: NDArray[np.bool_]) -> dict[str, Any]:
    """Count phases; they stall where most of their time is spent, in a phase that matters to the group."""
    phase = np.asarray(rows["phase"].cast("string").to_pylist(), dtype=object)[inside]
    days = _values(rows, "days_in_phase", inside)
    names, place = np.unique(phase.astype(str), return_inverse=True)
    share = np.bincount(place) / len(phase)
    mean_days = np.bincount(place, weights=days) / np.bincount(place)
    awake = (names != DORMANT) & (share >= STALL_SHARE)
    if not awake.any():
        awake = share == share.max()
    chosen = int(np.argmax(np.where(awake, share * mean_days, -1.0)))
    return {
        "phases": {name: round(float(one), 6) for name, one in zip(names.tolist(), share, strict=True)},
        "stalls_in": str(names[chosen]),
        "stall_days": round(float(mean_days[chosen]), 2),
    }
