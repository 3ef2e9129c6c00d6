"""Law 4: the tables of Spark are those of the local engine, byte for byte, however the events come to the tasks."""

from __future__ import annotations

import importlib.util
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

import features.families
from features.contract import CHANNELS, DAY_US, EVENTS, KINDS, PERSON_ORDER
from features.crowd import Learnt
from features.discovery import discover
from features.engines import engine_of, local
from features.errors import InputError
from features.ingest import ingest
from features.labels._base import contracts, labels
from features.plan import Plan
from features.planning import make_plan
from features.row_groups import write_table
from features.settings import (
    CutoffSettings,
    EngineSettings,
    FeatureSettings,
    JourneySettings,
    LabelSettings,
    Rhythm,
    SourceSettings,
)
from features.table import build

pytestmark = pytest.mark.spark
Made = Callable[[int], pa.Table]

DAYS = 160
#: So few events in a batch that the first customer is larger than one.
SETTINGS = EngineSettings(name="spark", batch_events=60)
RHYTHM = Rhythm(
    step_days=28,
    churn_horizon_days=28,
    churn_active_days=56,
    readiness_horizon_days=14,
    decision_horizon_days=10,
)
#: Learns how many customers have how many events; on Spark the first try of a task is lost after its first batch.
FAMILY = """
import pathlib
import numpy as np
import pyarrow as pa
from features.families._base import Crowd, Family, Measure

CALLS = {}

def count(history, scope):
    events, customers = np.unique(history.count()[-1].astype(np.int64), return_counts=True)
    return pa.table({"events": events, "customers": customers})

def fit(table, scope, before):
    return pa.table({"learnt": [float(len(table)), float(sum(table["customers"].to_pylist()))]})

def measures(history, scope):
    learnt = scope.learnt["learnt"].to_pylist() if scope.learnt is not None else [0.0, 0.0]
    for number, value in enumerate(learnt):
        yield Measure(f"crowd_{number}", history.count()[-1] * value, "events", "a", "b")
    from pyspark import TaskContext
    context = TaskContext.get()
    if context is not None:
        CALLS.setdefault(context.taskAttemptId(), []).append(history.frame.cutoff_us)
        if context.attemptNumber() == 0 and len(CALLS[context.taskAttemptId()]) > CUTOFFS:
            pathlib.Path("@lost@").touch()
            raise RuntimeError("lost the first time")

CUTOFFS = 3
FAMILY = Family(measures, needs=("purchase",), crowd=Crowd(count, fit, ("events",)))
"""


def make(repo: Path, **changes: Any) -> Plan:
    text = (repo / "conf" / "journeys" / "five_phase.yaml").read_text(encoding="utf-8")
    journey = JourneySettings.model_validate(yaml.safe_load(text), strict=False)
    meta = {
        "source": "test", "currency": "EUR", "kinds": list(KINDS), "channels": list(CHANNELS), "start_us": 0,
        "complete_until_us": DAYS * DAY_US, "missing_days": [],
    }  # fmt: skip
    families = changes.get("families", tuple(discover(features.families, "FAMILY")))
    plan = make_plan(
        changes.get("meta", meta),
        FeatureSettings(families=families, windows_days=(7, 28, 90), lookback_days=120, country="NL"),
        CutoffSettings(min_history_days=84),
        contracts({target: LabelSettings() for target in changes.get("targets", labels())}, RHYTHM),
        journey,
        RHYTHM,
        decision_days=[130 * DAY_US],
    )
    # Two cutoffs of each target and the newest one: what many cutoffs do, the laws of the kernel see.
    return plan.model_copy(update={"cutoffs": {target: days[-2:] for target, days in plan.cutoffs.items()}})


def as_folder(events: pa.Table, folder: Path) -> Path:
    """Two files in no order at all, one a folder deeper: what somebody else wrote."""
    shuffled = events.take(pa.array(np.random.default_rng(1).permutation(len(events))))
    (folder / "deeper").mkdir(parents=True)
    pq.write_table(shuffled.slice(0, 200), folder / "a.parquet")
    pq.write_table(shuffled.slice(200), folder / "deeper" / "b.parquet")
    return folder


