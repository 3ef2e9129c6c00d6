"""Monetary, the slow way: orders as a dictionary from moment to money."""

from __future__ import annotations

from statistics import fmean, pstdev

import pyarrow as pa

from features.contract import DAY_US
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer; a row without a value is worth nothing."""

    def since(days: int) -> list[Row]:
        return [row for row in mine if row.occurred_us >= frame.cutoff_us - days * DAY_US]

    orders = _orders(mine)
    values = [orders[moment] for moment in sorted(orders)]
    mean = fmean(values) if values else 0.0
    spread = pstdev(values) if values else 0.0
    known = (frame.cutoff_us - min(orders)) / DAY_US if orders else 0.0
    # Somebody with fewer than three orders: the rest are taken to be usual.
    last_3 = fmean([*values[-3:], *[mean] * (3 - len(values[-3:]))])
    out = {
        "order_value": mean,
        "spend_per_day": sum(values) / max(known, 7.0),
        "order_value_spread": spread,
        "order_value_variation": spread / mean if mean > 0 else 0.0,
        "order_value_top": max([0.0, *values]),
        "order_value_last": values[-1] if values else 0.0,
        "order_value_last_share": values[-1] / mean if mean > 0 else 1.0,
        "order_value_last_3_share": last_3 / mean if mean > 0 else 1.0,
    }
    for days in frame.windows_days:
        out[f"spend__{days}d"] = _money(since(days), "purchase")
    if "return" in scope.kinds:
        spent, back = _money(mine, "purchase"), -_money(mine, "return")
        out |= {"net_spend": spent - back, "returned_share": back / spent if spent > 0 else 0.0}
        for days in scope.kind_windows_days or frame.windows_days:
            out[f"net_spend__{days}d"] = _money(since(days), "purchase") + _money(since(days), "return")
    if "discount" in scope.kinds:
        given = _money(mine, "discount")
        price = _money(mine, "purchase") + given
        out["discount_share"] = given / price if price > 0 else 0.0
    return out


def _money(rows: list[Row], kind: str) -> float:
    return sum(row.value or 0.0 for row in rows if row.kind == kind)


def _orders(mine: list[Row]) -> dict[int, float]:
    orders: dict[int, float] = {}
    for row in mine:
        if row.kind == "purchase":
            orders[row.occurred_us] = orders.get(row.occurred_us, 0.0) + (row.value or 0.0)
    return orders
