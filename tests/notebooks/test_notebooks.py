"""The notebooks run in a finished project, say what is true of it, and are committed without output."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from models.json_files import read_json
from pipelines.paths import Project

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NAMES = [
    "01_first_look_at_the_journey",
    "02_a_new_feature_family",
    "03_comparing_experiments_in_mlflow",
    "04_reading_segment_lift",
    "05_next_best_action",
    "06_bring_your_own_data",
]
#: A folder of somebody's machine.
SOMEWHERE = re.compile(r"(?<![\w.])/(home|tmp|work|Users|root|mnt|var)/|[A-Z]:\\\\")
Told = Callable[..., dict[str, Any]]


def committed(name: str) -> Any:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


@pytest.fixture
def told(finished: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Execute a notebook in the finished project, and give the values of expressions at its end."""
    monkeypatch.setenv("KLANTREIS_PROJECT", str(finished))

    def run(name: str, /, **expressions: str) -> dict[str, Any]:
        notebook = committed(name)
        asked = ", ".join(f"{key!r}: {expression}" for key, expression in expressions.items())
        notebook.cells.append(
            nbformat.v4.new_code_cell(f"import json\nprint(json.dumps({{{asked}}}, default=float))")
        )
        before = stamps(finished)
        NotebookClient(
            notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}
        ).execute()
        assert stamps(finished) == before, "a notebook changes nothing in the project"
        values: dict[str, Any] = json.loads(notebook.cells[-1].outputs[0]["text"])
        return values

    return run


def stamps(project: Path) -> dict[str, tuple[int, int]]:
    """Give size and time of every file that the pipeline made; MLflow keeps its own."""
    files = [path for room in ("data", "artifacts", "reports") for path in (project / room).rglob("*")]
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files if path.is_file()}


def test_they_are_numbered_and_all_are_tested() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_committed_as_a_clean_short_notebook(name: str) -> None:
    notebook = committed(name)
    nbformat.validate(notebook)
    assert 8 <= len(notebook.cells) <= 16
    assert notebook.metadata.kernelspec.name == "python3"
    slug = notebook.cells[0].id.rpartition("-")[0]
    assert [cell.id for cell in notebook.cells] == [
        f"{slug}-{place:02d}" for place in range(1, len(notebook.cells) + 1)
    ]
    for cell in notebook.cells:
        assert cell.cell_type == "markdown" or (cell.outputs == [] and cell.execution_count is None), cell.id
        assert not SOMEWHERE.search(cell.source), cell.id


@pytest.mark.parametrize("name", NAMES)
def test_what_it_points_at_is_there(name: str) -> None:
    text = "\n".join(cell.source for cell in committed(name).cells if cell.cell_type == "markdown")
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (FOLDER / link).is_file(), link


@pytest.mark.parametrize("name", NAMES)
def test_an_unfinished_project_is_told_to_run_the_pipeline(
    name: str, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "params.yaml").write_text((repo / "params.yaml").read_text())
    monkeypatch.setenv("KLANTREIS_PROJECT", str(tmp_path))
    setup = next(cell.source for cell in committed(name).cells if cell.cell_type == "code")
    with mpl.rc_context(), pytest.raises(FileNotFoundError, match="make repro"):
        exec(compile(setup, name, "exec"), {})


def test_first_look_at_the_journey(finished: Path, told: Told) -> None:
    found = told(
        NAMES[0], customers="phases['customers'].sum()", rows="shares.sum(axis=1).tolist()", phases="order"
    )
    phase = pd.read_parquet(Project(finished).scores, columns=["phase"])["phase"]
    assert found["customers"] == (phase != "dormant").sum()
    assert set(phase) <= set(found["phases"])
    assert found["rows"] == pytest.approx([1.0] * len(found["rows"]), abs=1e-4)


def test_a_new_feature_family(finished: Path, told: Told) -> None:
    found = told(
        NAMES[1],
        columns="[name for name in panel.columns if name.startswith('evenings')]",
        spread="float(panel.column('evenings__share').std())",
        later="len(log) - len(past)",
        moved="len(moved)",
        families="list(gain.index)",
        ordered="bool((gain['low'] <= gain['value']).all() and (gain['value'] <= gain['high']).all())",
        verdict="verdict",
    )
    assert found["columns"] == ["evenings__share"]
    assert found["spread"] > 0.01
    assert found["later"] > 0
    assert found["moved"] == 0
    assert found["families"] == ["evenings (ours)", "cadence"]
    assert found["ordered"]
    assert found["verdict"].split(":")[0] in ("keep it", "leave it out", "cannot tell")


def test_comparing_experiments_in_mlflow(finished: Path, told: Told) -> None:
    found = told(
        NAMES[2],
        runs="len(runs)",
        against="against",
        older="runs['tags.mlflow.runName'].iloc[1]",
        shared="len(both)",
        difference="difference.loc['log loss', ['value', 'low', 'high']].tolist()",
        predicted="[len(rows), float(predicted.min()), float(predicted.max())]",
        name="name",
    )
    judged = pd.read_parquet(Project(finished).artifacts("readiness") / "out_of_time.parquet")
    assert found["runs"] == 2
    assert found["against"] == found["older"]
    assert found["shared"] == len(judged)
    value, low, high = found["difference"]
    assert low <= value <= high
    assert value != 0
    rows, least, most = found["predicted"]
    assert rows > 0
    assert 0 < least <= most < 1
    registered = read_json(Project(finished).reports / "registered.json")["models"]
    assert found["name"] in registered


def test_reading_segment_lift(finished: Path, told: Told) -> None:
    found = told(
        NAMES[3],
        segments="len(forest)",
        positive="bool((forest['low'] >= 0).all())",
        in_files="int(ready['customers'].sum() + ready['refused'].sum())",
        listed="len(audience)",
        surest="int(ready.set_index('file').loc[surest, 'customers'])",
    )
    chances = pd.read_parquet(Project(finished).scores, columns=["p_ready"])["p_ready"]
    assert found["segments"] > 3
    assert found["positive"]
    assert found["in_files"] == chances.notna().sum()
    assert found["listed"] == found["surest"] > 0


def test_next_best_action(finished: Path, told: Told) -> None:
    found = told(
        NAMES[4],
        verdicts="verdicts['verdict'].to_dict()",
        compared="len(gains)",
        chosen="mine.loc[mine['chosen'], 'action'].tolist()",
        action="customer['action']",
        propensity="mine['propensity'].sum()",
    )
    phases = read_json(Project(finished).artifacts("next_action") / "tournament.json")["phases"]
    assert found["verdicts"] == {phase: one["state"] for phase, one in phases.items()}
    assert found["compared"] > 0
    assert found["chosen"] == [found["action"]]
    assert found["propensity"] == pytest.approx(1.0)


def test_bring_your_own_data(told: Told) -> None:
    found = told(NAMES[5], counts="counts", reasons="sorted(refused['reason'])", loss="loss.to_dict()")
    assert found["counts"]["quarantined"] == len(found["reasons"]) == 3
    assert found["counts"]["deduplicated"] == 1
    assert [reason.split(":")[0] for reason in found["reasons"]].count("skipped by rule") == 1
    assert found["loss"]["klantreis"] < found["loss"]["base rate"]
