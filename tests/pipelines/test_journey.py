"""The stage ``journey`` as a whole."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import COSTS, DAY_US
from features.errors import InputError
from features.journey.grid import make_grid
from models.json_files import read_json
from pipelines import features, fetch, ingest, journey
from pipelines.params import load_params, load_source

OUTPUTS = ("journey.json", "journey_kpis.csv", "journey_transitions.csv")


@pytest.fixture(scope="module")
def counted(
    make_shop: Callable[[pd.DataFrame], Path], lines: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A small shop with the journey told."""
    project = make_shop(lines)
    for stage in (fetch, ingest, features, journey):
        stage.run(project)
    return project


def test_the_journey_counts_what_the_shop_sold(counted: Path, lines: pd.DataFrame) -> None:
    data = read_json(counted / "reports/journey.json")
    since = pd.to_datetime(data["from_day"])
    sold = lines[pd.to_datetime(lines["dag"]) >= since]
    assert data["totals"]["orders"] == len(sold.groupby(["klant", "dag"]))
    assert data["totals"]["value"] == pytest.approx(sold["bedrag"].sum(), rel=1e-5)
    assert data["totals"]["buyers"] == sold["klant"].nunique()
    assert [phase["key"] for phase in data["phases"]][-1] == "dormant"
    reasons = {one["key"]: one["reason"] for one in data["kpis"]}
    assert reasons["orders"] is None and reasons["visits"] == "not_declared"


def test_the_phases_now_are_those_of_the_feature_table(counted: Path) -> None:
    table = pq.read_table(counted / "data/features.parquet", columns=["cutoff_us", "phase"]).to_pandas()
    now = table[table["cutoff_us"] == table["cutoff_us"].max()]["phase"].astype(str).value_counts()
    data = read_json(counted / "reports/journey.json")
    assert {
        phase["key"]: phase["customers"] for phase in data["phases"] if phase["customers"]
    } == now.to_dict()


def test_same_bytes_for_any_size_of_batches(counted: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(counted, tmp_path / "other"))
    params = (other / "params.yaml").read_text()
    assert "batch_events: null" in params
    (other / "params.yaml").write_text(params.replace("batch_events: null", "batch_events: 50"))
    for name in OUTPUTS:
        (other / "reports" / name).unlink()
    journey.run(other)
    for name in OUTPUTS:
        assert (other / "reports" / name).read_bytes() == (counted / "reports" / name).read_bytes(), name
    assert sorted(path.name for path in (other / "reports").iterdir()) == sorted(OUTPUTS)


def test_without_a_plan_the_message_says_what_to_run(counted: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(counted, tmp_path / "bare"))
    (project / "data/plan.json").unlink()
    with pytest.raises(InputError, match="klantreis features"):
        journey.run(project)


def test_spend_is_added_up_per_channel_and_period(tmp_path: Path) -> None:
    grid = make_grid(100 * DAY_US, 0, [])
    rows = [
        (1, "social", 1000.0),
        (50, "social", 5.0),
        (60, "display", 7.0),
        (99, "social", 2.0),
        (100, "social", 9.0),
    ]
    costs = [
        {"day_us": day * DAY_US, "channel": channel, "amount": amount, "source": "ads"}
        for day, channel, amount in rows
    ]
    path = tmp_path / "costs.parquet"
    pq.write_table(pa.Table.from_pylist(costs, schema=COSTS), path)
    # The grid begins on day 2; day 100 is the future.
    assert journey.spend(path, grid) == {
        "all": {"social": 7.0, "display": 7.0}, "now": {"social": 2.0}, "before": {"social": 5.0, "display": 7.0},
    }  # fmt: skip
    pq.write_table(COSTS.empty_table(), path)
    assert journey.spend(path, grid) == {} == journey.spend(tmp_path / "absent.parquet", grid)


@pytest.mark.real_data
def test_complete_journey(small_project: Path, small_journey: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(small_project, tmp_path / "real"))
    for stage in (fetch, ingest):
        stage.run(project)
    # Of the features only the plan is needed.
    plan = features.plan_of(project, load_params(project), load_source("small", project))
    (project / "data/plan.json").write_text(plan.model_dump_json(), encoding="utf-8")
    journey.run(project)
    data = read_json(project / "reports/journey.json")
    raw = pq.read_table(small_journey / "transactions.parquet").to_pandas()
    assert data["totals"]["buyers"] == raw["household_id"].nunique()
    weekly = [row for row in data["transitions"]["weekly"] if row["n"] > 500 and row["from"] == row["to"]]
    # Households that shop in rhythm mostly stay in it from week to week.
    staying = {row["from"]: row["value"] for row in weekly}
    assert staying["retention"] > 0.7
    assert data["loop"]["again"]["value"] > 0.9
    with (project / "reports/journey_kpis.csv").open(encoding="utf-8") as file:
        assert {row["scope"] for row in csv.DictReader(file)} >= {"all", "retention"}
