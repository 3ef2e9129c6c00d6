"""The web shop: what orders, lines and returns become, and what malformed ones are refused or quarantined for."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from features.pseudonyms import email_ids

KEY = b"a key of the tests"
ORDERS = "order_id,ordered_at,customer_id,email,channel,status,coupon_code,discount\n"
LINES = "order_id,line_no,category,quantity,unit_price,discount\n"
RETURNS = "return_id,order_id,line_no,returned_at,quantity,amount\n"
ORDER = ORDERS + "o1,2024-01-02T10:00:00,K1,jan@example.nl,web,paid,,\n"


def email(address: str) -> str:
    return str(email_ids(pa.array([address]), KEY)[0])


def test_a_line_is_worth_its_price_less_both_discounts(
    export: Callable[..., Any], micros: Callable[[str], int]
) -> None:
    shop = export(
        "web_shop",
        {
            "orders.csv": ORDERS + "o1,2024-05-02T10:00:00,K1,,app,paid,,6\n",
            "order_lines.csv": LINES + "o1,1,shoes,2,25.00,10\no1,2,socks,1,20.00,\n",
        },
        time_zone="Europe/Amsterdam",
    )
    lines = shop.rows("events")
    assert [(row["value"], row["quantity"], row["category"]) for row in lines] == [
        (pytest.approx(40 - 4), 2.0, "shoes"),
        (pytest.approx(20 - 2), 1.0, "socks"),
    ]
    moment = micros("2024-05-02T10:00:00+02:00")
    assert {(row["occurred_us"], row["known_us"], row["kind"], row["channel"]) for row in lines} == {
        (moment, moment, "purchase", "app")
    }
    assert {row["source_id"] for row in lines} == {"K1"}


def test_a_discount_beyond_the_order_leaves_nothing_below_zero(export: Callable[..., Any]) -> None:
    orders = ORDERS + "o1,2024-01-02,K1,,web,paid,FREE,30\n"
    shop = export("web_shop", {"orders.csv": orders, "order_lines.csv": LINES + "o1,1,shoes,1,20,\n"})
    assert [(row["kind"], row["value"]) for row in shop.rows("events")] == [
        ("purchase", 0.0),
        ("discount", 30.0),
    ]


def test_a_coupon_is_one_treatment_however_many_lines(export: Callable[..., Any]) -> None:
    orders = ORDERS + "o1,2024-01-02,K1,,web,paid,SPRING,5\no2,2024-01-03,K1,,web,paid,,5\n"
    # Line 1 was never sold: the coupon goes with the first line that was.
    lines = LINES + "o1,10,a,1,20,\no1,1,a,0,20,9\no1,2,a,1,20,2.50\no2,1,a,1,20,\n"
    shop = export("web_shop", {"orders.csv": orders, "order_lines.csv": lines})
    told = next(one for _, one in shop.told if one.events.num_rows)
    coupons = [row for row in shop.rows("events") if row["kind"] == "discount"]
    assert [(row["campaign"], row["value"], row["source_id"]) for row in coupons] == [("SPRING", 7.5, "K1")]
    assert told.rows[told.extra].tolist() == [3]
    ids = [row["event_id"] for row in shop.rows("events")]
    assert len(set(ids)) == len(ids)


def test_returns_are_below_zero_and_known_when_they_came_back(
    export: Callable[..., Any], micros: Callable[[str], int]
) -> None:
    shop = export(
        "web_shop",
        {
            "orders.csv": ORDER,
            "order_lines.csv": LINES + "o1,1,shoes,2,25,\n",
            "returns.csv": RETURNS
            + "r1,o1,1,2024-01-09,1,25\nr2,o1,1,2024-01-10,1,-25\nr3,o1,7,2024-01-10,1,5\n"
            + "r4,o1,1,2024-01-01,1,25\nr5,o2,1,2024-01-10,1,25\nr6,o1,1,2024-01-10,1,\nr7,o1,1,,1,25\n",
        },
    )
    back = [row for row in shop.rows("events") if row["kind"] == "return"]
    assert [(row["value"], row["category"], row["source_id"]) for row in back] == [
        (-25.0, "shoes", "K1"),
        (-25.0, "shoes", "K1"),
        (-5.0, None, "K1"),
    ]
    assert back[0]["known_us"] == back[0]["occurred_us"] == micros("2024-01-09")
    assert shop.reasons("returns")[3:] == [
        "returned_at lies before the order",
        "order is not in the export",
        "amount is missing",
        "returned_at is missing",
    ]


def test_orders_tell_whose_address_it_is(export: Callable[..., Any], micros: Callable[[str], int]) -> None:
    orders = (
        ORDERS
        + "o1,2024-01-02,, Gast@Example.NL ,web,paid,,\no2,2024-02-02,K1,gast@example.nl,web,paid,,\n"
        + "o3,2024-02-03,K2,no address,web,paid,,\n"
    )
    lines = LINES + "o1,1,a,1,5,\no2,1,a,1,5,\no3,1,a,1,5,\n"
    shop = export("web_shop", {"orders.csv": orders, "order_lines.csv": lines})
    assert [row["source_id"] for row in shop.rows("events")] == [email("gast@example.nl"), "K1", "K2"]
    assert shop.rows("links") == [
        {
            "anonymous_source_id": email("gast@example.nl"),
            "source_id": "K1",
            "known_us": micros("2024-02-02"),
        }
    ]


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (",2024-01-02,K1,,web,paid,,", "order_id is missing"),
        ("o1,,K1,,web,paid,,", "ordered_at is missing"),
        ("o1,31-02-2024,K1,,web,paid,,", "ordered_at cannot be read as a date"),
        ("o1,1969-12-31,K1,,web,paid,,", "ordered_at lies before 1970"),
        ("o1,2025-01-01,K1,,web,paid,,", "ordered_at lies in the future"),
        ("o1,2024-01-02,,,web,paid,,", "order has neither a customer number nor an e-mail address"),
        (
            "o1,2024-01-02,,jan at home,web,paid,,",
            "order has neither a customer number nor an e-mail address",
        ),
        ("o1,2024-01-02,K1,,web,paid,,ten", "discount is not a number"),
        ("o1,2024-01-02,K1,,web,paid,,-1", "discount is negative"),
        ("o1,2024-01-02,K1,,web,Cancelled,,", "skipped by rule: status is cancelled"),
        ("o1,2024-01-02,K1,,web,test,,", "skipped by rule: status is test"),
    ],
)
def test_a_bad_order_takes_its_lines_along(order: str, reason: str, export: Callable[..., Any]) -> None:
    files = {"orders.csv": ORDERS + order + "\n", "order_lines.csv": LINES + "o1,1,a,1,5,\n"}
    shop = export("web_shop", files)
    assert shop.reasons("orders") == [reason]
    missing = order.startswith(",")
    assert shop.reasons("order_lines") == [
        "order is not in the export" if missing else f"its order: {reason}"
    ]
    assert shop.rows("events") == shop.rows("links") == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",1,a,1,5,", "order_id is missing"),
        ("o1,,a,1,5,", "line_no is missing"),
        ("o1,1,a,one,5,", "quantity is not a number"),
        ("o1,1,a,,5,", "quantity is missing"),
        ("o1,1,a,0,5,", "quantity is not above zero"),
        ("o1,1,a,1,NaN,", "unit_price is not a number"),
        ("o1,1,a,1,-5,", "unit_price is negative"),
        ("o1,1,a,1,,", "unit_price is missing"),
        ("o1,1,a,1,5,6", "discount is larger than the line"),
        ("o1,1,a,1e13,1,", "value is impossibly large"),
        ("o1,1,a,1e13,0,", "quantity is impossibly large"),
        ("o9,1,a,1,5,", "order is not in the export"),
    ],
)
def test_a_bad_line_is_quarantined(line: str, reason: str, export: Callable[..., Any]) -> None:
    shop = export("web_shop", {"orders.csv": ORDER, "order_lines.csv": f"{LINES}{line}\no1,2,a,1,5,\n"})
    assert shop.reasons("order_lines") == [reason, None]
    assert [row["value"] for row in shop.rows("events")] == [5.0]


CANCELLED = ORDERS.replace("status", "status,cancelled_at") + (
    "o1,2024-01-02T10:00:00,K1,jan@example.nl,web,cancelled,2024-01-04T09:00:00,SPRING,6\n"
)
TWO_LINES = LINES + "o1,1,shoes,2,20,\no1,2,socks,1,20,\n"


def test_an_order_that_says_when_it_was_cancelled_was_sold_until_then(
    export: Callable[..., Any], micros: Callable[[str], int]
) -> None:
    """Before the moment nobody could know: the past has the purchase, from then on its return takes it back."""
    shop = export("web_shop", {"orders.csv": CANCELLED, "order_lines.csv": TWO_LINES})
    assert shop.reasons("orders") == [None] and shop.reasons("order_lines") == [None, None]
    ordered, cancelled = micros("2024-01-02T10:00:00"), micros("2024-01-04T09:00:00")
    told = [
        (row["kind"], row["value"], row["quantity"], row["category"], row["occurred_us"], row["known_us"])
        for row in shop.rows("events") if row["kind"] != "discount"
    ]  # fmt: skip
    assert told == [
        ("purchase", 36.0, 2.0, "shoes", ordered, ordered),
        ("purchase", 18.0, 1.0, "socks", ordered, ordered),
        ("return", -36.0, 2.0, "shoes", cancelled, cancelled),
        ("return", -18.0, 1.0, "socks", cancelled, cancelled),
    ]
    assert {row["source_id"] for row in shop.rows("events")} == {"K1"}
    assert {row["channel"] for row in shop.rows("events")} == {"web"}
    ids = [row["event_id"] for row in shop.rows("events")]
    assert len(set(ids)) == len(ids) == 5


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("cancelled,2024-01-04T09:00:00", "cancelled,", "skipped by rule: status is cancelled"),
        ("cancelled,2024-01-04", "test,2024-01-04", "skipped by rule: status is test"),
        ("2024-01-04T09:00:00", "2024-01-01", "cancelled_at lies before ordered_at"),
        ("2024-01-04T09:00:00", "soon", "cancelled_at cannot be read as a date"),
        ("2024-01-04T09:00:00", "2031-01-01", "cancelled_at lies in the future"),
    ],
)
def test_without_a_good_moment_a_cancelled_order_was_not_sold(
    old: str, new: str, reason: str, export: Callable[..., Any]
) -> None:
    shop = export(
        "web_shop", {"orders.csv": CANCELLED.replace(old, new), "order_lines.csv": LINES + "o1,1,a,1,9,\n"}
    )
    assert shop.reasons("orders") == [reason]
    assert shop.reasons("order_lines") == [f"its order: {reason}"]
    assert shop.rows("events") == []


def test_what_came_back_of_a_cancelled_order_is_not_taken_back_twice(export: Callable[..., Any]) -> None:
    returns = RETURNS + "r1,o1,1,2024-01-03,1,20\nr2,o1,1,2024-01-04T09:00:00,1,20\nr3,o1,1,2024-01-09,1,20\n"
    files = {"orders.csv": CANCELLED, "order_lines.csv": TWO_LINES, "returns.csv": returns}
    twice = "its order was cancelled: all of it is taken back already"
    assert export("web_shop", files).reasons("returns") == [None, twice, twice]


def test_the_shops_own_word_for_cancelled_is_told_by_options(export: Callable[..., Any]) -> None:
    files = {"orders.csv": CANCELLED.replace("cancelled,", "Void,"), "order_lines.csv": TWO_LINES}
    assert export("web_shop", files, skip_status=["void"]).rows("events") == []
    told = export("web_shop", files, skip_status=["void"], cancelled_status=["void"]).rows("events")
    assert [row["kind"] for row in told].count("return") == 2


def test_the_copy_of_an_order_that_says_when_it_was_cancelled_goes_first(export: Callable[..., Any]) -> None:
    """An older export has the order as sold, or as cancelled without a moment: the newest tells the most."""
    for other in (ORDER, ORDER.replace("paid", "cancelled")):
        for first, second in ((other, CANCELLED), (CANCELLED, other)):
            files = {"orders_1.csv": first, "orders_2.csv": second, "order_lines.csv": TWO_LINES}
            shop = export("web_shop", files)
            assert shop.reasons("order_lines") == [None, None]
            assert [row["kind"] for row in shop.rows("events")].count("return") == 2


def test_an_order_cancelled_in_a_later_export_was_not_sold(export: Callable[..., Any]) -> None:
    cancelled = ORDER.replace("paid", "cancelled")
    for first, second in ((ORDER, cancelled), (cancelled, ORDER)):
        files = {"orders_1.csv": first, "orders_2.csv": second, "order_lines.csv": LINES + "o1,1,a,1,5,\n"}
        assert export("web_shop", files).reasons("order_lines") == [
            "its order: skipped by rule: status is cancelled"
        ]


def test_a_readable_copy_of_an_order_goes_before_a_broken_one(export: Callable[..., Any]) -> None:
    broken = ORDER.replace("2024-01-02T10:00:00", "soon")
    for first, second in ((ORDER, broken), (broken, ORDER)):
        files = {"orders_1.csv": first, "orders_2.csv": second, "order_lines.csv": LINES + "o1,1,a,1,5,\n"}
        assert export("web_shop", files).reasons("order_lines") == [None]


def test_other_names_words_and_ways_of_writing(
    export: Callable[..., Any], micros: Callable[[str], int]
) -> None:
    orders = (
        "nr;datum;klant;kanaal;status\no1;02-05-2024 10:00;K1;Webwinkel;BETAALD\no2;03-05-2024 10:00;K1;;x\n"
    )
    lines = "order_id;line_no;category;quantity;prijs\no1;1;schoénen;1;1.234,50\no1;2;-;2;12.50\n"
    shop = export(
        "web_shop",
        {"orders.csv": orders, "order_lines.csv": gzip.compress(b"")},
        columns={
            "orders": {"order_id": "nr", "ordered_at": "datum", "customer_id": "klant", "channel": "kanaal"},
            "order_lines": {"unit_price": "prijs"},
        },
        date_format="%d-%m-%Y %H:%M",
        time_zone="Europe/Amsterdam",
        decimal=",",
        encoding="latin-1",
        missing=["", "-"],
        channels={"webwinkel": "app"},
    )
    (shop.folder / "order_lines.csv").unlink()
    (shop.folder / "order_lines.csv.gz").write_bytes(gzip.compress(lines.encode("latin-1")))
    assert shop.reasons("order_lines") == [None, "unit_price is not a number"]
    event = shop.rows("events")[0]
    assert (event["category"], event["value"], event["channel"]) == ("schoénen", 1234.5, "app")
    assert event["occurred_us"] == micros("2024-05-02T10:00:00+02:00")
    assert set(shop.source.declaration().channels) >= {"app", "other"}


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(export: Callable[..., Any]) -> None:
    files = {"orders.csv": ORDER, "order_lines.csv": LINES + "o1,1,a,1,5,\n"}
    bare = export("web_shop", files)
    marked = export(
        "web_shop",
        {name: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() for name, text in files.items()},
    )
    assert marked.rows("events") == bare.rows("events")


def test_parquet_with_types_tells_what_csv_tells(export: Callable[..., Any]) -> None:
    text = export("web_shop", {"orders.csv": ORDERS + "1,2024-01-02,7,,web,paid,,\n", "order_lines.csv": (
        LINES + "1,1,a,2,5.5,\n")})  # fmt: skip
    orders = {
        "order_id": [1], "ordered_at": [datetime(2024, 1, 2)], "customer_id": [7.0], "channel": ["web"], "email": [""],
        "coupon_code": [" "],
    }  # fmt: skip
    lines = {"order_id": [1], "line_no": [1], "category": ["a"], "quantity": [2], "unit_price": [5.5]}
    typed = export("web_shop", {"orders.parquet": pa.table(orders), "order_lines.pq": pa.table(lines)})
    assert typed.rows("events") == text.rows("events")


def test_a_column_that_is_not_there_is_named(export: Callable[..., Any]) -> None:
    lines = LINES + "o1,1,a,1,5,\n"
    message = export("web_shop", {"orders.csv": "order_id,datum\no1,x\n", "order_lines.csv": lines}).refused()
    assert "orders.csv: column 'ordered_at' is missing" in message and "'datum'" in message
    assert "options.columns.orders.ordered_at in conf/sources/shop.yaml" in message
    told = export(
        "web_shop", {"orders.csv": ORDER, "order_lines.csv": lines}, columns={"orders": {"email": "mail"}}
    )
    assert "column 'mail' is missing" in told.refused()


def test_files_that_are_not_there_are_named(export: Callable[..., Any]) -> None:
    message = export("web_shop", {"orders.csv": ORDER}).refused()
    assert "'order_lines'" in message and "options.files.order_lines" in message
    both = export("web_shop", {"orders.csv": ORDER}, files={"orders": "*.csv", "order_lines": "*.csv"})
    assert "'orders' and for 'order_lines'" in both.refused()
    files = {"orders.csv": ORDER, "order_lines.csv": LINES + "o1,1,a,1,5,\n"}
    assert export("web_shop", files).reasons("order_lines") == [None]  # returns may be absent ...
    # ... but not where the settings say that they are there.
    assert "'returns'" in export("web_shop", files, files={"returns": "retour*.csv"}).refused()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"columns": {"order": {}}},
            "options.columns names ['order']; allowed: orders, order_lines, returns",
        ),
        ({"columns": {"returns": {"datum": "x"}}}, "options.columns.returns names ['datum']"),
        ({"files": {"lines": "x.csv"}}, "options.files names ['lines']"),
        ({"channels": {"shop": "winkel"}}, "unknown channel 'winkel'"),
        ({"time_zone": "Amsterdam"}, "'Amsterdam' is not a time zone"),
        ({"encoding": "utf-9"}, "'utf-9' is not an encoding"),
        ({"decimals": ","}, "options.decimals"),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], words: str, export: Callable[..., Any]) -> None:
    files = {"orders.csv": ORDER, "order_lines.csv": LINES + "o1,1,a,1,5,\n"}
    assert words in export("web_shop", files, **options).refused()


def test_empty_files_are_rows_of_nothing(export: Callable[..., Any]) -> None:
    shop = export("web_shop", {"orders.csv": "", "order_lines.csv": LINES})
    assert shop.reasons("orders") == shop.reasons("order_lines") == shop.rows("events") == []
