"""The Complete Journey as published in the package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from features.ingest import ingest
from features.settings import SourceSettings

NOW_US = 1_750_000_000_000_000


@pytest.fixture(scope="module")
def journey(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("journey")
    text = (repo / "conf" / "sources" / "complete_journey.yaml").read_text(encoding="utf-8")
    settings = SourceSettings.model_validate_json(json.dumps(yaml.safe_load(text), default=str))
    meta = ingest("complete_journey", settings, repo, out / "canonical", out / "ids.parquet", now_us=NOW_US)
    return out, meta


def test_published_counts(journey: tuple[Path, dict[str, Any]]) -> None:
    out, meta = journey
    files = {
        row["file"]: (row["kept"], row["quarantined"], row["deduplicated"]) for row in meta["counts"]["files"]
    }
    assert files == {
        "transactions.parquet": (1_469_307, 0, 0),
        "campaigns.parquet": (6_589, 0, 0),
        "coupon_redemptions.parquet": (2_102, 0, 0),
        "demographics.parquet": (801, 0, 0),
    }
    lines, spend, baskets, households = duckdb.sql(
        "select count(*), round(sum(value), 2), count(distinct session_id), count(distinct customer_id) "
        f"from '{out}/canonical/events.parquet' where kind = 'purchase'"
    ).fetchall()[0]
    assert (lines, spend, baskets, households) == (1_469_307, 4_596_039.58, 155_848, 2_469)
    assert meta["missing_days"] == [] and meta["actions"] == ["none", "A", "B", "C"]
    assert duckdb.sql(f"select count(*), count(distinct source_id) from '{out}/ids.parquet'").fetchall() == [
        (2_469, 2_469)
    ]


def test_demographics_are_sensitive_and_known_before_the_log(journey: tuple[Path, dict[str, Any]]) -> None:
    out, _ = journey
    assert duckdb.sql(
        "select bool_and(sensitive), max(known_us), count(distinct attribute), count(distinct customer_id) "
        f"from '{out}/canonical/customers.parquet'"
    ).fetchall() == [(True, 0, 7, 801)]


def test_decisions_are_mature_and_come_after_the_first_order(journey: tuple[Path, dict[str, Any]]) -> None:
    out, meta = journey
    early, late, twice, starts = duckdb.sql(
        "select count(*) filter (decided_us <= first_us), "
        f"count(*) filter (decided_us + 14 * 86400000000 > {meta['complete_until_us']}), "
        "count(*) - count(distinct (customer_id, decided_us)), count(distinct decided_us) "
        f"from '{out}/canonical/decisions.parquet' join (select customer_id, min(occurred_us) as first_us "
        f"from '{out}/canonical/events.parquet' where kind = 'purchase' group by 1) using (customer_id)"
    ).fetchall()[0]
    assert (early, late, twice, starts) == (0, 0, 0, 21)
    actions = duckdb.sql(
        f"select action, count(*) from '{out}/canonical/decisions.parquet' group by 1 order by 1"
    ).fetchall()
    assert actions == [("A", 3_629), ("B", 2_050), ("C", 562), ("none", 43_124)]
