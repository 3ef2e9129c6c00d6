"""The files of a GA4 export: missing days, intraday files, overlapping and repeated files, JSON."""

from __future__ import annotations

import gzip
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import DAY_US
from features.errors import InputError
from features.ingest import ingest
from features.settings import SourceSettings

NOON_US = 1_609_502_400_000_000  # 2021-01-01 12:00 UTC
PARAM = pa.struct(
    [("key", pa.string()), ("value", pa.struct([("string_value", pa.string()), ("int_value", pa.int64())]))]
)
SCHEMA = pa.schema(
    [
        ("event_name", pa.string()),
        ("event_timestamp", pa.int64()),
        ("user_pseudo_id", pa.string()),
        ("event_params", pa.list_(PARAM)),
    ]
)


def run(folder: Path, **options: Any) -> dict[str, Any]:
    rhythm = {"step_days": 7, "churn_horizon_days": 7, "readiness_horizon_days": 7}
    text = {
        "kind": "ga4",
        "title": "web",
        "path": ["raw"],
        "rhythm": rhythm,
        "id_key": "public",
        "options": options,
    }
    settings = SourceSettings.model_validate_json(json.dumps(text))
    out, ids = folder / "canonical", folder / "ids.parquet"
    return ingest("web", settings, folder, out, ids, now_us=2**51, threads=1)


def rows(day: int, *seconds: int) -> list[dict[str, Any]]:
    session = {"key": "ga_session_id", "value": {"string_value": None, "int_value": day}}
    return [
        {
            "event_name": "page_view",
            "event_timestamp": NOON_US + (day - 1) * DAY_US + second * 1_000_000,
            "user_pseudo_id": f"u.{second % 2}",
            "event_params": [session],
        }
        for second in seconds
    ]


def write(folder: Path, name: str, found: list[dict[str, Any]]) -> None:
    (folder / "raw").mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(found, SCHEMA), folder / "raw" / name)


def events(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / "canonical" / "events.parquet").to_pylist()
    return found


def test_days_without_a_file_or_without_rows_are_missing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for day in (1, 2, 6):
        write(tmp_path, f"events_2021010{day}.parquet", rows(day, 1))
    write(tmp_path, "events_20210103.parquet", [])
    (tmp_path / "raw" / "events_20210104.parquet").touch()
    assert run(tmp_path)["missing_days"] == ["2021-01-03", "2021-01-04", "2021-01-05"]
    assert "not read as silence" in caplog.text


def test_a_missing_day_of_another_time_zone_leaves_a_hole_in_two_days(tmp_path: Path) -> None:
    for day in (1, 3):
        write(tmp_path, f"events_2021010{day}.parquet", rows(day, 1))
    assert run(tmp_path, time_zone="Europe/Amsterdam")["missing_days"] == ["2021-01-01", "2021-01-02"]
    assert run(tmp_path)["missing_days"] == ["2021-01-02"]
    with pytest.raises(InputError, match="unknown time zone 'Amsterdam'"):
        run(tmp_path, time_zone="Amsterdam")


def test_the_daily_file_wins_from_the_intraday_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    write(tmp_path, "events_20210101.parquet", rows(1, 1, 2, 3))
    write(tmp_path, "events_intraday_20210101.parquet", rows(1, 1, 2, 4))
    write(tmp_path, "events_intraday_20210102.parquet", rows(2, 5))
    meta = run(tmp_path)
    assert [file["file"] for file in meta["counts"]["files"]] == [
        "events_20210101.parquet", "events_intraday_20210102.parquet",
    ]  # fmt: skip
    assert meta["counts"]["kept"] == 4 and meta["missing_days"] == []
    assert "events_intraday_20210101.parquet is not read" in caplog.text
    assert "may not be whole, for 2021-01-02" in caplog.text


def test_an_intraday_file_stands_in_for_an_empty_daily_one(tmp_path: Path) -> None:
    write(tmp_path, "events_20210101.parquet", [])
    write(tmp_path, "events_intraday_20210101.parquet", rows(1, 1, 2))
    assert run(tmp_path)["counts"]["kept"] == 2


def test_overlapping_files_and_a_second_export_change_nothing(tmp_path: Path) -> None:
    write(tmp_path, "events_20210101.parquet", rows(1, *range(8)))
    write(tmp_path, "events_20210102.parquet", rows(2, *range(8)))
    run(tmp_path)
    before = events(tmp_path)
    write(tmp_path, "events_20210101.parquet", rows(1, *range(3, 8))[::-1])
    write(tmp_path, "events_20210101-000000000001.parquet", rows(1, *range(5)))
    write(tmp_path, "events_20210102 (1).parquet", rows(2, *range(8)))
    counts = run(tmp_path)["counts"]
    assert events(tmp_path) == before
    assert (counts["rows_in"], counts["kept"], counts["deduplicated"]) == (26, 16, 10)


def test_the_json_form_says_the_same(tmp_path: Path) -> None:
    found = rows(1, *range(6))
    write(tmp_path, "events_20210101.parquet", found)
    run(tmp_path)
    before = events(tmp_path)
    # BigQuery writes whole numbers as text.
    as_text = [json.loads(json.dumps(one)) for one in found]
    for one in as_text:
        one["event_timestamp"] = str(one["event_timestamp"])
        one["event_params"][0]["value"]["int_value"] = str(one["event_params"][0]["value"]["int_value"])
    lines = "\n".join(json.dumps(one) for one in as_text)
    (tmp_path / "raw" / "events_20210101.parquet").unlink()
    (tmp_path / "raw" / "events_20210101.json").write_text(json.dumps(as_text[:2]))
    (tmp_path / "raw" / "events_20210101_b.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    counts = run(tmp_path)["counts"]
    assert events(tmp_path) == before
    assert (counts["rows_in"], counts["kept"], counts["deduplicated"]) == (8, 6, 2)


def test_a_torn_json_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, "events_20210101.parquet", rows(1, 1))
    (tmp_path / "raw" / "events_20210102.json").write_text('{"event_name": "page_vi')
    with pytest.raises(InputError, match=r"events_20210102\.json: not the JSON form"):
        run(tmp_path)


def test_wrong_folder_and_wrong_day_are_named(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    with pytest.raises(InputError, match="events_YYYYMMDD"):
        run(tmp_path)
    write(tmp_path, "events_20211301.parquet", rows(1, 1))
    with pytest.raises(InputError, match="20211301 is not a day"):
        run(tmp_path)


@pytest.mark.real_data
def test_json_rows_of_the_published_sample(tmp_path: Path, data_dir: Path) -> None:
    text = (data_dir / "ga4_sample" / "raw_json" / "events_20201227_rows.json").read_text()
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "events_20201227.json").write_text(text)
    assert run(tmp_path)["counts"]["kept"] == 2
    found = events(tmp_path)
    assert [event["kind"] for event in found] == ["checkout", "checkout"]
    assert np.allclose([event["duration_s"] for event in found], [0.004, 0.068])
    assert {event["category"] for event in found} == {"Apparel"}
    assert found[0]["session_id"] == found[1]["session_id"] is not None
    assert found[0]["occurred_us"] == 1_609_083_523_462_027
