"""The feature benchmark: the log is what it says, every engine computes the same, and a wrong result is seen."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.features import task
from benchmarks.features.__main__ import main
from benchmarks.features.compare import compare
from benchmarks.features.generate import activity, generate
from benchmarks.features.harness import PEERS, Run, default_peers, installed, ratios
from benchmarks.features.measure import Cost, measure
from benchmarks.features.peers import naive_sql
from benchmarks.features.report import markdown, render
from features.contract import BEHAVIOUR, CHANNELS, EVENTS
from features.errors import InputError

EVENTS_MADE = 4_000
#: Not every machine has every peer.
MODULES = ["project"] + [module for name, (module, _) in PEERS.items() if installed(name)]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(EVENTS_MADE, tmp_path_factory.mktemp("log")).parent


@pytest.fixture(scope="module")
def reference(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("reference")
    naive_sql.run(log, out)
    return out


# ---- the task and its log --------------------------------------------------------------------------------------


def test_the_task_has_252_columns_in_the_words_of_the_contract() -> None:
    assert len(task.COLUMNS) == len(set(task.COLUMNS)) == 252
    assert len(task.KINDS15) == 15 and set(task.KINDS15) <= set(BEHAVIOUR)
    assert len(task.CHANNELS8) == 8 and set(task.CHANNELS8) <= set(CHANNELS)
    assert len(task.CUTOFFS) == 6 and not any(cutoff % task.DAY_US for cutoff in task.CUTOFFS)


def test_the_log_is_a_canonical_table_sorted_as_ingest_writes_it(log: Path) -> None:
    table = pq.read_table(log / "events.parquet")
    assert table.schema.remove_metadata().equals(EVENTS.remove_metadata())
    rows = table.to_pandas()
    assert len(rows) == EVENTS_MADE
    assert rows["event_id"].is_unique
    keys = rows[["customer_id", "occurred_us"]]
    assert not keys.duplicated().any(), "one purchase row is one order"
    assert keys.equals(keys.sort_values(["customer_id", "occurred_us"]))
    assert rows["customer_id"].nunique() == EVENTS_MADE // 50
    assert rows["customer_id"].min() > 1_000_000, "pseudonyms are not numbered"
    first, end = task.midnight_us(task.FIRST_DAY), task.midnight_us(task.END_DAY)
    assert rows["occurred_us"].between(first, end, inclusive="left").all()
    assert (rows["value"].notna() == rows["kind"].isin(task.VALUED)).all()
    assert set(rows["kind"]) == set(task.KINDS15) and set(rows["channel"]) == set(task.CHANNELS8)


def test_a_session_is_what_one_customer_does_in_six_hours(log: Path) -> None:
    rows = pd.read_parquet(log / "events.parquet")
    blocks = rows["occurred_us"] // (task.SESSION_HOURS * 3_600_000_000)
    by_session = rows.assign(block=blocks).groupby("session_id")[["customer_id", "block"]].nunique()
    assert (by_session == 1).all().all()
    assert len(by_session) == len(rows.assign(block=blocks)[["customer_id", "block"]].drop_duplicates())


def test_activity_is_skewed_and_adds_up() -> None:
    ids, counts = activity(200_000, seed=1)
    assert counts.sum() == 200_000 and len(ids) == len(counts) == 4_000
    assert (np.diff(ids) > 0).all()
    assert counts.max() > 50 * np.median(counts)


def test_equal_sizes_and_seeds_give_equal_rows_and_others_do_not(log: Path, tmp_path: Path) -> None:
    again = generate(EVENTS_MADE, tmp_path / "again")
    assert again.read_bytes() == (log / "events.parquet").read_bytes()
    other = generate(EVENTS_MADE, tmp_path / "other", seed=12)
    assert other.read_bytes() != again.read_bytes()


def test_a_log_that_stands_there_is_kept_and_one_of_another_size_is_made_again(tmp_path: Path) -> None:
    made = generate(1_000, tmp_path).stat()
    assert generate(1_000, tmp_path).stat().st_ino == made.st_ino
    assert pq.read_metadata(generate(2_000, tmp_path)).num_rows == 2_000


# ---- the engines -----------------------------------------------------------------------------------------------


def test_the_reference_counts_as_one_would_by_hand(tmp_path: Path) -> None:
    cutoff, day = task.CUTOFFS[0], task.DAY_US
    told = [  # days before the cutoff, kind, channel, category, value, session
        (400.0, "page_view", "web", "c00", None, 1),
        (30.0, "purchase", "app", "c01", 10.0, 2),
        (7.5, "cart_add", "web", "c01", 4.0, 3),
        (6.0, "purchase", "app", "c02", 30.0, 4),
        (5.75, "page_view", "app", "c02", None, 4),
        (0.0, "purchase", "app", "c02", 99.0, 5),  # at the cutoff: not before it
    ]
    columns = dict(zip(("days", "kind", "channel", "category", "value", "session_id"), zip(*told, strict=True),
                       strict=True))  # fmt: skip
    moments = [cutoff - round(days * day) for days in columns.pop("days")]
    table = {**columns, "customer_id": [7] * len(told), "occurred_us": moments}
    pq.write_table(pa.table(table), tmp_path / "events.parquet")
    naive_sql.run(tmp_path, tmp_path / "out")
    found = pd.read_parquet(tmp_path / "out").set_index("cutoff_us").loc[cutoff]
    assert [found[f"events__all__{days}d"] for days in task.WINDOWS] == [0, 2, 4, 4, 4]
    assert found["count__purchase__30d"] == 2 and found["channel__web__365d"] == 1
    assert found["category__c02__30d"] == 2 and found["category__c01__90d"] == 2
    assert found["sum__purchase__30d"] == 40 and found["mean__purchase__30d"] == 20
    assert found["max__purchase__7d"] == 30 and np.isnan(found["max__purchase__1d"])
    assert found["sum__purchase__1d"] == 0
    assert (
        found["recency__purchase"] == 6 and found["recency__web"] == 7.5 and np.isnan(found["recency__store"])
    )
    assert found["distinct__days__30d"] == 3 and found["distinct__sessions__7d"] == 1
    assert found["distinct__categories__365d"] == 2
    assert found["rhythm__tenure"] == 400 and found["rhythm__gap_max"] == 370
    assert found["rhythm__gap_mean"] == pytest.approx(np.mean([370, 22.5, 1.5, 0.25]), rel=1e-6)
    assert found["rhythm__gap_std"] == pytest.approx(np.std([370, 22.5, 1.5, 0.25], ddof=1), rel=1e-6)
    assert found["trend__purchase"] == pytest.approx((1 / 7) / (2 / 30)) and np.isnan(found["trend__store"])


@pytest.mark.parametrize("module", MODULES)
def test_every_engine_computes_the_same(module: str, log: Path, reference: Path, tmp_path: Path) -> None:
    importlib.import_module(f"benchmarks.features.{module}").run(log, tmp_path)
    found = compare(reference, tmp_path)
    assert found.get("fault", "") == "" and found["differ"] == {}, found
    assert found["cells"] == pq.read_metadata(reference / "features.parquet").num_rows * 252


# ---- comparing -------------------------------------------------------------------------------------------------


def changed(reference: Path, out: Path, change: Any) -> Path:
    table = pd.read_parquet(reference)
    out.mkdir(exist_ok=True)
    change(table).to_parquet(out / "features.parquet", index=False)
    return out


def test_one_wrong_cell_is_found_wherever_its_row_stands(reference: Path, tmp_path: Path) -> None:
    def one_more(table: pd.DataFrame) -> pd.DataFrame:
        cells = table["count__search__90d"].to_numpy().copy()
        cells[3] += 1
        table["count__search__90d"] = cells
        return table.sample(frac=1.0, random_state=1)

    found = compare(reference, changed(reference, tmp_path, one_more))
    assert found["differ"] == {"count__search__90d": 1}
    assert found["example"].startswith("count__search__90d of ")


def test_a_value_where_another_is_missing_differs(reference: Path, tmp_path: Path) -> None:
    def filled(table: pd.DataFrame) -> pd.DataFrame:
        missing = table.index[table["recency__purchase"].isna()]
        table.loc[missing[0], "recency__purchase"] = 0.0
        return table

    assert compare(reference, changed(reference, tmp_path, filled))["differ"] == {"recency__purchase": 1}


def test_one_number_for_every_missing_value_of_a_column_is_told_not_counted(
    reference: Path, tmp_path: Path
) -> None:
    def filled(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(recency__purchase=table["recency__purchase"].fillna(999.0))

    found = compare(reference, changed(reference, tmp_path, filled))
    assert found["differ"] == {} and found["missing_as"] == {"recency": [999.0]}


def test_the_order_of_adding_is_allowed_to_show_in_sums_but_not_in_counts(
    reference: Path, tmp_path: Path
) -> None:
    def nudged(table: pd.DataFrame) -> pd.DataFrame:
        for name in ("sum__purchase__365d", "count__page_view__365d"):
            cells = table[name].to_numpy()
            table[name] = np.where(cells > 0, np.nextafter(cells, np.float32(1e9)), cells)
        return table

    assert list(compare(reference, changed(reference, tmp_path, nudged))["differ"]) == [
        "count__page_view__365d"
    ]


def test_other_rows_or_columns_cannot_be_compared(reference: Path, tmp_path: Path) -> None:
    fewer = changed(reference, tmp_path / "rows", lambda table: table.iloc[1:])
    assert "not the same keys" in compare(reference, fewer)["fault"]
    other = changed(reference, tmp_path / "columns", lambda table: table.drop(columns="trend__all"))
    assert "trend__all" in compare(reference, other)["fault"]
    wide = changed(reference, tmp_path / "types", lambda table: table.astype({"trend__all": "float64"}))
    assert "trend__all" in compare(reference, wide)["fault"]


# ---- measuring and telling -------------------------------------------------------------------------------------


def test_the_cost_of_children_counts() -> None:
    child = "x = bytearray(150_000_000)\nfor _ in range(6_000_000): pass\nimport time; time.sleep(0.4)"
    alone = measure([sys.executable, "-c", "pass"], Path())[0]
    both = measure(
        [sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"],
        Path(),
    )[0]
    assert both.cpu_s > alone.cpu_s and both.peak_mb > alone.peak_mb + 100 and both.wall_s > 0.4


def test_an_engine_that_fails_stops_the_run_with_its_own_words() -> None:
    with pytest.raises(RuntimeError, match="no such table"):
        measure([sys.executable, "-c", "raise SystemExit('no such table')"], Path())


def test_a_result_that_differs_gets_no_ratio() -> None:
    costs = {name: Cost(cpu, cpu / 2, 100.0) for name, cpu in
             {"floor": 0.1, "project": 2.0, "polars": 6.0, "pandas": 8.0}.items()}  # fmt: skip
    assert ratios(costs, {"polars"}) == {
        "scan_floor": 20.0, "wall_per_cpu": 0.5, "pandas_cpu": 4.0, "pandas_wall": 4.0,
    }  # fmt: skip
    assert ratios(costs, {"project"}) == {}


def test_the_lowest_of_each_number_counts() -> None:
    assert Cost(2.0, 9.0, 50.0).best(Cost(3.0, 4.0, 60.0)) == Cost(2.0, 4.0, 50.0)


def test_a_peer_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="excel"):
        Run(1_000, ("excel",), 1, tmp_path)


def test_who_runs_depends_on_the_size() -> None:
    assert set(default_peers(1_000_000)) == set(PEERS)
    assert default_peers(10_000_000) == ("polars", "polars_best") and default_peers(50_000_000) == ()


def test_a_whole_run_and_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = tmp_path / "features_3k.json"
    words = ["--events", "3000", "--peers", "duckdb_sql", "--repeat", "1", "--work", str(tmp_path / "work")]
    assert main([*words, "--json", str(stored)]) == 0
    answer = json.loads(stored.read_text())
    assert answer == json.loads(capsys.readouterr().out)
    assert answer["columns"] == 252 and answer["events"] == 3000 and answer["rows"] > 0
    assert set(answer["ratios"]) == {"scan_floor", "wall_per_cpu", "duckdb_sql_cpu", "duckdb_sql_wall"}
    assert set(answer["measured"]) == {"floor", "project", "duckdb_sql"}
    assert not (tmp_path / "work/out").exists()
    assert "| **klantreis** |" in render(tmp_path)
    picture = (tmp_path / "features.png").read_bytes()
    render(tmp_path)
    assert picture.startswith(b"\x89PNG") and (tmp_path / "features.png").read_bytes() == picture


def test_the_run_fails_where_a_result_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = {"equal": {"polars": {"reference": "naive_sql", "differ": {"trend__all": 3}, "example": "x"}}}
    monkeypatch.setattr(Run, "everything", lambda self: answer)
    assert main(["--events", "1000", "--work", str(tmp_path)]) == 1
    assert "trend__all (3 cells)" in capsys.readouterr().err


def test_the_report_says_who_differs_and_shows_spark() -> None:
    cost = {"cpu_s": 1.0, "wall_s": 1.0, "peak_mb": 10.0}
    result = {
        "events": 1_000_000, "rows": 10, "columns": 252, "cpus": 2, "repeat": 1, "load": [0.1],
        "measured": {"floor": cost, "project": cost, "polars": cost}, "ratios": {"scan_floor": 1.0},
        "equal": {"polars": {"reference": "naive_sql", "differ": {"trend__all": 3}, "example": ""}},
    }  # fmt: skip
    spark = {"events": 100_000, "ratios": {"ibis_cpu": 4.0},
             "sides": {"project": cost, "ibis": {**cost, "compared": {"differ": {"trend__all": 2}}}}}  # fmt: skip
    text = markdown([result], spark)
    assert "**Differs** from naive_sql: polars: trend__all (3 cells)" in text
    assert "| Ibis on Spark | 1.0 | 4.0× | 1.0 | 2 |" in text
