"""Hillstrom: what of a row is as it stands and what is constructed of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from features.ingest import ingest
from pipelines.params import load_source

HEADER = "recency,history,mens,womens,zip_code,newbie,channel,segment,visit,conversion,spend\n"
GOOD = "2,90.0,1,1,Rural,0,Multichannel,Womens E-Mail,1,0,12.5"
WEB = "1,30.0,0,1,Urban,1,Web,No E-Mail,0,0,0"


def read(export: Callable[..., Any], *rows: str, **options: Any) -> Any:
    text = HEADER + "\n".join(rows) + "\n"
    return export("hillstrom", {"hillstrom.csv": text}, **{"decided_on": "2008-03-31", **options})


def decided(log: Any) -> list[dict[str, Any]]:
    """Give the decisions, with the id of the source in place of the pseudonym."""
    ids = sorted({one["source_id"] for one in log.rows("events")})
    seen = pa.table({"source_id": ids, "customer_id": range(len(ids)), "first_us": [0] * len(ids)})
    rows = log.source.decisions(seen, 2**62).to_pylist()
    return [{**row, "source_id": ids[row["customer_id"]]} for row in rows]


def test_the_money_of_the_year_is_put_at_the_last_purchase(
    export: Callable[..., Any], micros: Callable[[str], int]
) -> None:
    events = read(export, GOOD).rows("events")
    bought = [one for one in events if one["kind"] == "purchase"]
    # Two months before the last day of March: the last day of January.
    assert {one["occurred_us"] for one in bought} == {micros("2008-01-31")}
    assert sorted((one["category"], one["channel"], one["value"]) for one in bought) == [
        ("mens", "phone", 22.5),
        ("mens", "web", 22.5),
        ("womens", "phone", 22.5),
        ("womens", "web", 22.5),
    ]
    (before,) = [one for one in events if one["kind"] == "other"]
    assert before["occurred_us"] == micros("2007-02-28")
    assert len({one["event_id"] for one in events}) == len(events) == 5


def test_a_new_customer_of_one_channel_has_one_event(export: Callable[..., Any]) -> None:
    (event,) = read(export, WEB).rows("events")
    assert (event["kind"], event["category"], event["channel"], event["value"]) == (
        "purchase",
        "womens",
        "web",
        30.0,
    )


def test_a_row_is_a_randomised_decision_with_its_result(
    export: Callable[..., Any], micros: Callable[[str], int]
) -> None:
    (one,) = decided(read(export, GOOD))
    assert one["decided_us"] == micros("2008-03-31")
    assert (one["action"], one["eligible"]) == ("womens", ["none", "mens", "womens"])
    assert one["propensity"] == pytest.approx(1 / 3)
    assert (one["outcome"], one["value"], one["cost"], one["explore"]) == (1.0, 12.5, 0.0, True)
    (order,) = decided(read(export, GOOD, outcome="conversion"))
    assert order["outcome"] == 0.0


def test_two_customers_of_whom_the_file_says_the_same_stay_two(export: Callable[..., Any]) -> None:
    log = read(export, WEB, GOOD, WEB)
    ids = [one["source_id"] for one in decided(log)]
    assert len(set(ids)) == 3
    # Who is who does not depend on the order of the rows.
    other = decided(read(export, GOOD, WEB, WEB))
    assert {one["source_id"] for one in other} == set(ids)


def test_what_describes_a_customer_is_known_when_it_was_decided(
    export: Callable[..., Any], micros: Callable[[str], int]
) -> None:
    told = read(export, GOOD).rows("attributes")
    assert {one["attribute"]: one["value"] for one in told} == {
        "zip_code": "Rural",
        "channel": "Multichannel",
        "newbie": "no",
    }
    assert {one["known_us"] for one in told} == {micros("2008-03-31")}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("2,90.0", "2.5,90.0", "recency is no whole number of months"),
        ("2,90.0", ",90.0", "recency is missing"),
        ("2,90.0", "13,90.0", "recency is above 12"),
        ("90.0", "-1", "history is negative"),
        ("Womens E-Mail", "Letter", "segment is not one of"),
        ("Multichannel", "Shop", "channel is not one of"),
        ("Rural,0", "Rural,", "newbie is missing"),
        ("1,0,12.5", ",0,12.5", "visit is missing"),
        ("12.5", "", "spend is missing"),
    ],
)
def test_a_bad_row_is_quarantined(old: str, new: str, reason: str, export: Callable[..., Any]) -> None:
    assert old in GOOD
    found = read(export, GOOD.replace(old, new, 1), WEB).reasons("customers")
    assert found[0].startswith(reason) and found[1] is None


@pytest.mark.real_data
def test_published_counts(
    repo: Path, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KLANTREIS_DATA", str(data_dir))
    settings = load_source("hillstrom", repo)
    out = tmp_path / "canonical"
    meta = ingest(
        "hillstrom", settings, repo, out, tmp_path / "ids.parquet", now_us=1_750_000_000_000_000, threads=1
    )
    assert (meta["counts"]["kept"], meta["counts"]["deduplicated"]) == (64_000, 0)
    arms = duckdb.sql(
        f"select action, count(*), round(avg(outcome), 4), round(avg(value), 3) from '{out}/decisions.parquet' "
        "group by 1 order by 1"
    ).fetchall()
    assert arms == [
        ("mens", 21_307, 0.1828, 1.423),
        ("none", 21_306, 0.1062, 0.653),
        ("womens", 21_387, 0.1514, 1.077),
    ]
    money, customers = duckdb.sql(
        f"select sum(value), count(distinct customer_id) from '{out}/events.parquet' where kind = 'purchase'"
    ).fetchall()[0]
    spent = duckdb.sql(f"select sum(history) from '{data_dir}/hillstrom/hillstrom.parquet'").fetchall()[0][0]
    assert money == pytest.approx(spent) and customers == 64_000
