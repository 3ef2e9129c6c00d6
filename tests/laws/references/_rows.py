"""What a slow reference reads: plain rows of one customer, as known at a cutoff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from features.contract import DAY_US


@dataclass(frozen=True)
class Row:
    """One event; None where the source left it empty."""

    event_id: int
    occurred_us: int
    known_us: int
    kind: str
    channel: str | None
    category: str | None
    session_id: int | None
    value: float | None
    quantity: float | None
    duration_s: float | None
    rating: float | None
    rating_scale: str | None
    sentiment: float | None


WHOLE = ("event_id", "occurred_us", "known_us", "session_id")
NUMBERS = ("value", "quantity", "duration_s", "rating", "sentiment")
WORDS = ("kind", "channel", "category", "rating_scale")


def rows_at(log: pd.DataFrame, cutoff_us: int, lookback_days: int) -> dict[int, list[Row]]:
    """Give the rows of every customer known at a cutoff, sorted by (occurred_us, event_id).

    A customer of whom only older events are known than the look-back holds stands here with no rows.
    """
    out: dict[int, list[Row]] = {}
    for event in log.sort_values(["occurred_us", "event_id"]).to_dict("records"):
        until = event.get("until_us")
        gone = not pd.isna(until) and until <= cutoff_us
        if event["occurred_us"] >= cutoff_us or event["known_us"] > cutoff_us or gone:
            continue
        mine = out.setdefault(event["customer_id"], [])
        if event["occurred_us"] >= cutoff_us - lookback_days * DAY_US:
            mine.append(_row(event))
    return out


def _row(event: dict[Any, Any]) -> Row:
    def cell(name: str, of: type) -> Any:
        value = event.get(name)
        return None if pd.isna(value) else of(value)

    return Row(
        **{name: cell(name, int) for name in WHOLE},
        **{name: cell(name, float) for name in NUMBERS},
        **{name: cell(name, str) for name in WORDS},
    )
