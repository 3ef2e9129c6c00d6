"""Open Bandit: an impression is a decision about a customer of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

HEADER = "timestamp,item_id,position,click,propensity_score,user_feature_0\n"
GOOD = "2019-11-24T10:00:17Z,2,1,1,0.25,81ce"


def read(export: Callable[..., Any], *rows: str) -> Any:
    text = HEADER + "\n".join(rows) + "\n"
    return export("open_bandit", {"impressions.csv": text}, items=3, policy="thompson", click_value=2.0)


def decided(log: Any) -> list[dict[str, Any]]:
    """Give the decisions, with the id of the source in place of the pseudonym."""
    ids = sorted({one["source_id"] for one in log.rows("events")})
    seen = pa.table({"source_id": ids, "customer_id": range(len(ids)), "first_us": [0] * len(ids)})
    rows = log.source.decisions(seen, 2**62).to_pylist()
    return [{**row, "source_id": ids[row["customer_id"]]} for row in rows]


def test_an_impression_is_a_decision(export: Callable[..., Any], micros: Callable[[str], int]) -> None:
    log = read(export, GOOD)
    (one,) = decided(log)
    assert one["decided_us"] == micros("2019-11-24T10:00:17")
    assert (one["action"], one["eligible"]) == ("item_2", ["item_0", "item_1", "item_2"])
    assert (one["propensity"], one["outcome"], one["value"], one["policy"]) == (0.25, 1.0, 2.0, "thompson")
    assert log.source.declaration().actions == ("none", "item_0", "item_1", "item_2")


def test_the_visit_is_known_at_the_midnight_before(
    export: Callable[..., Any], micros: Callable[[str], int]
) -> None:
    log = read(export, GOOD, GOOD)
    first, second = log.rows("events")
    assert first["kind"] == "page_view" and first["occurred_us"] == micros("2019-11-23T23:59:59")
    assert first["source_id"] != second["source_id"]
    told = log.rows("attributes")
    assert [(one["attribute"], one["value"]) for one in told] == [("user_feature_0", "81ce")] * 2
    assert {one["known_us"] for one in told} == {micros("2019-11-23T23:59:59")}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (",2,1,1", ",3,1,1", r"item_id is not one of 0 to 2 (options.items)"),
        (",2,1,1", ",,1,1", "item_id is missing"),
        ("0.25", "0", "propensity_score is not above 0"),
        ("0.25", "", "propensity_score is missing"),
        (",1,0.25", ",,0.25", "click is missing"),
        ("2019-11-24T10:00:17Z", "", "timestamp is missing"),
    ],
)
def test_a_bad_impression_is_quarantined(old: str, new: str, reason: str, export: Callable[..., Any]) -> None:
    assert old in GOOD
    assert read(export, GOOD.replace(old, new, 1), GOOD).reasons("impressions") == [reason, None]
