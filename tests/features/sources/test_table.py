"""The table source: every malformed input of the issue gives a message or a counted, quarantined row."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import DAY_US, EVENTS
from features.errors import InputError
from features.ingest import ingest
from features.settings import SourceSettings

NOW_US = int(datetime(2024, 6, 1, tzinfo=UTC).timestamp()) * 1_000_000
HEADER = "customer,day,amount,kind,channel,note"
OPTIONS: dict[str, Any] = {
    "files": ["*.csv"],
    "columns": {
        "customer": "customer",
        "occurred": "day",
        "value": "amount",
        "kind": "kind",
        "channel": "channel",
    },
    "values": {"kind": {"buy": "purchase", "back": "return"}, "channel": {"www": "web"}},
}


class Shop:
    """A folder of raw files and what came of it."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.options = {**OPTIONS, **options}
        (folder / "raw").mkdir(exist_ok=True)

    def write(self, name: str, content: str | bytes) -> Shop:
        data = content.encode() if isinstance(content, str) else content
        (self.folder / "raw" / name).write_bytes(data)
        return self

    def settings(self) -> SourceSettings:
        return SourceSettings.model_validate_json(
            json.dumps(
                {
                    "kind": "table",
                    "title": "shop",
                    "path": ["raw"],
                    "rhythm": {"step_days": 7, "churn_horizon_days": 7, "readiness_horizon_days": 7},
                    "options": self.options,
                }
            )
        )

    def ingest(self) -> dict[str, Any]:
        out = self.folder / "canonical"
        meta = ingest(
            "shop", self.settings(), self.folder, out, self.folder / "ids.parquet", now_us=NOW_US, threads=1
        )
        counts = meta["counts"]
        assert counts["rows_in"] == counts["kept"] + counts["quarantined"] + counts["deduplicated"]
        assert json.loads((out / "meta.json").read_text()) == meta
        return meta

    def table(self, name: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(self.folder / "canonical" / f"{name}.parquet").to_pylist()
        return rows

    def refused(self) -> str:
        with pytest.raises(InputError) as caught:
            self.ingest()
        assert not (self.folder / "canonical").exists()
        return str(caught.value)


def lines(*rows: str, header: str = HEADER) -> str:
    return "\n".join((header, *rows)) + "\n"


GOOD = "a,2024-01-02,10.50,buy,www,x"


def us(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[misc, arg-type]


def test_one_row_becomes_one_event(tmp_path: Path) -> None:
    shop = Shop(tmp_path).write("a.csv", lines(GOOD))
    meta = shop.ingest()
    (event,) = shop.table("events")
    assert (event["kind"], event["channel"], event["value"]) == ("purchase", "web", 10.5)
    assert event["occurred_us"] == event["known_us"] == us(2024, 1, 2)
    assert pq.read_schema(tmp_path / "canonical" / "events.parquet").equals(EVENTS)
    assert meta["kinds"] == ["purchase", "return"] and meta["channels"] == ["other", "web"]
    assert (meta["start_us"], meta["complete_until_us"]) == (us(2024, 1, 2), us(2024, 1, 3))
    assert shop_ids(tmp_path) == {"a": event["customer_id"]}


def shop_ids(folder: Path) -> dict[str, int]:
    table = pq.read_table(folder / "ids.parquet")
    return dict(zip(table["source_id"].to_pylist(), table["customer_id"].to_pylist(), strict=True))


def test_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    assert (
        Shop(tmp_path).write("a.csv", b"\xef\xbb\xbf" + lines(GOOD).encode()).ingest()["counts"]["kept"] == 1
    )


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_delimiter_is_found_and_logged(
    tmp_path: Path, delimiter: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    shop = Shop(tmp_path).write("a.csv", lines(GOOD).replace(",", delimiter))
    assert shop.ingest()["counts"]["kept"] == 1
    assert repr(delimiter) in caplog.text


def test_latin1_bytes_are_refused_with_the_place_and_read_when_declared(tmp_path: Path) -> None:
    row = "a,2024-01-02,1,buy,www,caf\xe9"
    shop = Shop(tmp_path).write("a.csv", lines(GOOD, row).encode("latin-1"))
    message = shop.refused()
    place = lines(GOOD, row).encode("latin-1").index(b"\xe9")
    assert "a.csv" in message and "0xe9" in message and "line 3" in message and "options.encoding" in message
    assert f"position {place}" in message
    columns = {**OPTIONS["columns"], "category": "note"}
    declared = Shop(tmp_path, encoding="latin-1", columns=columns)
    assert declared.ingest()["counts"]["kept"] == 2
    assert {event["category"] for event in declared.table("events")} == {"x", "café"}


def test_utf8_text_across_a_chunk_boundary_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("features.sources._csv._CHUNK_BYTES", 7)
    shop = Shop(tmp_path).write("a.csv", lines("a,2024-01-02,1,buy,www,éééééééééé€€€€"))
    assert shop.ingest()["counts"]["kept"] == 1


def test_utf16_is_named(tmp_path: Path) -> None:
    assert "utf-16" in Shop(tmp_path).write("a.csv", lines(GOOD).encode("utf-16")).refused()
    assert Shop(tmp_path, encoding="utf-16").ingest()["counts"]["kept"] == 1


def test_missing_column_names_file_columns_found_and_key(tmp_path: Path) -> None:
    message = Shop(tmp_path).write("a.csv", lines(GOOD, header=HEADER.replace("day", "datum"))).refused()
    for word in ("a.csv", "'day'", "'datum'", "options.columns.occurred", "conf/sources/shop.yaml"):
        assert word in message


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a,31-02-2024,1,buy,www,x", "occurred cannot be read as a date"),
        ("a,,1,buy,www,x", "occurred cannot be read as a date"),
        ("a,2024-06-03,1,buy,www,x", "occurred lies in the future"),
        ("a,1969-12-31,1,buy,www,x", "occurred lies before 1970"),
        ("a,0001-01-01,1,buy,www,x", "occurred lies before 1970"),
        (",2024-01-02,1,buy,www,x", "customer is missing"),
        ("  ,2024-01-02,1,buy,www,x", "customer is missing"),
        ("a,2024-01-02,-1,buy,www,x", "value is negative"),
        ("a,2024-01-02,NaN,buy,www,x", "value is not a number"),
        ("a,2024-01-02,inf,buy,www,x", "value is not a number"),
        ("a,2024-01-02,ten,buy,www,x", "value is not a number"),
        ('a,2024-01-02,"12,50",buy,www,x', "value is not a number"),
        ("a,2024-01-02,,buy,www,x", "value of a purchase is missing"),
        ("a,2024-01-02,1,gift,www,x", "kind is not mapped or declared"),
        ("a,2024-01-02,1,,www,x", "kind is missing"),
        ("a,2024-01-02", "too few fields"),
        ("a,2024-01-02,1,buy,www,x,y,z", "too many fields"),
    ],
)
def test_bad_row_is_quarantined_whole_with_reason_and_number(tmp_path: Path, row: str, reason: str) -> None:
    shop = Shop(tmp_path).write("a.csv", lines(GOOD, row, GOOD.replace("a", "b", 1)))
    meta = shop.ingest()
    assert meta["quarantine_reasons"] == {reason: 1}
    assert meta["counts"]["kept"] == 2
    (found,) = shop.table("quarantine")
    assert (found["file"], found["row"], found["reason"], found["source"]) == ("a.csv", 2, reason, "shop")
    raw = json.loads(found["raw"])
    assert raw == {"row": row} if "fields" in reason else raw["customer"] == (row.split(",")[0] or None)


def test_row_numbers_stay_right_after_ragged_rows(tmp_path: Path) -> None:
    rows = [
        GOOD,
        "short",
        GOOD.replace("a", "b", 1),
        "short",
        "short",
        "c,never,1,buy,www,x",
        "d,x,1,buy,www,x",
    ]
    shop = Shop(tmp_path).write("a.csv", lines(*rows))
    shop.ingest()
    assert [(row["row"], row["reason"][:8]) for row in shop.table("quarantine")] == [
        (2, "too few "), (4, "too few "), (5, "too few "), (6, "occurred"), (7, "occurred"),
    ]  # fmt: skip


def test_returns_are_below_zero_and_negative_amounts_can_be_allowed(tmp_path: Path) -> None:
    shop = Shop(tmp_path).write(
        "a.csv", lines("a,2024-01-02,5,back,www,x", "b,2024-01-02,-5,back,www,x", GOOD)
    )
    shop.ingest()
    assert sorted(event["value"] for event in shop.table("events")) == [-5.0, -5.0, 10.5]
    allowed = Shop(tmp_path, allow_negative=True).write("a.csv", lines("a,2024-01-02,-1,buy,www,x"))
    assert allowed.ingest()["counts"]["kept"] == 1


def test_duplicates_are_dropped_and_counted_per_file_or_kept_under_their_own_ids(tmp_path: Path) -> None:
    shop = Shop(tmp_path).write("a.csv", lines(GOOD, GOOD)).write("b.csv", lines(GOOD))
    meta = shop.ingest()
    assert [(row["kept"], row["deduplicated"]) for row in meta["counts"]["files"]] == [(1, 1), (0, 1)]
    kept = Shop(tmp_path, duplicates="keep")
    assert kept.ingest()["counts"] | {"files": None} == {
        "rows_in": 3, "kept": 3, "quarantined": 0, "deduplicated": 0, "files": None,
    }  # fmt: skip
    assert len({event["event_id"] for event in kept.table("events")}) == 3


def test_rows_with_one_event_id_are_one_event_whatever_their_order(tmp_path: Path) -> None:
    options = {"columns": {**OPTIONS["columns"], "event_id": "note"}}
    rows = [GOOD, "b,2024-01-03,2,buy,www,x", "b,2024-01-03,3,buy,www,y"]
    found = []
    for order in (rows, rows[::-1]):
        shop = Shop(tmp_path, **options).write("a.csv", lines(*order))
        assert shop.ingest()["counts"]["deduplicated"] == 1
        found.append((tmp_path / "canonical" / "events.parquet").read_bytes())
    assert found[0] == found[1]


def test_empty_files_are_warned_about_and_refused_only_when_all_are_empty(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shop = Shop(tmp_path).write("a.csv", "").write("b.csv", HEADER + "\n").write("c.csv", HEADER)
    shop.write("d.csv", b"\xef\xbb\xbf")
    assert "every file of source shop is empty" in shop.refused()
    shop.write("e.csv", lines(GOOD))
    assert [row["rows_in"] for row in shop.ingest()["counts"]["files"]] == [0, 0, 0, 0, 1]
    assert "b.csv is empty" in caplog.text


def test_nothing_kept_names_the_most_common_reason(tmp_path: Path) -> None:
    shop = Shop(tmp_path).write("a.csv", lines("a,02-01-2024,1,buy,www,x", "a,31-01-2024,1,buy,www,x"))
    assert "occurred cannot be read as a date" in shop.refused()


def test_truncated_parquet_names_file_and_remedy(tmp_path: Path) -> None:
    shop = Shop(tmp_path, files=["*.parquet"])
    path = tmp_path / "raw" / "a.parquet"
    pq.write_table(parquet_rows(), path)
    assert shop.ingest()["counts"]["kept"] == 2
    whole = path.read_bytes()
    (tmp_path / "canonical").rename(tmp_path / "before")
    for cut in (whole[: len(whole) // 2], whole[:3], whole[:60] + b"\0" * 40 + whole[100:]):
        path.write_bytes(cut)
        message = shop.refused()
        assert "a.parquet" in message and "fetch it again" in message
    path.write_bytes(b"")
    assert "empty" in shop.refused()


def parquet_rows() -> pa.Table:
    return pa.table(
        {
            "customer": [7.0, 8.0],
            "day": pa.array([us(2024, 1, 2), us(2024, 1, 3)], pa.timestamp("us", "Europe/Amsterdam")),
            "amount": pa.array([1, 2], pa.int32()),
            "kind": pa.array(["buy", "buy"]).dictionary_encode(),
            "channel": [None, "fax"],
        }
    )


def test_parquet_types_are_understood(tmp_path: Path) -> None:
    shop = Shop(tmp_path, files=["*.parquet"])
    pq.write_table(parquet_rows(), tmp_path / "raw" / "a.parquet")
    shop.ingest()
    assert set(shop_ids(tmp_path)) == {"7", "8"}
    events = sorted(shop.table("events"), key=lambda event: event["occurred_us"])
    assert [event["channel"] for event in events] == [None, "other"]
    assert [event["occurred_us"] for event in events] == [us(2024, 1, 2), us(2024, 1, 3)]


def test_order_and_file_split_change_no_byte(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    rows = [
        f"{customer},2024-0{month}-1{day},{amount},buy,www,{note}"
        for customer, month, day, amount, note in random.integers(1, 6, (300, 5))
    ]
    for duplicates in ("drop", "keep"):
        found = []
        for parts in (1, 4):
            shop = Shop(tmp_path, duplicates=duplicates)
            for old in (tmp_path / "raw").iterdir():
                old.unlink()
            shuffled = [rows[place] for place in random.permutation(len(rows))]
            for part in range(parts):
                shop.write(f"{part}.csv", lines(*shuffled[part::parts]))
            shop.ingest()
            found.append((tmp_path / "canonical" / "events.parquet").read_bytes())
        assert found[0] == found[1]


def test_skip_rules_are_counted_as_quarantined(tmp_path: Path) -> None:
    rules = [
        {"column": "note", "equals": "test"},
        {"column": "note", "in": ["bot", "spam"]},
        {"column": "amount", "below": 1},
        {"column": "amount", "above": 100},
        {"column": "channel", "missing": True},
    ]
    rows = ["1,buy,www,test", "1,buy,www,bot", "0.5,buy,www,x", "101,buy,www,x", "1,buy,,x", "1,buy,www,x"]
    shop = Shop(tmp_path, skip=rules).write("a.csv", lines(*(f"a,2024-01-02,{row}" for row in rows)))
    assert shop.ingest()["quarantine_reasons"] == {
        "skipped by rule: note equals test": 1,
        "skipped by rule: note in bot, spam": 1,
        "skipped by rule: amount below 1.0": 1,
        "skipped by rule: amount above 100.0": 1,
        "skipped by rule: channel is missing": 1,
    }


def test_dutch_notation(tmp_path: Path) -> None:
    shop = Shop(tmp_path, decimal=",", date_format="%d-%m-%Y %H:%M", time_zone="Europe/Amsterdam")
    shop.write("a.csv", lines("a;01-07-2023 12:00;1.234,50;buy;www;x", header=HEADER.replace(",", ";")))
    shop.ingest()
    (event,) = shop.table("events")
    assert (event["value"], event["occurred_us"]) == (1234.5, us(2023, 7, 1, 10))


def test_money_expression_and_session_and_known(tmp_path: Path) -> None:
    columns = {
        "customer": "id", "occurred": "at", "known": "loaded", "session": "visit", "quantity": "n",
        "value": "price * n - `the discount`",
    }  # fmt: skip
    shop = Shop(tmp_path, columns=columns, constants={"kind": "purchase", "channel": "web"}, values={})
    rows = ["a,2024-01-02,2024-01-05,5,2.5,3,0.5", "a,2024-01-03,,5,1,1,0", "a,2024-01-04,soon,,1,1,0"]
    shop.write("a.csv", lines(*rows, header="id,at,loaded,visit,price,n,the discount"))
    assert shop.ingest()["quarantine_reasons"] == {"known cannot be read as a date": 1}
    first, second = shop.table("events")
    assert (first["value"], first["quantity"]) == (7.0, 3.0)
    assert first["known_us"] == us(2024, 1, 5) and second["known_us"] == second["occurred_us"]
    assert first["session_id"] == second["session_id"] is not None


def test_attributes_keep_each_change(tmp_path: Path) -> None:
    shop = Shop(tmp_path, attributes={"band": {"column": "note", "sensitive": True}})
    days = [("2024-01-01", "young"), ("2024-01-02", "young"), ("2024-01-03", "old"), ("2024-01-04", "young")]
    shop.write("a.csv", lines(*(f"a,{day},1,buy,www,{band}" for day, band in days[::-1])))
    shop.ingest()
    found = [
        (row["value"], row["known_us"] // DAY_US - us(2024, 1, 1) // DAY_US)
        for row in shop.table("customers")
    ]
    assert found == [("young", 0), ("old", 2), ("young", 3)]
    assert all(row["sensitive"] for row in shop.table("customers"))


def test_monstrous_fields_do_not_crash(tmp_path: Path) -> None:
    long = "z" * 1_000_000
    rows = [
        GOOD,
        f"a,2024-01-02,1,buy,www,{long}",
        f"{long}",
        'a,2024-01-03,2,buy,www,"two\nlines, ""quoted"""',
    ]
    shop = Shop(tmp_path).write("a.csv", lines(*rows))
    assert shop.ingest()["quarantine_reasons"] == {"too few fields": 1}
    assert json.loads(shop.table("quarantine")[0]["raw"]) == {"row": long}


def test_row_longer_than_a_block_is_a_readable_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("features.sources._csv._BLOCK_BYTES", 1000)
    message = (
        Shop(tmp_path).write("a.csv", lines(GOOD, f"a,2024-01-02,1,buy,www,{'z' * 5000}", GOOD)).refused()
    )
    assert "a.csv" in message and "options.delimiter" in message


def test_small_blocks_give_the_same_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"c{number},2024-01-02,{number},buy,www,x" if number % 7 else "torn" for number in range(200)]
    found = []
    for block in (1 << 20, 300):
        monkeypatch.setattr("features.sources._csv._BLOCK_BYTES", block)
        shop = Shop(tmp_path).write("a.csv", lines(*rows))
        meta = shop.ingest()
        assert [row["row"] for row in shop.table("quarantine")] == list(range(1, 200, 7))
        found.append((meta, (tmp_path / "canonical" / "events.parquet").read_bytes()))
    assert found[0] == found[1]


def test_gzip_is_read(tmp_path: Path) -> None:
    shop = Shop(tmp_path, files=["*.csv.gz"]).write("a.csv.gz", gzip.compress(lines(GOOD).encode()))
    assert shop.ingest()["counts"]["kept"] == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"colums": {}}, "options.colums"),
        ({"columns": {"customer": "c"}}, "options.columns.occurred"),
        ({"columns": {**OPTIONS["columns"], "value": "open('x')"}}, "Call is not allowed"),
        ({"values": {"kind": {"buy": "bought"}}}, "unknown kind 'bought'"),
        ({"time_zone": "Europe/Utrecht"}, "Europe/Utrecht"),
        ({"encoding": "latin-0"}, "latin-0"),
        ({"duplicates": "maybe"}, "'maybe'"),
        ({"skip": [{"column": "note"}]}, "exactly one"),
        ({"files": ["../*.csv"]}, "outside"),
        ({"files": ["*.txt"]}, "*.txt"),
        ({"constants": {"kind": "purchase"}}, "either as columns.kind or as constants.kind"),
    ],
)
def test_wrong_option_names_the_key(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    message = Shop(tmp_path, **options).write("a.csv", lines(GOOD)).refused()
    assert words in message and ("conf/sources/shop.yaml" in message or "outside" in message)


def test_repeated_header_name_is_refused(tmp_path: Path) -> None:
    assert "more than once" in Shop(tmp_path).write("a.csv", lines(header=HEADER + ",day")).refused()


@pytest.mark.parametrize("amount", ["1e39", "-1000000000001"])
def test_an_impossible_amount_is_set_aside_with_all_that_its_row_says(tmp_path: Path, amount: str) -> None:
    shop = Shop(tmp_path, allow_negative=True, attributes={"tier": {"column": "note", "sensitive": False}})
    shop.write(
        "a.csv", f"{HEADER}\n1,2024-01-01,{amount},buy,www,gold\n2,2024-01-01,1000000000000,buy,www,new\n"
    )
    meta = shop.ingest()
    assert meta["quarantine_reasons"] == {"value is impossibly large": 1}
    assert pq.read_table(tmp_path / "canonical/events.parquet")["value"].to_pylist() == [1e12]
    assert pq.read_table(tmp_path / "canonical/customers.parquet")["value"].to_pylist() == ["new"]


def test_an_impossible_quantity_is_set_aside(tmp_path: Path) -> None:
    shop = Shop(tmp_path, columns={**OPTIONS["columns"], "quantity": "note"})
    shop.write("a.csv", f"{HEADER}\n1,2024-01-01,5,buy,www,1e13\n2,2024-01-01,5,buy,www,2\n")
    assert shop.ingest()["quarantine_reasons"] == {"quantity is impossibly large": 1}
