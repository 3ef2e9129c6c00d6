"""The command ``features report``, in a project as a user has it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from features.errors import InputError
from models.family_gains.costs import stored_bytes
from pipelines import evaluate, features, features_report, journey, personas, report, score
from pipelines.cli import app
from pipelines.paths import Project
from pipelines.plan import load_plan


@pytest.fixture(scope="module")
def measured(trained_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A project with reports, in which families were measured; do not change it, copy it."""
    shop = Path(shutil.copytree(trained_shop, tmp_path_factory.mktemp("measured") / "shop"))
    for stage in (personas, journey, evaluate, score, report):
        stage.run(shop)
    shutil.copy(shop / "reports/report.html", shop / "before.html")
    return shop, features_report.run(shop, 4000)


def test_every_family_of_the_plan_has_cost_and_gain(measured: tuple[Path, list[str]]) -> None:
    shop, told = measured
    plan, found = load_plan(Project(shop)), json.loads((shop / "reports/features.json").read_text())
    assert (
        set(found["families"]) == {name.rpartition(".")[2] for name in plan.families} == set(found["order"])
    )
    assert found["plan"] == plan.digest
    for name, one in found["families"].items():
        assert one["columns"] > 0 and one["bytes"] > 0 and one["cpu_seconds"] > 0, name
        assert any(line.startswith(name + " ") for line in told), name
        for target in ("churn", "readiness"):
            gain = one["gains"][target]
            assert gain["low"] <= gain["value"] <= gain["high"], name
    assert sum(one["cpu_share"] for one in found["families"].values()) == pytest.approx(1.0)
    columns = json.loads((shop / "data/columns.json").read_text())
    assert found["together"]["columns"] == len(columns)
    assert found["together"]["bytes"] == sum(stored_bytes(Project(shop).features).values())


def test_what_all_bring_is_the_drop_from_the_base_rate(measured: tuple[Path, list[str]]) -> None:
    found = json.loads((measured[0] / "reports/features.json").read_text())
    for one in found["targets"].values():
        assert one["gain"] == pytest.approx(one["base_loss"] - one["loss"])
        assert one["gain"] > 0
        assert one["known_rows"] <= 4000


def test_the_log_is_small_enough_to_measure_whole(measured: tuple[Path, list[str]]) -> None:
    shop, _ = measured
    rows = pq.read_metadata(Project(shop).canonical / "events.parquet").num_rows
    found = json.loads((shop / "reports/features.json").read_text())["measured"]
    assert (found["events"], found["events_in_log"]) == (rows, rows)


def test_a_large_log_is_measured_on_whole_persons(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features_report, "WORK", 0)
    monkeypatch.setattr(features_report, "LEAST_EVENTS", 500)
    project = Project(shop)
    params, plan = features_report.load_params(shop), load_plan(project)
    drawn, told = features_report._drawn(project, plan, params)
    every = pq.read_table(project.canonical / "events.parquet", columns=["person_id"])[
        "person_id"
    ].to_pylist()
    some = drawn["person_id"].to_pylist()
    assert 0 < told["events"] == len(some) < len(every) == told["events_in_log"]
    assert told["persons"] == len(set(some)) < len(set(every))
    for person in set(some):
        assert some.count(person) == every.count(person)


def test_the_report_gets_its_section_and_loses_it_with_other_features(
    measured: tuple[Path, list[str]], tmp_path: Path
) -> None:
    shop = Path(shutil.copytree(measured[0], tmp_path / "shop"))
    html = (shop / "reports/report.html").read_text()
    assert 'id="families"' in html and 'href="#families"' in html
    report.run(shop)
    assert (shop / "reports/report.html").read_text() == html
    numbers = json.loads((shop / "reports/features.json").read_text())
    (shop / "reports/features.json").write_text(json.dumps(numbers | {"plan": "of other features"}))
    report.run(shop)
    assert (shop / "reports/report.html").read_text() == (shop / "before.html").read_text()


def test_without_an_evaluation_the_next_step_is_told(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop)
    result = CliRunner().invoke(app, ["features", "report", "--rows", "1000"])
    assert result.exit_code == 0, result.output
    assert "CPU-s" in result.output
    assert "klantreis evaluate" in result.output.splitlines()[-1]
    assert not (shop / "reports/report.html").exists()


def test_features_alone_is_still_the_stage(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(shop / "data/features.parquet")
    monkeypatch.chdir(shop)
    result = CliRunner().invoke(app, ["features"])
    assert result.exit_code == 0, result.output
    assert Project(shop).features.is_dir()


def test_labels_that_come_too_late_are_told_instead_of_numbers(shop: Path) -> None:
    before, block = (shop / "params.yaml").read_text().split("\nchurn:\n")
    late = block.replace("horizon_days: null", "horizon_days: 300", 1)
    (shop / "params.yaml").write_text(f"{before}\nchurn:\n{late}")
    features.run(shop)
    told = "\n".join(features_report.run(shop, 1000))
    found = json.loads((shop / "reports/features.json").read_text())
    assert found["targets"]["churn"] == {"judged": False, "reason": "too_short", "figures": {"days": 300}}
    assert found["targets"]["readiness"]["judged"]
    assert "churn: not judged, the log is too short" in told


WEATHER = """
from features.families._base import Family, Measure

def measures(history, scope):
    yield Measure("rainy_orders", history.orders.total(), "orders", "Orders in the rain", "Bestellingen in de regen")

FAMILY = Family(measures, needs=("purchase",))
"""


def test_a_family_of_your_own_is_measured_like_any_other(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_families_of_shop").mkdir()
    (tmp_path / "my_families_of_shop/weather.py").write_text(WEATHER)
    monkeypatch.syspath_prepend(tmp_path)
    text = (shop / "params.yaml").read_text()
    block = text[text.index("  families: [") : text.index("  windows_days:")]
    (shop / "params.yaml").write_text(
        text.replace(block, "  families: [recency, my_families_of_shop.weather]\n")
    )
    features.run(shop)
    told = features_report.run(shop, 1000)
    found = json.loads((shop / "reports/features.json").read_text())
    assert set(found["families"]) == {"recency", "weather"}
    assert found["families"]["weather"]["columns"] == 1
    assert any(line.startswith("weather ") for line in told)


def test_without_features_the_remedy_is_named(shop: Path) -> None:
    Project(shop).plan.unlink()
    with pytest.raises(InputError, match="klantreis features"):
        features_report.run(shop, 1000)