def as_sorted(events: pa.Table, path: Path, group_rows: int) -> Path:
    """One file as ingest writes it, but with row groups so small that a person spans several."""
    ordered = events.sort_by([(name, "ascending") for name in PERSON_ORDER])
    rising = [pq.SortingColumn(EVENTS.names.index(name)) for name in PERSON_ORDER]
    with pq.ParquetWriter(path, EVENTS, sorting_columns=rising) as writer:
        writer.write_table(ordered, row_group_size=group_rows)
    return path


def tables(engine: Any, events: Path, plan: Plan, settings: EngineSettings, folder: Path) -> dict[str, bytes]:
    """Learn and build; give every file by its name."""
    learnt: Learnt = engine.learn(events, plan, settings, folder / "learn")
    learnt.write(folder / "crowd")
    counts = engine.run(
        events, plan, settings, folder / "features.parquet", folder / "labels.parquet", learnt
    )
    written = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    rows = [pq.read_metadata(path).num_rows for name, path in written.items() if name.startswith("features")]
    assert counts["rows"] == sum(rows)
    return {name: path.read_bytes() for name, path in written.items()}


@pytest.mark.parametrize("way", ["shuffled", "sorted"])
def test_every_family_has_the_bytes_of_the_local_engine(
    way: str, spark: Any, tmp_path: Path, repo: Path, events_of: Made
) -> None:
    plan = make(repo)
    events = events_of(3)
    path = (
        as_folder(events, tmp_path / "events")
        if way == "shuffled"
        else as_sorted(events, tmp_path / "events.parquet", 40)
    )
    found = {}
    for name, engine in (("local", local), ("spark", engine_of(SETTINGS))):
        (tmp_path / name).mkdir()
        found[name] = tables(engine, path, plan, SETTINGS, tmp_path / name)
        assert not list((tmp_path / name).glob(".*"))
    assert len(plan.families) > 5 and any(name.startswith("labels") for name in found["local"])
    assert found["local"] == found["spark"]


def test_the_frame_holds_the_same_bits(spark: Any, tmp_path: Path, repo: Path, events_of: Made) -> None:
    from features.engines.spark import features_frame

    plan = make(repo)
    path = as_folder(events_of(4), tmp_path / "events")
    frame = features_frame(
        spark.read.option("recursiveFileLookup", "true").parquet(str(path)), plan, settings=SETTINGS
    )
    order = [("cutoff_us", "ascending"), ("customer_id", "ascending")]
    expected = build(events_of(4), plan)[0]
    found = frame.toArrow().sort_by(order)
    assert found.column_names == expected.column_names
    for name in expected.column_names:
        one, other = found[name], expected[name]
        if pa.types.is_floating(other.type):
            assert one.to_numpy().tobytes() == other.to_numpy().tobytes(), name
        else:
            assert one.to_pylist() == other.to_pylist(), name


