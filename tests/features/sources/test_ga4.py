"""The GA4 export: days without a file, older schemas, duplicated files, words."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import DAY_US
from features.errors import InputError
from features.ingest import ingest
from features.settings import SourceSettings

START_US = int(datetime(2021, 1, 1, 12, tzinfo=UTC).timestamp()) * 1_000_000


def run(folder: Path, **options: Any) -> dict[str, Any]:
    rhythm = {"step_days": 7, "churn_horizon_days": 7, "readiness_horizon_days": 7}
    settings = SourceSettings.model_validate_json(
        json.dumps({"kind": "ga4", "title": "web", "path": ["raw"], "rhythm": rhythm, "options": options})
    )
    return ingest(
        "web", settings, folder, folder / "canonical", folder / "ids.parquet", now_us=2**51, threads=1
    )


def write_day(folder: Path, day: str, rows: list[dict[str, Any]]) -> None:
    (folder / "raw").mkdir(exist_ok=True)
    names = {name: None for row in rows for name in row}
    pq.write_table(
        pa.Table.from_pylist([{**names, **row} for row in rows]), folder / "raw" / f"events_{day}.parquet"
    )


def row(name: str, after: int = 0, **fields: Any) -> dict[str, Any]:
    return {"event_name": name, "event_timestamp": START_US + after, "user_pseudo_id": "u.1", **fields}


def events(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / "canonical" / "events.parquet").to_pylist()
    return sorted(found, key=lambda event: event["occurred_us"])


def test_words_become_kinds_and_unknown_ones_other(tmp_path: Path) -> None:
    names = [
        "page_view",
        "view_item",
        "view_promotion",
        "add_to_cart",
        "add_payment_info",
        "my_event",
        "quiz",
    ]
    write_day(tmp_path, "20210101", [row(name, after) for after, name in enumerate(names)])
    meta = run(tmp_path, kinds={"quiz": "survey"})
    assert [event["kind"] for event in events(tmp_path)] == [
        "page_view", "product_view", "ad_impression", "cart_add", "checkout", "other", "survey",
    ]  # fmt: skip
    assert "survey" in meta["kinds"] and "return" in meta["kinds"]


def test_older_schema_without_columns_is_read(tmp_path: Path) -> None:
    write_day(tmp_path, "20210101", [row("purchase"), row("refund", 1)])
    run(tmp_path)
    assert [(event["value"], event["category"], event["session_id"]) for event in events(tmp_path)] == [
        (None, None, None),
        (None, None, None),
    ]


def test_nested_fields(tmp_path: Path) -> None:
    session = [{"key": "ga_session_id", "value": {"int_value": 7, "string_value": None}}]
    items = [
        {"item_category": "Hats", "price_in_usd": 5.0, "quantity": 1},
        {"item_category": "Bags", "price_in_usd": 4.0, "quantity": 2},
        {"item_category": "(not set)", "price_in_usd": 90.0, "quantity": 2},
    ]
    order = {"purchase_revenue_in_usd": 13.0, "refund_value_in_usd": None, "total_item_quantity": 3}
    first = {"medium": "cpc", "source": "google"}
    seen = {"analytics_storage": "Yes", "ads_storage": "No"}
    write_day(
        tmp_path,
        "20210101",
        [
            row("purchase", event_params=session, items=items, ecommerce=order, traffic_source=first),
            row("page_view", 1, event_params=session, items=[], privacy_info=seen, user_id="member 9"),
            row("refund", 2, items=None, ecommerce={**order, "refund_value_in_usd": 4.0}),
        ],
    )
    run(tmp_path)
    bought, viewed, refunded = events(tmp_path)
    assert (bought["value"], bought["quantity"], bought["category"]) == (13.0, 3.0, "Bags")
    assert (bought["channel"], viewed["channel"], refunded["value"]) == ("paid_search", "other", -4.0)
    assert bought["session_id"] == viewed["session_id"] is not None and refunded["session_id"] is None
    attributes = pq.read_table(tmp_path / "canonical" / "customers.parquet").to_pylist()
    assert {(one["attribute"], one["value"]) for one in attributes} == {
        ("consent_analytics", "Yes"), ("consent_ads", "No"),
    }  # fmt: skip
    (link,) = pq.read_table(tmp_path / "canonical" / "links.parquet").to_pylist()
    assert link["anonymous_id"] == bought["customer_id"] and link["known_us"] == START_US + 1


def test_duplicate_is_same_user_name_moment_bundle_and_params(tmp_path: Path) -> None:
    one = [{"key": "a", "value": {"int_value": 1}}, {"key": "b", "value": {"int_value": 2}}]
    other = [{"key": "a", "value": {"int_value": 2}}, {"key": "b", "value": {"int_value": 1}}]
    write_day(
        tmp_path, "20210101", [row("page_view", event_params=one), row("page_view", event_params=one[::-1])]
    )
    write_day(tmp_path, "20210101_2", [row("page_view", event_params=other), row("scroll", event_params=one)])
    counts = run(tmp_path)["counts"]
    assert (counts["kept"], counts["deduplicated"]) == (3, 1)


def test_days_without_a_file_are_missing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in (1, 2, 5):
        write_day(tmp_path, f"2021010{number}", [row("page_view", (number - 1) * DAY_US)])
    (tmp_path / "raw" / "events_20210104.parquet").touch()
    assert run(tmp_path)["missing_days"] == ["2021-01-03", "2021-01-04"]
    assert "not read as silence" in caplog.text


def test_wrong_folder_and_wrong_day_are_named(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    with pytest.raises(InputError, match="events_YYYYMMDD"):
        run(tmp_path)
    write_day(tmp_path, "20211301", [row("page_view")])
    with pytest.raises(InputError, match="20211301 is not a day"):
        run(tmp_path)


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
    sessions = "select count(distinct session_id), count(distinct customer_id), sum(value) from"
    raw = (
        "select count(distinct (user_pseudo_id, (select p.value.int_value from unnest(event_params) as u(p) "
        "where p.key = 'ga_session_id'))), count(distinct user_pseudo_id), "
        "sum(ecommerce.purchase_revenue_in_usd) filter (event_name = 'purchase') "
        f"from '{tmp_path}/raw/*.parquet'"
    )
    assert duckdb.sql(f"{sessions} '{path}'").fetchall() == duckdb.sql(raw).fetchall()


def test_column_of_a_strange_type_is_named(tmp_path: Path) -> None:
    write_day(tmp_path, "20210101", [{**row("page_view"), "event_timestamp": "yesterday"}])
    with pytest.raises(InputError, match=r"events_20210101.*event_timestamp string.*conf/sources/web"):
        run(tmp_path)


def test_an_impossible_amount_is_set_aside(tmp_path: Path) -> None:
    money = {"purchase_revenue_in_usd": 1e39, "total_item_quantity": 1}
    write_day(
        tmp_path,
        "20210101",
        [row("page_view"), row("purchase", 1, ecommerce=money)],
    )
    meta = run(tmp_path)
    assert meta["quarantine_reasons"] == {"value is impossibly large": 1}
    assert [event["kind"] for event in events(tmp_path)] == ["page_view"]
