"""The GA4 export, row by row: words, sessions, money, time, people, and rows that cannot be."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import KINDS
from features.errors import InputError
from features.ingest import ingest
from features.settings import SourceSettings
from features.sources import open_source
from features.sources._batches import CanonicalBatch
from features.sources._ga4_words import KINDS_OF

START_US = int(datetime(2021, 1, 1, 12, tzinfo=UTC).timestamp()) * 1_000_000
Make = Callable[..., list[dict[str, Any]]]


def settings(**options: Any) -> SourceSettings:
    rhythm = {"step_days": 7, "churn_horizon_days": 7, "readiness_horizon_days": 7}
    text = {"kind": "ga4", "title": "web", "path": ["raw"], "rhythm": rhythm, "id_key": "public"}
    return SourceSettings.model_validate_json(json.dumps({**text, "options": options}))


def run(folder: Path, **options: Any) -> dict[str, Any]:
    out, ids = folder / "canonical", folder / "ids.parquet"
    return ingest("web", settings(**options), folder, out, ids, now_us=2**51, threads=1)


def write_day(folder: Path, day: str, rows: list[dict[str, Any]]) -> None:
    (folder / "raw").mkdir(exist_ok=True)
    names = {name: None for row in rows for name in row}
    pq.write_table(
        pa.Table.from_pylist([{**names, **row} for row in rows]), folder / "raw" / f"events_{day}.parquet"
    )


def row(name: str | None, after: int = 0, **fields: Any) -> dict[str, Any]:
    return {"event_name": name, "event_timestamp": START_US + after, "user_pseudo_id": "u.1", **fields}


def param(**values: Any) -> list[dict[str, Any]]:
    """Parameters of one event: text as string_value, numbers as int_value."""
    return [
        {"key": key, "value": {"string_value": None, "int_value": None}
         | {"string_value" if isinstance(value, str) else "int_value": value}}
        for key, value in values.items()
    ]  # fmt: skip


def told(folder: Path, **options: Any) -> list[CanonicalBatch]:
    source = open_source("web", settings(**options), folder, now_us=2**51)
    return [source.canonical(batch) for file in source.raw_files() for batch in source.batches(file)]


@pytest.fixture
def made(tmp_path: Path) -> Make:
    """Give the canonical events of raw rows of one day."""

    def make(*rows: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
        write_day(tmp_path, "20210101", list(rows))
        return [event for one in told(tmp_path, **options) for event in one.events.to_pylist()]

    return make


def test_words_become_kinds_and_unknown_ones_other(made: Make) -> None:
    names = [
        "page_view",
        "view_item",
        "view_promotion",
        "add_to_cart",
        "add_payment_info",
        "my_event",
        "quiz",
    ]
    found = made(*(row(name, after) for after, name in enumerate(names)), kinds={"quiz": "survey"})
    assert [event["kind"] for event in found] == [
        "page_view", "product_view", "ad_impression", "cart_add", "checkout", "other", "survey",
    ]  # fmt: skip


def test_every_word_is_known_to_the_contract() -> None:
    assert set(KINDS_OF.values()) <= set(KINDS)


def test_a_kind_told_by_the_option_takes_its_value_and_quantity_along(made: Make) -> None:
    money = {"purchase_revenue_in_usd": 9.0, "total_item_quantity": 2}
    (bought,) = made(row("purchase", ecommerce=money))
    (other,) = made(row("purchase", ecommerce=money), kinds={"purchase": "other"})
    assert (bought["value"], bought["quantity"]) == (9.0, 2.0)
    assert (other["kind"], other["value"], other["quantity"]) == ("other", None, None)


def test_older_schema_without_columns_is_read(made: Make) -> None:
    found = made(row("purchase"), row("refund", 1), row("page_view", 2))
    for event in found:
        assert [event[name] for name in ("value", "category", "session_id", "duration_s", "campaign")] == [
            None
        ] * 5
        assert event["channel"] == "other"


def test_category_value_and_quantity(made: Make) -> None:
    items = [
        {"item_category": "Hats", "item_category2": None, "price_in_usd": 5.0, "quantity": 1},
        {"item_category": "Bags", "item_category2": "Totes", "price_in_usd": 4.0, "quantity": 2},
        {"item_category": "(not set)", "item_category2": None, "price_in_usd": 90.0, "quantity": 2},
    ]
    order = {"purchase_revenue_in_usd": 13.0, "refund_value_in_usd": None, "total_item_quantity": 3}
    rows = [
        row("purchase", items=items, ecommerce=order),
        row("page_view", 1, items=[]),
        row("refund", 2, items=None, ecommerce={**order, "refund_value_in_usd": 4.0}),
    ]
    bought, viewed, refunded = made(*rows)
    assert (bought["value"], bought["quantity"], bought["category"]) == (13.0, 3.0, "Bags")
    assert (viewed["category"], refunded["value"]) == (None, -4.0)
    deepest = made(*rows, category="deepest")
    assert deepest[0]["category"] == "Totes"


def test_money_of_an_app_and_of_the_shop_itself(made: Make) -> None:
    rows = [
        row("in_app_purchase", event_params=param(value=7), event_value_in_usd=8.0, ecommerce=None),
        row("purchase", 1, ecommerce={"purchase_revenue": 5.0, "purchase_revenue_in_usd": 6.0}),
    ]
    assert [event["value"] for event in made(*rows)] == [8.0, 6.0]
    assert [event["value"] for event in made(*rows, money="local")] == [7.0, 5.0]


def test_sessions_and_time_spent(made: Make) -> None:
    found = made(
        row("page_view", event_params=param(ga_session_id=7, engagement_time_msec=1500)),
        row("scroll", 1, event_params=param(ga_session_id="7", engagement_time_msec=-4)),
        row("scroll", 2, event_params=param(ga_session_id=8, engagement_time_msec=90_000_000)),
        row("scroll", 3, event_params=param(ga_session_id=7), user_pseudo_id="u.2"),
        row("scroll", 4, event_params=None),
    )
    first, again, other, somebody_else, none = (event["session_id"] for event in found)
    assert first == again and len({first, other, somebody_else}) == 3 and none is None
    assert [event["duration_s"] for event in found] == [1.5, None, None, None, None]


def test_an_order_told_again_is_no_second_order(tmp_path: Path) -> None:
    order = {"transaction_id": "T1", "purchase_revenue_in_usd": 9.0}
    write_day(
        tmp_path, "20210101", [row("purchase", 2, ecommerce=order), row("purchase", 1, ecommerce=order)]
    )
    write_day(
        tmp_path,
        "20210102",
        [
            row("purchase", 3, ecommerce=order),
            row("purchase", 4, ecommerce={**order, "transaction_id": "(not set)"}),
            row("purchase", 5, ecommerce=order, user_pseudo_id="u.2"),
        ],
    )
    found = {
        e["occurred_us"] - START_US: (e["kind"], e["value"])
        for one in told(tmp_path)
        for e in one.events.to_pylist()
    }
    again, order_ = ("other", None), ("purchase", 9.0)
    assert found == {1: order_, 2: again, 3: again, 4: order_, 5: order_}
    kept = [kind for one in told(tmp_path, duplicates="keep") for kind in one.events["kind"].to_pylist()]
    assert kept == ["purchase"] * 5


@pytest.mark.parametrize(
    ("raw", "word"),
    [("Yes", "granted"), ("No", "denied"), ("Unset", None), (1, "granted"),
     (0, "denied"), (True, "granted"), (None, None)],
)  # fmt: skip
def test_consent_of_every_age_of_the_export(tmp_path: Path, raw: Any, word: str | None) -> None:
    privacy = {"analytics_storage": None, "ads_storage": raw}
    write_day(tmp_path, "20210101", [row("page_view", privacy_info=privacy)])
    (one,) = told(tmp_path, attributes={})
    found = [(each["attribute"], each["value"]) for each in one.attributes.to_pylist()]
    assert found == ([] if word is None else [("consent_ads", word)])


def test_a_login_links_the_browser_and_an_address_is_never_shown(tmp_path: Path) -> None:
    rows = [
        row("login", after, user_id=who)
        for after, who in enumerate(["K1", None, "Jan@shop.nl", "odd@@x", ""])
    ]
    write_day(tmp_path, "20210101", rows)
    (one,) = told(tmp_path)
    links = one.links.to_pylist()
    assert [(link["anonymous_source_id"], link["known_us"] - START_US) for link in links] == [
        ("browser:u.1", 0), ("browser:u.1", 2),
    ]  # fmt: skip
    assert links[0]["source_id"] == "K1" and links[1]["source_id"].startswith("email:")
    assert "jan" not in str(links).lower()


def test_customer_numbers_written_as_numbers_stay_whole(tmp_path: Path) -> None:
    write_day(tmp_path, "20210101", [row("login", user_id=17.0), row("login", 1, user_id=None)])
    (one,) = told(tmp_path)
    assert one.links["source_id"].to_pylist() == ["17"]


def test_rows_of_nobody_say_why(tmp_path: Path) -> None:
    refused, allowed = {"analytics_storage": "No"}, {"analytics_storage": "Yes"}
    rows = [
        row("page_view", user_pseudo_id=None, privacy_info=refused, user_id="K1"),
        row("page_view", 1, user_pseudo_id="", privacy_info=allowed, user_id=None),
        row("page_view", 2, user_pseudo_id=None, privacy_info=allowed, user_id="K1"),
        row("page_view", 3, privacy_info=refused, user_id=None),
    ]
    write_day(tmp_path, "20210101", rows)
    (one,) = told(tmp_path)
    ping, nobody, known, refusing = one.reasons.to_pylist()
    assert "refused analytics" in ping and nobody == "no user_pseudo_id" and known is refusing is None
    assert one.events["source_id"].to_pylist() == ["K1", "browser:u.1"]


def test_rows_that_cannot_be_are_set_aside_with_a_reason(tmp_path: Path) -> None:
    money = {"purchase_revenue_in_usd": 1.0}
    rows = [
        row(None),
        row("page_view") | {"event_timestamp": START_US // 1000},
        row("page_view") | {"event_timestamp": START_US * 1000},
        row("page_view") | {"event_timestamp": None},
        row("purchase", 1, ecommerce={"purchase_revenue_in_usd": -1.0}),
        row("purchase", 2, ecommerce={"purchase_revenue_in_usd": float("nan")}),
        row("purchase", 3, ecommerce={"purchase_revenue_in_usd": 1e39}),
        row("page_view", 4, event_params=None, items=None, ecommerce=money),
    ]
    write_day(tmp_path, "20210101", rows)
    (one,) = told(tmp_path)
    reasons = one.reasons.to_pylist()
    wanted = ["event_name", "microseconds", "future", "cannot be read", "negative", "not a number", "large"]
    assert [part in str(reason) for part, reason in zip(wanted, reasons, strict=False)] == [True] * 7
    assert reasons[7] is None and one.events["value"].to_pylist() == [None]


def test_column_of_a_strange_type_is_named(tmp_path: Path) -> None:
    write_day(tmp_path, "20210101", [{**row("page_view"), "event_timestamp": "yesterday"}])
    with pytest.raises(InputError, match=r"events_20210101.*event_timestamp string.*conf/sources/web"):
        run(tmp_path)


def test_a_column_that_must_be_there_is_named(tmp_path: Path) -> None:
    write_day(tmp_path, "20210101", [{"event_name": "page_view", "event_timestamp": START_US}])
    with pytest.raises(InputError, match="'user_pseudo_id' is missing"):
        run(tmp_path)


def test_duplicate_is_same_user_name_moment_bundle_and_params(tmp_path: Path) -> None:
    one, other = param(a=1, b=2), param(a=2, b=1)
    write_day(
        tmp_path, "20210101", [row("page_view", event_params=one), row("page_view", event_params=one[::-1])]
    )
    write_day(tmp_path, "20210101_2", [row("page_view", event_params=other), row("scroll", event_params=one)])
    counts = run(tmp_path)["counts"]
    assert (counts["kept"], counts["deduplicated"]) == (3, 1)


def test_todays_schema_is_read_and_its_batch_fields_tell_events_apart(tmp_path: Path) -> None:
    item = {"item_category": "Hats", "item_params": [{"key": "size", "value": {"int_value": 4}}]}
    today = {"is_active_user": True, "batch_page_id": 5, "batch_ordering_id": 2, "items": [item]}
    rows = [row("view_item") | today | {"batch_event_index": number} for number in (1, 2, 2)]
    write_day(tmp_path, "20210101", rows)
    counts = run(tmp_path)["counts"]
    assert (counts["kept"], counts["deduplicated"]) == (2, 1)
    found = pq.read_table(tmp_path / "canonical" / "events.parquet")
    assert set(found["category"].to_pylist()) == {"Hats"} and set(found["kind"].to_pylist()) == {
        "product_view"
    }


@pytest.mark.real_data
def test_published_sample(tmp_path: Path, data_dir: Path) -> None:
    (tmp_path / "raw").mkdir()
    names = ["events_20201102.parquet", "events_20201104.parquet"]
    for name in names:
        shutil.copyfile(data_dir / "ga4_sample" / name, tmp_path / "raw" / name)
    meta = run(tmp_path)
    assert meta["missing_days"] == ["2020-11-03"]
    rows = sum(pq.read_metadata(tmp_path / "raw" / name).num_rows for name in names)
    assert (meta["counts"]["rows_in"], meta["counts"]["kept"]) == (rows, rows)
    path = tmp_path / "canonical" / "events.parquet"
    sessions = "select count(distinct session_id), count(distinct customer_id), round(sum(value), 2) from"
    raw = (
        "with rows as (select *, row_number() over (partition by user_pseudo_id, event_name, "
        "ecommerce.transaction_id order by event_timestamp) as telling "
        f"from '{tmp_path}/raw/*.parquet') "
        "select count(distinct (user_pseudo_id, (select p.value.int_value from unnest(event_params) as u(p) "
        "where p.key = 'ga_session_id'))), count(distinct user_pseudo_id), "
        "round(sum(ecommerce.purchase_revenue_in_usd) filter (event_name = 'purchase' and "
        "(telling = 1 or ecommerce.transaction_id is null or ecommerce.transaction_id = '(not set)')), 2) from rows"
    )
    with duckdb.connect() as db:
        assert db.execute(f"{sessions} '{path}'").fetchall() == db.execute(raw).fetchall()


@pytest.mark.real_data
def test_engaged_sessions_follow_from_the_events(tmp_path: Path, data_dir: Path) -> None:
    """GA4's rule (10 seconds, a second page or a key event) against the flag that its own tag sent."""
    (tmp_path / "raw").mkdir()
    day = tmp_path / "raw" / "events_20210106.parquet"
    shutil.copyfile(data_dir / "ga4_sample" / day.name, day)
    (one,) = told(tmp_path)
    with duckdb.connect() as db:
        db.register("events", one.events)
        ruled = db.execute(
            "select session_id, coalesce(sum(duration_s), 0) >= 10 or count(*) filter (kind = 'page_view') >= 2 "
            "or bool_or(kind = 'purchase') from events group by 1 order by 1"
        ).fetchall()
        db.register("ids", pa.table({"session": one.events["session_id"], "row": one.rows}))
        flagged = db.execute(
            "select session, coalesce(max(flag), '0') = '1' from ids join (select row_number() over () as row, "
            "list_filter(event_params, lambda p: p.key = 'session_engaged')[1].value.string_value as flag "
            f"from '{day}') using (row) group by 1 order by 1"
        ).fetchall()
    assert [session for session, _ in ruled] == [session for session, _ in flagged]
    same = sum(one == other for one, other in zip(ruled, flagged, strict=True))
    assert same / len(ruled) > 0.97 and 0.05 < sum(not engaged for _, engaged in ruled) / len(ruled) < 0.4
