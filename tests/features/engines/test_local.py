from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from features.contract import DAY_US, EVENTS
from features.engines import local
from features.errors import InputError
from features.labels._base import contracts
from features.plan import PLAN_DIGEST, Plan
from features.settings import (
    CutoffSettings,
    EngineSettings,
    FeatureSettings,
    JourneySettings,
    LabelSettings,
    Rhythm,
)
from features.table import build, make_plan

RHYTHM = Rhythm(step_days=14, churn_horizon_days=14, readiness_horizon_days=7)
META = {
    "source": "test", "currency": "EUR", "kinds": ["purchase"], "channels": ["web"], "start_us": 0,
    "complete_until_us": 120 * DAY_US, "missing_days": [],
}  # fmt: skip
FAMILIES = FeatureSettings(
    families=("recency", "monetary", "treatment"), windows_days=(7, 28), lookback_days=90
)


def plan_with(repo: Path, **changes: object) -> Plan:
    text = (repo / "conf" / "journeys" / "five_phase.yaml").read_text(encoding="utf-8")
    journey = JourneySettings.model_validate(yaml.safe_load(text), strict=False)
    settings = {"features": FAMILIES, "cutoffs": CutoffSettings(), "meta": META, **changes}
    wanted = contracts({"churn": LabelSettings(), "readiness": LabelSettings()}, RHYTHM)
    return make_plan(
        settings["meta"],
        settings["features"],
        settings["cutoffs"],
        wanted,
        journey,
        RHYTHM,  # type: ignore[arg-type]
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    random = np.random.default_rng(5)
    n = 600
    occurred = random.integers(0, 120 * DAY_US, n)
    customer = random.integers(0, 40, n)
    table = pa.table(
        {"event_id": np.arange(n), "customer_id": customer, "person_id": customer // 3, "occurred_us": occurred,
         "known_us": occurred, "kind": ["purchase"] * n, "value": random.gamma(2, 20, n), "source": ["t"] * n}
    )  # fmt: skip
    columns = [table[name] if name in table.column_names else pa.nulls(n) for name in EVENTS.names]
    path = tmp_path / "events.parquet"
    pq.write_table(pa.table(columns, names=EVENTS.names).cast(EVENTS), path)
    return path


def run(log: Path, plan: Plan, folder: Path, partitions: int, threads: int) -> tuple[bytes, bytes]:
    folder.mkdir()
    features, labels = folder / "features.parquet", folder / "labels.parquet"
    counts = local.run(log, plan, EngineSettings(partitions=partitions, threads=threads), features, labels)
    assert counts["rows"] == pq.read_metadata(features).num_rows
    assert sorted(path.name for path in folder.iterdir()) == ["features.parquet", "labels.parquet"]
    return features.read_bytes(), labels.read_bytes()


def test_partitions_and_threads_change_no_byte(log: Path, tmp_path: Path, repo: Path) -> None:
    plan = plan_with(repo)
    one = run(log, plan, tmp_path / "one", 1, 1)
    # More partitions than customers: some are empty.
    assert one == run(log, plan, tmp_path / "many", 64, 2)


def test_the_files_hold_what_the_kernel_computes(log: Path, tmp_path: Path, repo: Path) -> None:
    plan = plan_with(repo)
    run(log, plan, tmp_path / "out", 3, 2)
    features, labels = build(pq.read_table(log), plan)
    assert pq.read_table(tmp_path / "out" / "features.parquet").equals(features)
    assert pq.read_table(tmp_path / "out" / "labels.parquet").equals(labels)


def test_both_tables_carry_the_digest_of_their_plan(log: Path, tmp_path: Path, repo: Path) -> None:
    plan = plan_with(repo)
    run(log, plan, tmp_path / "out", 2, 1)
    for name in ("features", "labels"):
        schema = pq.read_schema(tmp_path / "out" / f"{name}.parquet")
        assert schema.metadata[PLAN_DIGEST].decode() == plan.digest
    assert Plan.model_validate_json(plan.model_dump_json()).digest == plan.digest
    assert plan_with(repo, cutoffs=CutoffSettings(step_days=15)).digest != plan.digest


def test_a_failing_build_leaves_the_old_tables(log: Path, tmp_path: Path, repo: Path) -> None:
    old = tmp_path / "features.parquet"
    old.write_bytes(b"old")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(log.read_bytes()[:500])
    with pytest.raises(Exception, match="parquet"):
        local.run(broken, plan_with(repo), EngineSettings(), old, tmp_path / "labels.parquet")
    assert old.read_bytes() == b"old"
    assert not list(tmp_path.glob(".*"))


def test_the_plan_survives_json_and_names_its_columns(repo: Path, tmp_path: Path) -> None:
    plan = plan_with(repo)
    assert Plan.model_validate_json(plan.model_dump_json()) == plan
    assert "treatment" not in plan.families  # the source declares no treatments
    local.write_columns(plan, tmp_path / "columns.json")
    columns = json.loads((tmp_path / "columns.json").read_text(encoding="utf-8"))
    assert columns[0]["name"] == "days_in_phase"
    assert {"name", "family", "unit", "meaning_en", "meaning_nl", "default"} == set(columns[1])
    assert "EUR" in {column["unit"] for column in columns}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cutoffs": CutoffSettings(as_of=date(1971, 1, 1))}, "as_of is 1971-01-01.*until 1970-05-01"),
        ({"cutoffs": CutoffSettings(min_history_days=119)}, "too short for a label.*min_history_days"),
        ({"features": FeatureSettings(families=("weather",), windows_days=(7,))}, "'weather'; allowed: ca"),
    ],
)  # fmt: skip
def test_impossible_settings_name_the_key(repo: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        plan_with(repo, **changes)
