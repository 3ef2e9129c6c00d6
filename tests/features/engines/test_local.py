from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import EVENTS
from features.crowd import Learnt
from features.cutoffs import day_of
from features.engines import engine_of, local
from features.errors import InputError
from features.plan import PLAN_DIGEST, Plan
from features.row_groups import write_table
from features.settings import CutoffSettings, EngineSettings
from features.table import build

#: Learns how many customers had how many orders.
LEARNING = """
import numpy as np
import pyarrow as pa
from features.families._base import Crowd, Family, Measure

def count(history, scope):
    orders, customers = np.unique(history.orders.total().astype(np.int64), return_counts=True)
    return pa.table({"orders": orders, "customers": customers})

def fit(counts, scope, before):
    return counts

def measures(history, scope):
    known = dict(zip(*scope.learnt.to_pydict().values())) if scope.learnt is not None else {}
    like = np.array([known.get(int(number), 0) for number in history.orders.total()], dtype=np.float64)
    yield Measure("like_me", like, "customers", "Customers with as many orders", "Klanten met evenveel")

FAMILY = Family(measures, needs=("purchase",), crowd=Crowd(count, fit, ("orders",)))
"""


@pytest.fixture
def learning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plan_with: Callable[..., Plan]) -> Plan:
    """A plan with a family that learns from everybody."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "crowd_of_local.py").write_text(LEARNING)
    (tmp_path / "own" / "my_crowd").mkdir()
    (tmp_path / "own" / "my_crowd" / "alike.py").write_text(LEARNING)
    monkeypatch.syspath_prepend(tmp_path / "own")
    return plan_with(("recency", "monetary", "my_crowd.alike"))


def run(log: Path, plan: Plan, folder: Path, batch_events: int | None, threads: int) -> dict[str, bytes]:
    folder.mkdir()
    settings = EngineSettings(batch_events=batch_events, threads=threads)
    features, labels = folder / "features.parquet", folder / "labels.parquet"
    learnt = local.learn(log, plan, settings, folder / "learn")
    counts = local.run(log, plan, settings, features, labels, learnt)
    assert sorted(path.name for path in folder.iterdir()) == ["features.parquet", "labels.parquet"]
    assert counts["rows"] == pq.read_table(features).num_rows == pq.read_table(labels).num_rows
    learnt.write(folder / "crowd")
    files = sorted(path for path in folder.rglob("*.parquet") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_batches_and_threads_change_no_byte(log: Path, tmp_path: Path, learning: Plan) -> None:
    one = run(log, learning, tmp_path / "one", None, 1)
    assert f"features.parquet/{day_of(learning.as_of_us)}.parquet" in one
    assert "crowd/alike.parquet" in one
    assert one == run(log, learning, tmp_path / "many", 1, 2)
    assert one == run(log, learning, tmp_path / "some", 100, 2)


def test_how_the_events_lie_on_disk_changes_no_byte(
    log: Path, unsorted: Path, events: pa.Table, tmp_path: Path, learning: Plan
) -> None:
    one = run(log, learning, tmp_path / "one", 100, 1)
    assert one == run(unsorted, learning, tmp_path / "folder", 100, 2)
    # Not a word about its order, and kinds as codes.
    kinds = events["kind"].dictionary_encode()
    pq.write_table(events.set_column(6, "kind", kinds), tmp_path / "bare.parquet")
    assert one == run(tmp_path / "bare.parquet", learning, tmp_path / "bare", 7, 1)


def test_the_files_hold_what_the_kernel_computes(
    log: Path, events: pa.Table, tmp_path: Path, learning: Plan
) -> None:
    run(log, learning, tmp_path / "out", 100, 2)
    learnt = Learnt.read(tmp_path / "out" / "crowd")
    assert learnt.tables["alike"]
    for name, table in zip(("features", "labels"), build(events, learning, learnt), strict=True):
        found = [pq.read_table(path) for path in sorted((tmp_path / "out" / f"{name}.parquet").iterdir())]
        assert pa.concat_tables(found).unify_dictionaries().equals(table.unify_dictionaries())
    assert build(events, learning, learnt)[0]["alike__like_me"].to_numpy().max() > 1


def test_ids_of_one_person_are_merged_in_the_order_of_customers(
    log: Path, events: pa.Table, tmp_path: Path, plan: Plan
) -> None:
    run(log, plan, tmp_path / "out", 1, 2)
    newest = pq.read_table(tmp_path / "out" / "features.parquet" / f"{day_of(plan.as_of_us)}.parquet")
    customers = newest["customer_id"].to_pylist()
    assert customers == sorted(set(customers))
    assert set(customers) <= set(events["customer_id"].to_pylist())
    persons = dict(zip(events["customer_id"].to_pylist(), events["person_id"].to_pylist(), strict=True))
    order = [persons[customer] for customer in customers]
    assert order != sorted(order)


def test_both_tables_carry_the_digest_of_their_plan(
    log: Path, tmp_path: Path, plan: Plan, plan_with: Callable[..., Plan]
) -> None:
    run(log, plan, tmp_path / "out", None, 1)
    for path in sorted((tmp_path / "out").rglob("*/*.parquet")):
        if path.parent.name != "crowd":
            assert pq.read_schema(path).metadata[PLAN_DIGEST].decode() == plan.digest
    assert Plan.model_validate_json(plan.model_dump_json()).digest == plan.digest
    assert plan_with(cutoffs=CutoffSettings(step_days=15)).digest != plan.digest


def test_a_failing_build_leaves_the_old_tables(log: Path, tmp_path: Path, plan: Plan) -> None:
    old = run(log, plan, tmp_path / "out", None, 1)
    features, labels = tmp_path / "out" / "features.parquet", tmp_path / "out" / "labels.parquet"
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(log.read_bytes()[:500])
    strange = tmp_path / "strange.parquet"
    table = pq.read_table(log)
    kinds = pa.array(["purchase"] * (len(table) - 1) + ["teleport"])
    write_table(strange, EVENTS, iter([table.set_column(6, "kind", kinds)]), sorted_by=("person_id",))
    for events, message in ((broken, "(?i)parquet"), (strange, "unknown kind.*teleport.*allowed: page_view")):
        with pytest.raises(Exception, match=message):
            local.run(events, plan, EngineSettings(batch_events=50), features, labels, Learnt())
        assert {name: (tmp_path / "out" / name).read_bytes() for name in old} == old
        assert not list(tmp_path.rglob(".*"))


def test_a_build_replaces_the_tables_of_another_plan(
    log: Path, tmp_path: Path, plan: Plan, plan_with: Callable[..., Plan]
) -> None:
    run(log, plan_with(cutoffs=CutoffSettings(step_days=15)), tmp_path / "out", None, 1)
    features, labels = tmp_path / "out" / "features.parquet", tmp_path / "out" / "labels.parquet"
    local.run(log, plan, EngineSettings(), features, labels, Learnt())
    wanted = [f"{day_of(cutoff)}.parquet" for cutoff in plan.all_cutoffs]
    assert sorted(path.name for path in features.iterdir()) == wanted


def test_no_events_make_empty_tables_of_the_same_columns(log: Path, tmp_path: Path, plan: Plan) -> None:
    empty = tmp_path / "empty.parquet"
    write_table(empty, EVENTS, iter([]), sorted_by=("person_id",))
    run(log, plan, tmp_path / "some", None, 1)
    run(empty, plan, tmp_path / "none", None, 1)
    for name in ("features", "labels"):
        for path in sorted((tmp_path / "some" / f"{name}.parquet").iterdir()):
            other = tmp_path / "none" / f"{name}.parquet" / path.name
            assert pq.read_metadata(other).num_rows == 0
            assert pq.read_schema(other).equals(pq.read_schema(path), check_metadata=True)


def test_nothing_is_learnt_where_no_family_learns(log: Path, tmp_path: Path, plan: Plan) -> None:
    assert local.learn(log, plan, EngineSettings(), tmp_path / "learn").tables == {}
    assert engine_of(EngineSettings()) is local


def test_the_plan_survives_json(plan: Plan) -> None:
    assert Plan.model_validate_json(plan.model_dump_json()) == plan
    assert "treatment" not in plan.families  # the source declares no treatments


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cutoffs": CutoffSettings(as_of=date(1971, 1, 1))}, "as_of is 1971-01-01.*until 1970-05-01"),
        ({"cutoffs": CutoffSettings(min_history_days=119)}, "too short for a label.*min_history_days"),
        ({"families": ("weather",)}, "'weather'; allowed: .*cadence"),
        ({"families": ("my_shop.weather",)}, "'my_shop.weather'; allowed: .*package.module"),
    ],
)  # fmt: skip
def test_impossible_settings_name_the_key(
    plan_with: Callable[..., Plan], changes: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        plan_with(**changes)
