"""``klantreis canary`` on a project: silent on what ships, exit code 1 with names on a leak, one report."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

import features.cutoffs as cut
from features.cutoffs import day_of
from features.errors import InputError
from features.history import History
from pipelines import features, fetch, ingest
from pipelines.canary import run
from pipelines.cli import app
from pipelines.paths import Project
from pipelines.plan import load_plan

LEAKY = """
import numpy as np
from features.families._base import Family, Measure

def _measures(history, scope):
    rows = history._columns
    ahead = rows["occurred_us"] >= history.frame.cutoff_us
    values = np.bincount(rows["row"][ahead], minlength=history.frame.customers) * 1.0
    yield Measure("orders_to_come", values, "events", "Orders to come", "Bestellingen die nog komen")

FAMILY = Family(_measures)
"""
INJURIES = {
    "stored", "future", "announced", "late", "corrected", "re-stitched", "merged", "removed", "newcomers", "shuffled",
}  # fmt: skip


@pytest.fixture(scope="module")
def built(make_shop: Callable[[pd.DataFrame], Path], lines: pd.DataFrame) -> Path:
    """A small web shop with features; do not change it, copy it."""
    project = make_shop(lines)
    for stage in (fetch, ingest, features):
        stage.run(project)
    return project


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "shop"))


@pytest.fixture
def leaky(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The project with one family of its own that counts the orders to come."""
    (project / "leaky_shop").mkdir()
    (project / "leaky_shop/clairvoyant.py").write_text(LEAKY)
    monkeypatch.syspath_prepend(str(project))
    params = yaml.safe_load((project / "params.yaml").read_text())
    params["features"]["families"] = ["recency", "leaky_shop.clairvoyant"]
    (project / "params.yaml").write_text(yaml.safe_dump(params))
    features.run(project)
    return project


def report(project: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project / "reports/canary.json").read_text())
    return found


