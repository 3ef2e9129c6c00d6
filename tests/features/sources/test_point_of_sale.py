"""The tills: whose receipt it is, what is a return, and what is quarantined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

HEADER = "receipt_id,store,at,card_number,line_no,category,quantity,amount\n"


def test_a_receipt_is_a_basket_of_the_store_it_was_printed_in(
    export: Callable[..., Any], micros: Callable[[str], int]
) -> None:
    rows = (
        "1,Utrecht,2024-01-05T09:00:00,0900,1,shoes,1,20.00\n"
        "1,Utrecht,2024-01-05T09:00:00,0900,2,socks,2,10.00\n"
        "1,Breda,2024-01-06T09:00:00,0900,1,socks,-1,-5.00\n"
    )
    till = export("point_of_sale", {"receipts.csv": HEADER + rows}, time_zone="Europe/Amsterdam")
    found = till.rows("events")
    assert [(row["kind"], row["value"], row["quantity"], row["category"]) for row in found] == [
        ("purchase", 20.0, 1.0, "shoes"),
        ("purchase", 10.0, 2.0, "socks"),
        ("return", -5.0, 1.0, "socks"),
    ]
    assert {row["source_id"] for row in found} == {"card:0900"}
    assert {row["channel"] for row in found} == {"store"}
    assert found[0]["session_id"] == found[1]["session_id"] != found[2]["session_id"]
    assert found[0]["occurred_us"] == found[0]["known_us"] == micros("2024-01-05T09:00:00+01:00")
    assert len({row["event_id"] for row in found}) == 3


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,Utrecht,2024-01-05,,1,a,1,5", "receipt without a card belongs to nobody"),
        (",Utrecht,2024-01-05,900,1,a,1,5", "receipt_id is missing"),
        ("1,Utrecht,5 januari,900,1,a,1,5", "at cannot be read as a date"),
        ("1,Utrecht,2034-01-05,900,1,a,1,5", "at lies in the future"),
        ("1,Utrecht,2024-01-05,900,1,a,1,", "amount is missing"),
        ("1,Utrecht,2024-01-05,900,1,a,1,gratis", "amount is not a number"),
        ("1,Utrecht,2024-01-05,900,1,a,veel,5", "quantity is not a number"),
        ("1,Utrecht,2024-01-05,900,1,a,1e15,5", "quantity is impossibly large"),
        ("1,Utrecht,2024-01-05,900,1,a,1,-1e15", "value is impossibly large"),
    ],
)
def test_a_bad_line_is_quarantined(row: str, reason: str, export: Callable[..., Any]) -> None:
    good = "2,Utrecht,2024-01-05,900,1,a,1,5\n"
    till = export("point_of_sale", {"receipts.csv": f"{HEADER}{row}\n{good}"})
    assert till.reasons("receipts") == [reason, None]
    assert len(till.rows("events")) == 1


def test_a_line_is_named_by_its_key_where_the_export_has_one(export: Callable[..., Any]) -> None:
    row = "1,Utrecht,2024-01-05,900,1,a,1,5\n"
    twice = export("point_of_sale", {"receipts.csv": HEADER + row + row.replace(",a,", ",b,")})
    assert len({one["event_id"] for one in twice.rows("events")}) == 1
    unnumbered = HEADER.replace("line_no", "till") + row + row.replace(",a,", ",b,")
    apart = export("point_of_sale", {"receipts.csv": unnumbered})
    assert len({one["event_id"] for one in apart.rows("events")}) == 2


def test_a_decimal_comma_is_not_guessed(export: Callable[..., Any]) -> None:
    text = (HEADER + "1,Utrecht,2024-01-05,900,1,a,1,X\n").replace(",", ";").replace("X", "12,50")
    assert export("point_of_sale", {"receipts.csv": text}).reasons("receipts") == ["amount is not a number"]
    told = export("point_of_sale", {"receipts.csv": text}, decimal=",")
    assert told.rows("events")[0]["value"] == 12.5


def test_bytes_of_another_encoding_are_named(export: Callable[..., Any]) -> None:
    text = (HEADER + "1,Curaçao,2024-01-05,900,1,a,1,5\n").encode("latin-1")
    assert "options.encoding" in export("point_of_sale", {"receipts.csv": text}).refused()
    assert export("point_of_sale", {"receipts.csv": text}, encoding="latin-1").reasons("receipts") == [None]


def test_one_file_may_be_the_whole_source(export: Callable[..., Any]) -> None:
    till = export("point_of_sale", {"kassa.csv": HEADER + "1,Utrecht,2024-01-05,900,1,a,1,5\n"})
    till.folder = till.folder / "kassa.csv"
    assert till.reasons("receipts") == [None]
