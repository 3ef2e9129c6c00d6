"""A small GA4 export."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.contract import DAY_US

EXPECTED = {"rows_in": 9, "kept": 4, "quarantined": 3, "deduplicated": 2}


def write(raw: Path) -> dict[str, Any]:
    def rows(start: int) -> pa.Table:
        params = [[{"key": "ga_session_id", "value": {"string_value": None, "int_value": 4}}], [], []]
        return pa.table(
            {
                "event_timestamp": [start, start + 1, start + 1],
                "event_name": ["page_view", "purchase", "purchase"],
                "user_pseudo_id": ["u.1", "u.1", None],
                "event_params": params,
                "ecommerce": [None, {"purchase_revenue_in_usd": 5.0}, None],
                "user_id": [None, "k7", None],
            }
        )

    first = int(datetime(2021, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
    pq.write_table(rows(first), raw / "events_20210101.parquet")
    pq.write_table(rows(first), raw / "events_20210101_again.parquet")
    pq.write_table(rows(first + 3 * DAY_US), raw / "events_20210104.parquet")
    return {}
