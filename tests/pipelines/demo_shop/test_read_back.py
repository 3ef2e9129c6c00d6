"""The exports read back by the sources: every row accounted for, and every phase that of the simulator."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from benchmarks.demo_scores import agreement_of_phases
from benchmarks.demo_world import persons_of


def test_rows_in_are_kept_quarantined_or_de_duplicated_as_the_truth_says(demo_project: Path) -> None:
    counts = json.loads((demo_project / "data/canonical/meta.json").read_text())["counts"]
    assert counts["rows_in"] == counts["kept"] + counts["quarantined"] + counts["deduplicated"]
    faults = json.loads((demo_project / "data/demo_truth/truth.json").read_text())["faults"]
    found: dict[str, dict[str, int]] = {}
    for row in counts["files"]:
        name = "ga4" if row["file"].startswith("ga4/") else row["file"]
        told = found.setdefault(name, dict.fromkeys(("rows_in", "quarantined", "deduplicated"), 0))
        for key in told:
            told[key] += row[key]
    assert found["ga4"]["rows_in"] == faults["ga4"]["events"] + faults["ga4"]["rows in two files"]
    assert found["ga4"]["deduplicated"] == faults["ga4"]["rows in two files"]
    for name in ("mail/mail_log.csv", "service/tickets.csv", "shop/returns.csv", "decisions/decisions.csv"):
        assert found[name]["quarantined"] == faults[name]["broken"], name
        assert found[name]["deduplicated"] == faults[name]["repeated"], name
    assert found["pos/receipts.csv"]["quarantined"] >= faults["pos/receipts.csv"]["without card"]


def test_two_implementations_of_the_phases_agree(demo_project: Path) -> None:
    found = agreement_of_phases(demo_project, persons_of(demo_project))
    assert found["simple"]["n"] > 300
    assert found["simple"]["share"] == 1.0


def test_orders_of_the_pipeline_are_those_of_the_simulation(demo_project: Path) -> None:
    read = (
        duckdb.sql(
            f"""SELECT count(DISTINCT (person_id, occurred_us)) FROM '{demo_project}/data/canonical/events.parquet'
        WHERE kind = 'purchase'"""
        )
        .limit(1)
        .fetchall()[0]
    )
    true = (
        duckdb.sql(f"SELECT count(*) FROM '{demo_project}/data/demo_truth/weekly.parquet' WHERE ordered")
        .limit(1)
        .fetchall()[0]
    )
    assert read == true


def test_no_address_and_no_name_gets_through(demo_project: Path) -> None:
    for name in ("events", "customers", "quarantine"):
        text = (
            duckdb.sql(
                f"SELECT string_agg(CAST(t AS VARCHAR), '') FROM '{demo_project}/data/canonical/{name}.parquet' AS t"
            )
            .limit(1)
            .fetchall()[0]
        )
        assert "postbus.example" not in text[0], name