def test_what_ships_passes_and_says_so(project: Path) -> None:
    passed, told = run(project, 2000, (), 0)
    found = report(project)
    assert passed
    assert found["verdict"] == "nothing moved" and found["leaks"] == []
    assert told[-1].startswith("nothing moved")
    assert set(found["injuries"]) == INJURIES | {"in time"}
    plan = load_plan(Project(project))
    every = plan.all_cutoffs
    expected = {
        every[0],
        every[len(every) // 2],
        max(plan.cutoffs["churn"] + plan.cutoffs["readiness"]),
        every[-1],
    }
    for name, at in found["injuries"].items():
        assert set(at) == {day_of(cutoff).isoformat() for cutoff in expected}
        for tally in at.values():
            assert (tally["moved"] > 0) == (name == "in time")
            assert tally["cells"] >= tally["customers"] * found["columns"] * 0.9 > 0
            assert tally["rows"] > 0 or name == "stored" or (name == "removed" and tally["cells"])
    events = pq.read_table(Project(project).canonical / "events.parquet", columns=["person_id"])
    assert found["persons"] == len(events["person_id"].unique())
    assert found["events"] == len(events)
    # Nothing is left behind but the report.
    assert not list((project / "data").glob(".canary*"))


def test_the_report_is_the_same_in_every_run_and_with_any_batches(project: Path) -> None:
    texts = []
    newest = day_of(load_plan(Project(project)).as_of_us).isoformat()
    for batch_events in (None, None, 1500):
        params = yaml.safe_load((project / "params.yaml").read_text())
        params["engine"]["batch_events"] = batch_events
        (project / "params.yaml").write_text(yaml.safe_dump(params))
        assert run(project, 0, [newest], 3)[0]
        texts.append((project / "reports/canary.json").read_bytes())
    assert texts[0] == texts[1]
    one, other = json.loads(texts[0]), json.loads(texts[2])
    for found in (one, other):
        # The last two depend on who is in a batch with whom; the counter-check on nothing that must hold.
        for name in ("re-stitched", "merged", "in time"):
            del found["injuries"][name]
    assert one == other


def test_a_leak_is_told_by_name_with_exit_code_1(leaky: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(leaky)
    plan = load_plan(Project(leaky))
    cutoff = day_of(plan.all_cutoffs[-3]).isoformat()
    done = CliRunner().invoke(app, ["canary", "--customers", "60", "--cutoff", cutoff, "--seed", "4"])
    assert done.exit_code == 1, done.output
    assert "MOVED clairvoyant__orders_to_come (family clairvoyant) by future" in done.output
    assert "LEAK: 1 column(s) of clairvoyant" in done.output
    assert "it knows the answer" in done.output
    found = report(leaky)
    assert (found["verdict"], found["persons"]) == ("leak", 60)
    assert {leak["column"] for leak in found["leaks"]} == {"clairvoyant__orders_to_come"}
    shown_by = {leak["injury"] for leak in found["leaks"]}
    assert {"future", "announced", "removed"} <= shown_by
    assert not shown_by & {"stored", "shuffled", "newcomers"}
    customers = set(
        pq.read_table(Project(leaky).features, columns=["customer_id"])["customer_id"].to_pylist()
    )
    for leak in found["leaks"]:
        assert int(leak["example"]) in customers
        assert leak["cutoff"] == cutoff
        assert 1 <= leak["number"] <= 60
        assert float(leak["before"]) != float(leak["after"])
    gone = next(leak for leak in found["leaks"] if leak["injury"] == "removed")
    assert float(gone["before"]) > 0 and float(gone["after"]) == 0


def test_a_stored_table_that_is_not_what_these_events_give_is_a_finding(project: Path) -> None:
    part = sorted(Project(project).features.glob("*.parquet"))[-1]
    table = pq.read_table(part)
    place = table.column_names.index("days_in_phase")
    values = table["days_in_phase"].to_numpy().copy()
    values[5] += 1
    pq.write_table(table.set_column(place, table.schema.field(place), [values]), part)
    passed, told = run(project, 0, [part.stem], 0)
    found = report(project)
    assert not passed
    [leak] = found["leaks"]
    assert (leak["injury"], leak["column"], leak["number"]) == ("stored", "days_in_phase", 1)
    assert int(leak["example"]) == table["customer_id"][5].as_py()
    assert found["verdict"] == "stale"
    assert told[-1].startswith("STALE") and "run `klantreis features` again" in told[-1]


def test_a_canary_that_cannot_sing_is_void(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = cut.past

    def blind(*args: Any, **more: Any) -> History:
        return honest(*args, **more).where(np.zeros(0, np.int64))

    monkeypatch.setattr(cut, "past", blind)
    features.run(project)
    passed, told = run(project, 0, (), 0)
    assert not passed
    assert report(project)["verdict"] == "void"
    assert told[-1].startswith("VOID")


@pytest.mark.parametrize(
    ("days", "said"), [(["2020-01-01"], "not a cutoff of data/plan.json"), (["monday"], "YYYY-MM-DD")]
)
def test_a_strange_cutoff_is_refused(project: Path, days: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        run(project, 10, days, 0)


def test_stages_that_have_not_run_are_named(project: Path) -> None:
    shutil.rmtree(project / "data/features.parquet")
    with pytest.raises(InputError, match="klantreis features"):
        run(project, 10, (), 0)
    (project / "data/plan.json").unlink()
    with pytest.raises(InputError, match="klantreis features"):
        run(project, 10, (), 0)


@pytest.mark.real_data
def test_complete_journey_passes_with_every_family(small_project: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(small_project, tmp_path / "shop"))
    for stage in (fetch, ingest, features):
        stage.run(project)
    passed, told = run(project, 60, (), 0)
    assert passed, "\n".join(told)
    found = report(project)
    assert found["persons"] == 60
    assert len(found["unmoved_by_control"]) < 0.2 * found["columns"]
