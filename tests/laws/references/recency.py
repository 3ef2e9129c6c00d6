"""Recency, the slow way."""

from __future__ import annotations

import pyarrow as pa

from features.contract import BEHAVIOUR, DAY_US
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer: the age in days of the newest moment of each sort."""

    def since(moments: set[int], nth: int = 1) -> float:
        newest_first = sorted(moments, reverse=True)
        if len(newest_first) < nth:
            return frame.lookback_days
        return (frame.cutoff_us - newest_first[nth - 1]) / DAY_US

    def of(*kinds: str) -> set[int]:
        return {row.occurred_us for row in mine if row.kind in kinds}

    out = {"behaviour": since(of(*BEHAVIOUR))}
    if "purchase" in scope.kinds:
        out |= {"order": since(of("purchase")), "order_2": since(of("purchase"), 2),
                "order_4": since(of("purchase"), 4)}  # fmt: skip
    for kind in scope.kinds:
        if kind in BEHAVIOUR and kind != "purchase":
            out[kind] = since(of(kind))
    return out