def test_a_task_that_is_tried_again_leaves_nothing_twice(
    spark: Any, tmp_path: Path, repo: Path, events_of: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "own.zip"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("own_families/__init__.py", "")
        archive.writestr("own_families/lost_once.py", FAMILY.replace("@lost@", str(tmp_path / "lost")))
    monkeypatch.syspath_prepend(str(package))
    spark.sparkContext.addPyFile(str(package))
    plan = make(repo, families=("recency", "own_families.lost_once"), targets=("churn",))
    assert len(plan.all_cutoffs) == 3
    events = as_sorted(events_of(5), tmp_path / "events.parquet", 300)
    found = {}
    for name, engine in (("local", local), ("spark", engine_of(SETTINGS))):
        (tmp_path / name).mkdir()
        found[name] = tables(engine, events, plan, SETTINGS, tmp_path / name)
    assert "crowd/lost_once.parquet" in found["spark"]
    assert (tmp_path / "lost").exists()
    assert found["local"] == found["spark"]


def test_no_events_at_all(spark: Any, tmp_path: Path, repo: Path) -> None:
    plan = make(repo)
    write_table(tmp_path / "events.parquet", EVENTS, iter([EVENTS.empty_table()]), PERSON_ORDER)
    found = {}
    for name, engine in (("local", local), ("spark", engine_of(SETTINGS))):
        (tmp_path / name).mkdir()
        found[name] = tables(engine, tmp_path / "events.parquet", plan, SETTINGS, tmp_path / name)
    assert found["local"] == found["spark"]


def test_a_mistake_in_the_events_is_told_as_one(
    spark: Any, tmp_path: Path, repo: Path, events_of: Made
) -> None:
    events = events_of(6)
    kinds = pa.array(["teleport"] * len(events))
    events = events.set_column(events.column_names.index("kind"), EVENTS.field("kind"), kinds)
    path = as_folder(events, tmp_path / "events")
    features_out = tmp_path / "features.parquet"
    with pytest.raises(InputError, match=r"unknown kind.*teleport.*allowed"):
        engine_of(SETTINGS).run(
            path, make(repo), SETTINGS, features_out, tmp_path / "labels.parquet", Learnt()
        )
    assert not features_out.exists()


@pytest.mark.real_data
def test_the_complete_journey_has_the_same_bytes(
    spark: Any, tmp_path: Path, repo: Path, small_journey: Path
) -> None:
    text = (repo / "conf/sources/complete_journey.yaml").read_text(encoding="utf-8")
    settings = SourceSettings.model_validate(
        {**yaml.safe_load(text), "path": [str(small_journey)]}, strict=False
    )
    out = tmp_path / "canonical"
    meta = ingest("small", settings, tmp_path, out, tmp_path / "ids.parquet", now_us=2 * 10**15, threads=1)
    plan = make(repo, meta=meta, targets=("churn", "readiness"))
    found = {}
    for name, engine in (("local", local), ("spark", engine_of(SETTINGS))):
        (tmp_path / name).mkdir()
        run_settings = EngineSettings(batch_events=20_000)
        found[name] = tables(engine, out / "events.parquet", plan, run_settings, tmp_path / name)
    assert found["local"] == found["spark"]


@pytest.mark.parametrize("kind", ["canonical", "service"])
def test_ingest_has_the_same_bytes(kind: str, spark: Any, tmp_path: Path, repo: Path) -> None:
    from features.engines import spark_ingest

    path = repo / "tests/features/sources/fixtures" / f"{kind}.py"
    spec = importlib.util.spec_from_file_location(f"spark_fixture_{kind}", path)
    assert spec is not None and spec.loader is not None
    fixture = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fixture)
    (tmp_path / "raw").mkdir()
    given = {"kind": kind, "title": kind, "path": ["raw"], "id_key": "public", "rhythm": RHYTHM.model_dump()}
    settings = SourceSettings.model_validate({**given, **fixture.write(tmp_path / "raw")}, strict=False)
    now_us = 1_717_200_000_000_000
    ingest("shop", settings, tmp_path, tmp_path / "local", tmp_path / "ids_local.parquet", now_us=now_us)
    ingest(
        "shop", settings, tmp_path, tmp_path / "spark", tmp_path / "ids_spark.parquet", now_us=now_us,
        reader=spark_ingest.reader(SETTINGS),
    )  # fmt: skip
    written = {path.name for path in (tmp_path / "local").iterdir()}
    assert written == {path.name for path in (tmp_path / "spark").iterdir()} and "events.parquet" in written
    for name in sorted(written):
        assert (tmp_path / "local" / name).read_bytes() == (tmp_path / "spark" / name).read_bytes(), name
    assert (tmp_path / "ids_local.parquet").read_bytes() == (tmp_path / "ids_spark.parquet").read_bytes()
