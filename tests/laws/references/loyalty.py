"""Loyalty, the slow way."""

from __future__ import annotations

import pyarrow as pa

from features.contract import DAY_US
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer."""
    declared = set(scope.kinds)
    longest = scope.kind_windows_days[-1]
    out: dict[str, float] = {}
    saved = {row.event_id: _points(row) for row in mine if row.kind == "loyalty_earn"}
    spent = {row.event_id: _points(row) for row in mine if row.kind == "loyalty_redeem"}
    if declared & {"loyalty_earn", "loyalty_redeem"}:
        out["points_recency"] = _recency(mine, frame, "loyalty_earn", "loyalty_redeem")
    if "loyalty_earn" in declared:
        out["points_saved"] = sum(saved.values())
        out[f"points_saved__{longest}d"] = sum(
            saved[row.event_id] for row in mine if row.event_id in saved and _age(row, frame) <= longest
        )
    if "loyalty_redeem" in declared:
        out["points_spent"] = sum(spent.values())
    if {"loyalty_earn", "loyalty_redeem"} <= declared:
        all_points = sum(saved.values()) + sum(spent.values())
        out["points_left"] = max(sum(saved.values()) - sum(spent.values()), 0)
        out["points_spent_share"] = sum(spent.values()) / all_points if all_points else 0.0
    told = [kind for kind in ("referral", "share", "review") if kind in declared]
    if told:
        out["advocacy_recency"] = _recency(mine, frame, *told)
        out[f"advocacy__{longest}d"] = sum(row.kind in told and _age(row, frame) <= longest for row in mine)
        out |= {f"{kind}s": sum(row.kind == kind for row in mine) for kind in told}
    if declared & {"subscribe", "unsubscribe"}:
        choices = [row.kind for row in mine if row.kind in ("subscribe", "unsubscribe")]
        out["subscribed"] = {"subscribe": 1, "unsubscribe": -1}[choices[-1]] if choices else 0
    return out


def _points(row: Row) -> float:
    return next((number for number in (row.quantity, row.value) if number and number > 0), 1.0)


def _age(row: Row, frame: Frame) -> float:
    return (frame.cutoff_us - row.occurred_us) / DAY_US


def _recency(mine: list[Row], frame: Frame, *kinds: str) -> float:
    return min((_age(row, frame) for row in mine if row.kind in kinds), default=frame.lookback_days)
