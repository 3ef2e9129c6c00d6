"""One ``dvc repro`` on a small world, end to end, and what a second one does."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from models.target import TARGETS

COPIED = ("features", "models", "pipelines", "dvc.yaml", ".dvcignore", ".gitignore")


def run(project: Path, *command: str) -> str:
    """Run a command as a user with the environment switched on would."""
    variables = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("DVC_", "MLFLOW_", "GIT_", "PYTEST_"))
    }
    variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{variables['PATH']}"
    done = subprocess.run(
        command, cwd=project, env=variables, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout + done.stderr


def digests(project: Path) -> dict[str, str]:
    """Hash of every file that the pipeline makes, but for what names the MLflow run."""
    found = {}
    for folder in ("data", "artifacts", "reports"):
        for path in sorted((project / folder).rglob("*")):
            if path.is_file() and path.name not in {"mlflow_run.json", "registered.json"}:
                found[path.relative_to(project).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


@pytest.fixture(scope="module")
def reproduced(small_project: Path, repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("repro") / "shop"
    shutil.copytree(small_project, project)
    for name in COPIED:
        origin = repo / name
        if origin.is_dir():
            shutil.copytree(origin, project / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(origin, project / name)
    for command in (
        ("git", "init", "--quiet"),
        ("git", "config", "user.email", "test@example.com"),
        ("git", "config", "user.name", "test"),
        ("dvc", "init", "--quiet"),
        ("dvc", "config", "core.analytics", "false"),
        ("git", "add", "--all"),
        ("git", "commit", "--quiet", "--message", "a shop"),
        ("dvc", "repro"),
    ):
        run(project, *command)
    return project


def test_it_ends_with_models_segment_lift_and_scores_in_mlflow(reproduced: Path) -> None:
    run_file = json.loads((reproduced / "reports/mlflow_run.json").read_text())
    phases = [p.name for p in (reproduced / "artifacts/churn").iterdir() if p.is_dir()]
    assert len(phases) == 5
    for target in TARGETS:
        assert {p.name for p in (reproduced / "artifacts" / target).iterdir() if p.is_dir()} == set(phases)
    assert run_file["run_id"]
    assert pq.read_table(reproduced / "reports/segment_lift.parquet").num_rows > 20
    scores = pq.read_table(reproduced / "data/scores.parquet").to_pandas()
    assert scores["customer_id"].is_unique
    assert scores["eligible"].equals(scores["p_churn"].notna() | scores["p_ready"].notna())
    assert scores["score"].notna().equals(scores["p_ready"].notna()) and scores["eligible"].sum() > 100
    assert (scores.loc[scores[["p_churn", "p_ready"]].isna().any(axis=1), "not_eligible_reason"] != "").all()
    assert (reproduced / "mlflow.db").is_file()


def test_a_second_repro_runs_nothing(reproduced: Path) -> None:
    before = digests(reproduced)
    said = run(reproduced, "dvc", "repro")
    assert "Running stage" not in said
    assert "up to date" in said
    assert digests(reproduced) == before


def test_a_stage_that_starts_over_gives_the_same_bytes_and_logs_nothing_twice(reproduced: Path) -> None:
    before = digests(reproduced)
    run_id = json.loads((reproduced / "reports/mlflow_run.json").read_text())["run_id"]
    for folder in ("data/canonical", "data/features.parquet", "data/labels.parquet", "artifacts"):
        shutil.rmtree(reproduced / folder)
    (reproduced / "data/scores.parquet").unlink()
    run(reproduced, "dvc", "repro", "--force")
    assert digests(reproduced) == before
    again = json.loads((reproduced / "reports/mlflow_run.json").read_text())
    assert again["run_id"] == run_id and again["reused"]


def test_one_training_parameter_reruns_only_what_depends_on_it(reproduced: Path) -> None:
    said = run(reproduced, "dvc", "exp", "run", "-S", "train.lightgbm.num_leaves=5", "-n", "leaves5")
    ran = {line.split("'")[1] for line in said.splitlines() if line.startswith("Running stage")}
    assert {"train@churn", "train@readiness", "track"} <= ran
    assert not ran & {"fetch", "ingest", "features", "train@next_action"}
    assert json.loads((reproduced / "reports/mlflow_run.json").read_text())["reused"] is False
