"""Tenure, the slow way."""

from __future__ import annotations

import pyarrow as pa

from features.contract import BEHAVIOUR, DAY_US
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer: first and last moments, and days with anything."""
    moments = [row.occurred_us for row in mine if row.kind in BEHAVIOUR]
    days = {moment // DAY_US for moment in moments}
    known = (frame.cutoff_us - min(moments)) / DAY_US if moments else 0.0
    silent = (frame.cutoff_us - max(moments)) / DAY_US if moments else float(frame.lookback_days)
    out = {
        "known_days": known,
        "active_share": len(days) / (known if known > 7 else 7),
        "silent_share": silent / known if moments else 1.0,
    }
    if "purchase" in scope.kinds:
        bought = [row.occurred_us for row in mine if row.kind == "purchase"]
        out["customer_days"] = (frame.cutoff_us - min(bought)) / DAY_US if bought else 0.0
        out["buying_span_share"] = (
            (max(bought) - min(bought)) / (frame.cutoff_us - min(bought)) if bought else 0.0
        )
    return out
