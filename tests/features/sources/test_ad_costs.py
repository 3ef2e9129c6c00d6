"""Advertising costs: days, channels, amounts, and what is quarantined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

HEADER = "day,channel,campaign,impressions,clicks,cost\n"


def test_what_was_spent_per_day_channel_and_campaign(
    export: Callable[..., Any], micros: Callable[[str], int]
) -> None:
    rows = "2024-01-01,Google,spring,1000,40,12.50\n2024-01-02,email,,,,0\n2024-01-02,radio,x,,,5\n"
    costs = export(
        "ad_costs",
        {"costs.csv": HEADER + rows},
        channels={"google": "paid_search"},
        time_zone="Europe/Amsterdam",  # a day stays that day
    )
    assert [tuple(row.values()) for row in costs.rows("costs")] == [
        (micros("2024-01-01"), "paid_search", "spring", 12.5),
        (micros("2024-01-02"), "email", None, 0.0),
        (micros("2024-01-02"), "other", "x", 5.0),
    ]
    assert costs.rows("events") == []
    assert costs.source.declaration().kinds == ()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",email,,,,1", "day is missing"),
        ("last week,email,,,,1", "day cannot be read as a date"),
        ("2024-01-01,,,,,1", "channel is missing"),
        ("2024-01-01,email,,,,", "cost is missing"),
        ("2024-01-01,email,,,,free", "cost is not a number"),
        ("2024-01-01,email,,,,-1", "cost is negative"),
        ("2024-01-01,email,,,,1e13", "cost is above 1e+12"),
        ("2034-01-01,email,,,,1", "day lies in the future"),
    ],
)
def test_a_bad_row_is_quarantined(row: str, reason: str, export: Callable[..., Any]) -> None:
    costs = export("ad_costs", {"costs.csv": f"{HEADER}{row}\n2024-01-01,email,,,,1\n"})
    assert costs.reasons("costs") == [reason, None]
    assert len(costs.rows("costs")) == 1


def test_a_column_that_is_not_there_is_named(export: Callable[..., Any]) -> None:
    message = export("ad_costs", {"costs.csv": "day,channel,spend\n2024-01-01,email,1\n"}).refused()
    assert "column 'cost' is missing" in message and "options.columns.costs.cost" in message
