"""Funnel, the slow way: sets of days, and the rounds between two orders."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa

from features.contract import DAY_US
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer; the kinds the source lacks are left out of the steps."""
    steps = [kind for kind in ("product_view", "cart_add", "checkout", "purchase") if kind in scope.kinds]
    days = {kind: {row.occurred_us // DAY_US for row in mine if row.kind == kind} for kind in steps}
    today = frame.cutoff_us // DAY_US
    out: dict[str, float] = {}
    for below, above in pairwise(steps):
        out[f"{above}_per_{below}"] = (len(days[above]) + 0.5) / (len(days[below]) + 2)
    short = [kind for kind in steps if kind != "checkout"]
    for below, above in pairwise(short):
        usual = (len(days[above]) + 0.5) / (len(days[below]) + 2)
        for back in (28, 84):
            recent = {kind: sum(day >= today - back for day in days[kind]) for kind in (below, above)}
            out[f"{above}_per_{below}__{back}d"] = (recent[above] + 2 * usual) / (recent[below] + 2)
    if "cart_add" in steps:
        if "purchase" in steps:
            old = [day for day in days["cart_add"] if day < today - 7]
            left = [day for day in old if not days["purchase"] & set(range(day, day + 8))]
            out["abandoned_share"] = (len(left) + 0.5) / (len(old) + 1)
            out["abandoned__84d"] = sum(day >= today - 84 for day in left)
        out |= cart(mine, frame)
    return out | rounds(mine, steps, frame)


def ordered(mine: list[Row]) -> list[int]:
    return sorted({row.occurred_us for row in mine if row.kind == "purchase"})


def cart(mine: list[Row], frame: Frame) -> dict[str, float]:
    after = max(ordered(mine), default=None)
    since = [row for row in mine if after is None or row.occurred_us > after]
    added = [row for row in since if row.kind == "cart_add"]
    age = (frame.cutoff_us - added[-1].occurred_us) / DAY_US if added else frame.lookback_days
    items, value = 0, 0.0
    for row in since:
        if row.occurred_us >= frame.cutoff_us - 28 * DAY_US and row.kind in ("cart_add", "cart_remove"):
            items += 1 if row.kind == "cart_add" else -1
            value += (row.value or 0.0) if row.kind == "cart_add" else -abs(row.value or 0.0)
    return {"cart_age": age, "cart_items": max(items, 0), "cart_value": max(value, 0.0)}


def rounds(mine: list[Row], steps: list[str], frame: Frame) -> dict[str, float]:
    """A round ends with its order; what happens at that very moment belongs to it."""
    ends = ordered(mine)
    to_order, to_cart, started = [], [], None
    for number in range(len(ends) + 1):
        after = ends[number - 1] if number else None
        until = ends[number] if number < len(ends) else None
        inside = [
            row
            for row in mine
            if (after is None or row.occurred_us > after) and (until is None or row.occurred_us <= until)
        ]
        looks = [row.occurred_us for row in inside if row.kind == steps[0]]
        carts = [row.occurred_us for row in inside if row.kind == "cart_add"]
        if looks and until is not None:
            to_order.append((until - looks[0]) / DAY_US)
        if looks and carts and carts[0] >= looks[0]:
            to_cart.append((carts[0] - looks[0]) / DAY_US)
        started = looks[0] if looks else None
    deep = {"product_view": 1, "cart_add": 2, "checkout": 3}
    out = {
        "running_days": (frame.cutoff_us - started) / DAY_US if started is not None else 0.0,
        "deepest": max(
            (deep[row.kind] for row in inside if row.kind in steps and row.kind in deep), default=0
        ),
    }
    if "purchase" in steps:
        out["days_to_order"] = (sum(to_order) + 7) / (len(to_order) + 1)
    if "cart_add" in steps[1:]:
        out["days_to_cart"] = (sum(to_cart) + 7) / (len(to_cart) + 1)
    return out
