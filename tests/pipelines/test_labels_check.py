"""The command ``labels check``, in a project as a user has it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from features.errors import InputError
from pipelines.labels_check import run
from pipelines.paths import Project


def change(shop: Path, old: str, new: str) -> None:
    path = shop / "params.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_every_target_and_phase_gets_a_verdict(shop: Path) -> None:
    passed, told = run(shop)
    found = json.loads((shop / "reports/labels.json").read_text())
    assert list(found["targets"]) == ["churn", "readiness"]
    phases = json.loads(Project(shop).plan.read_text())["journey"]["phases"]
    for target, one in found["targets"].items():
        assert list(one["phases"]) == sorted(["all", *(phase["key"] for phase in phases)])
        assert any(line.startswith(f"{target}: {one['verdict']}") for line in told)
    assert passed == all(one["verdict"] != "refused" for one in found["targets"].values())
    assert told[-1] == "reports/labels.json"


@pytest.mark.parametrize("target", ["churn", "readiness"])
def test_refused_is_where_the_models_fell_back(shop: Path, target: str) -> None:
    run(shop)
    found = json.loads((shop / "reports/labels.json").read_text())["targets"][target]["phases"]
    record = json.loads((shop / f"artifacts/{target}/selection.json").read_text())["phases"]
    refused = {phase: cell["verdict"] == "refused" for phase, cell in found.items() if phase != "all"}
    assert refused == {phase: not record[phase]["eligible"] for phase in refused}
    assert set(refused.values()) == {True, False}, "the shop shows both"


def test_twice_gives_the_same_bytes(shop: Path) -> None:
    _, first = run(shop)
    once = (shop / "reports/labels.json").read_bytes()
    _, second = run(shop)
    assert (first, once) == (second, (shop / "reports/labels.json").read_bytes())


def test_a_target_refused_as_a_whole_is_no_success(shop: Path) -> None:
    change(shop, "min_positives: 20", "min_positives: 100000")
    passed, told = run(shop)
    assert not passed
    churn = json.loads((shop / "reports/labels.json").read_text())["targets"]["churn"]
    assert churn["verdict"] == "refused"
    assert {cell["served"] for cell in churn["phases"].values()} == {"base rate"}
    assert any("churn.min_positives" in line for line in told)


def test_settings_that_moved_on_since_the_tables_were_built_are_told(shop: Path) -> None:
    change(shop, "horizon_days: null", "horizon_days: 21")
    _, told = run(shop)
    assert any("horizon_days 21 instead of 28" in line for line in told)
    assert any("klantreis features" in line for line in told)


def test_the_table_speaks_dutch(shop: Path) -> None:
    change(shop, "language: en", "language: nl")
    _, told = run(shop)
    assert any("Vertrek is hier" in line for line in told)


def test_without_tables_the_next_step_is_told(shop: Path) -> None:
    Project(shop).plan.unlink()
    with pytest.raises(InputError, match="klantreis features"):
        run(shop)
