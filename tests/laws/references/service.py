"""Service, the slow way: one walk over the tickets of a customer, in the order they came."""

from __future__ import annotations

from statistics import fmean

import pyarrow as pa

from features.contract import DAY_US
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer."""
    asked = [row for row in mine if row.kind in ("ticket_open", "chat") and row.kind in scope.kinds]
    ages = [(frame.cutoff_us - row.occurred_us) / DAY_US for row in asked]
    out: dict[str, float] = {
        "questions": len(asked),
        "question_recency": ages[-1] if ages else frame.lookback_days,
    }
    for days in scope.kind_windows_days[-2:]:
        out[f"questions__{days}d"] = sum(age <= days for age in ages)
    if "purchase" in scope.kinds:
        orders = {row.occurred_us for row in mine if row.kind == "purchase"}
        out["questions_per_order"] = len(asked) / (len(orders) + 1)
    if "ticket_open" in scope.kinds and "ticket_close" in scope.kinds:
        out |= tickets(mine, frame)
    return out


def tickets(mine: list[Row], frame: Frame) -> dict[str, float]:
    waits: list[float] = []
    opened: list[int] = []
    closed: list[int] = []
    again = 0.0
    for row in mine:
        if row.kind == "ticket_open":
            if closed and row.occurred_us - closed[-1] <= 14 * DAY_US:
                again += 1
            opened.append(row.occurred_us)
        elif row.kind == "ticket_close":
            if row.duration_s:
                waits.append(row.duration_s / 86_400)
            elif opened:
                waits.append((row.occurred_us - opened[-1]) / DAY_US)
            if row.quantity is not None and row.quantity > 1:
                again += row.quantity - 1
            closed.append(row.occurred_us)
    still_open = opened[len(closed) :]
    return {
        "open_now": len(still_open),
        "waiting_now": (frame.cutoff_us - still_open[0]) / DAY_US if still_open else 0.0,
        "waiting_mean": fmean(waits) if waits else 0.0,
        "waiting_last": waits[-1] if waits else 0.0,
        "reopened": again,
    }
