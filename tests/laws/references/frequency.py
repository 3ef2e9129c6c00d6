"""Frequency, the slow way."""

from __future__ import annotations

import pyarrow as pa

from features.contract import BEHAVIOUR, DAY_US
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row

ONCE = {"ad_click", "email_open", "email_click", "ticket_open", "chat", "review", "survey", "referral", "share",
        "loyalty_earn", "loyalty_redeem", "subscribe", "unsubscribe"}  # fmt: skip


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer: how many moments, days and rows lie in each window."""

    def inside(moments: list[int] | set[int], days: int) -> int:
        return sum(moment >= frame.cutoff_us - days * DAY_US for moment in moments)

    def days_of(moments: list[int]) -> set[int]:
        return {moment // DAY_US * DAY_US for moment in moments}

    kinds = [kind for kind in scope.kinds if kind in BEHAVIOUR]
    chosen = [days for days in frame.windows_days if days in (scope.kind_windows_days or frame.windows_days)]
    out: dict[str, float] = {}
    if "purchase" in kinds:
        orders = {row.occurred_us for row in mine if row.kind == "purchase"}
        out["orders"] = len(orders)
        for days in frame.windows_days:
            halvings = [((frame.cutoff_us - moment - 1) // DAY_US) / days for moment in orders]
            out[f"orders__{days}d"] = inside(orders, days)
            out[f"orders_decayed__{days}d"] = sum(2.0**-halving for halving in halvings)
        for days in chosen:
            out[f"order_days__{days}d"] = inside(days_of(list(orders)), days)
    if set(kinds) - {"purchase"}:
        active = days_of([row.occurred_us for row in mine if row.kind in BEHAVIOUR])
        out |= {f"active_days__{days}d": inside(active, days) for days in frame.windows_days}
    for kind in kinds:
        if kind != "purchase":
            rows = [row.occurred_us for row in mine if row.kind == kind]
            for days in [max(chosen)] if kind in ONCE else chosen:
                out[f"{kind}__{days}d"] = inside(rows, days)
    return out
