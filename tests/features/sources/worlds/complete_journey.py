"""A small Complete Journey."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

EXPECTED = {"rows_in": 11, "kept": 8, "quarantined": 2, "deduplicated": 1}


def day(text: str) -> datetime:
    return datetime.fromisoformat(text)


def write(raw: Path) -> dict[str, Any]:
    when = [
        day("2017-01-02T10:00"),
        day("2017-02-01T10:00"),
        None,
        day("2017-03-01T10:00"),
        day("2017-02-01T10:00"),
    ]
    pq.write_table(
        pa.table(
            {
                "household_id": [1, 2, 2, 1, 2],
                "basket_id": [10, 20, 21, 11, 20],
                "product_id": [5, 6, 6, 99, 6],
                "quantity": [1, 2, 2, 1, 2],
                "sales_value": [1.0, 2.0, 2.0, float("nan"), 2.0],
                "transaction_timestamp": when,
            }
        ),
        raw / "transactions.parquet",
    )
    pq.write_table(
        pa.table({"product_id": [5, 6], "product_category": ["SOAP", None]}), raw / "products.parquet"
    )
    pq.write_table(pa.table({"campaign_id": [1, 2, 3], "household_id": [1, 2, 3]}), raw / "campaigns.parquet")
    pq.write_table(
        pa.table(
            {
                "campaign_id": [1, 2, 3],
                "campaign_type": ["Type A", "Type B", "Type C"],
                "start_date": [day("2017-01-10"), day("2017-02-10"), day("2017-02-10")],
            }
        ),
        raw / "campaign_descriptions.parquet",
    )
    redemptions = {"household_id": [1], "campaign_id": [1], "redemption_date": [day("2017-01-20")]}
    pq.write_table(pa.table(redemptions), raw / "coupon_redemptions.parquet")
    pq.write_table(pa.table({"household_id": [1, 2], "age": ["19-24", None]}), raw / "demographics.parquet")
    return {"complete_until": "2017-03-01"}
