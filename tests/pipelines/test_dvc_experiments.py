"""``dvc exp run``, ``--temp`` and two at once from the queue: every experiment is one whole run in MLflow."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from features.plan import Plan
from features.settings import JourneySettings
from pipelines.params import load_journey

#: Instead of an hour of training: two models and the headline numbers, different for every seed.
TRAIN = """
import json, pathlib, yaml
seed = yaml.safe_load(pathlib.Path("params.yaml").read_text())["train"]["seed"]
for phase in ("awareness", "decision"):
    folder = pathlib.Path("artifacts/churn", phase)
    folder.mkdir(parents=True)
    model = {"columns": [], "candidate": "base rate", "eligible": True, "reason": "", "rate": seed / 100}
    (folder / "model.json").write_text(json.dumps(model))
pathlib.Path("data/canonical").mkdir(parents=True, exist_ok=True)
pathlib.Path("data/canonical/meta.json").write_text('{"source": "shop"}')
pathlib.Path("reports").mkdir(exist_ok=True)
pathlib.Path("reports/evaluation.json").write_text('{"targets": {}}')
headline = {"churn": {"log_loss": seed / 10, "lift10 mean": 20 / seed}}
pathlib.Path("reports/metrics.json").write_text(json.dumps(headline))
"""
SHOP = {"kind": "table", "path": ["raw"], "complete_until": "2024-02-05", "rhythm": {}}


def run(project: Path, *command: str) -> str:
    variables = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("DVC_", "MLFLOW_", "GIT_", "PYTEST_"))
    }
    variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{variables['PATH']}"
    done = subprocess.run(
        command, cwd=project, env=variables, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def plan(journey: JourneySettings) -> Plan:
    return Plan(
        source="shop", currency="EUR", kinds=("purchase",), channels=("web",), complete_until_us=10**15,
        missing_days=(), as_of_us=10**15, cutoffs={}, contracts=(), families=(), windows_days=(28,),
        lookback_days=28, mean_gap_days=9.0, journey=journey,
    )  # fmt: skip


@pytest.fixture
def shop(repo: Path, tmp_path: Path, make_shop: Callable[[Any], Path], lines: Any) -> Path:
    """A project in git and DVC with the real stage ``track`` behind a stage that only pretends to train."""
    root = tmp_path / "shop"
    shutil.copytree(make_shop(lines.head(1)), root)
    (root / "plan.json").write_text(plan(load_journey("five_phase", root)).model_dump_json())
    (root / "train.py").write_text(TRAIN)
    track = yaml.safe_load((repo / "dvc.yaml").read_text())["stages"]["track"]
    train = {
        "cmd": "mkdir -p data && cp plan.json data/plan.json && python train.py",
        "params": ["train.seed"],
        "outs": ["data/canonical/meta.json", "data/plan.json", "artifacts/churn", "reports/evaluation.json"],
        "metrics": ["reports/metrics.json"],
    }
    track["deps"] = [*train["outs"], *train["metrics"]]
    (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"train": train, "track": track}}))
    shutil.copy(repo / ".gitignore", root)
    for command in (
        ("git", "init", "--quiet"),
        ("git", "config", "user.email", "test@example.com"),
        ("git", "config", "user.name", "test"),
        ("dvc", "init", "--quiet"),
        ("dvc", "config", "core.analytics", "false"),
        ("git", "add", "--all"),
        ("git", "commit", "--quiet", "--message", "a shop"),
    ):
        run(root, *command)
    return root


def experiments_in_git(project: Path) -> list[str]:
    refs = run(project, "git", "for-each-ref", "refs/exps", "--format=%(refname)").split()
    return sorted(ref.rpartition("/")[2] for ref in refs if ref.count("/") == 4)


def wait_for(project: Path, names: list[str]) -> None:
    """Wait for what was queued: git is asked, because every question to DVC costs a second."""
    deadline = time.monotonic() + 600
    while not set(names) <= set(experiments_in_git(project)):
        assert time.monotonic() < deadline, run(project, "dvc", "queue", "status")
        time.sleep(1)


def test_every_experiment_is_one_whole_run(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(shop, "dvc", "exp", "run", "--temp", "-S", "train.seed=8", "-n", "eight")
    for seed, name in ((9, "nine"), (10, "ten")):
        run(shop, "dvc", "exp", "run", "--queue", "-S", f"train.seed={seed}", "-n", name)
    run(shop, "dvc", "queue", "start", "-j", "2")
    wait_for(shop, ["nine", "ten"])
    assert not (shop / "reports/mlflow_run.json").exists(), "the working folder stays as it was"
    # Back to a former parameter, in the working folder.
    run(shop, "dvc", "exp", "run", "-S", "train.seed=8", "-n", "again")
    assert json.loads((shop / "reports/mlflow_run.json").read_text())["reused"]

    table = csv.DictReader(io.StringIO(run(shop, "dvc", "exp", "show", "--csv")))
    shown = {row["Experiment"]: row for row in table if row["Experiment"]}
    assert set(shown) == {"eight", "nine", "ten", "again"}
    for name, seed in (("eight", 8), ("nine", 9), ("ten", 10), ("again", 8)):
        assert float(shown[name]["churn.log_loss"]) == pytest.approx(seed / 10)
        assert float(shown[name]["churn.lift10 mean"]) == pytest.approx(20 / seed)

    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "DVC_"))]:
        monkeypatch.delenv(name)
    check_store(shop)


def check_store(project: Path) -> None:
    from models.tracking.store import connect

    client = connect(project)
    experiment = json.loads((project / "reports/mlflow_run.json").read_text())["experiment_id"]
    found = {run.data.tags["dvc.exp"]: run for run in client.search_runs([experiment])}
    assert set(found) == {"eight, again", "nine", "ten"}
    assert {run.info.status for run in found.values()} == {"FINISHED"}
    models = client.search_logged_models([experiment], max_results=100)
    for run in found.values():
        mine = [model for model in models if model.source_run_id == run.info.run_id]
        assert {model.tags["phase"] for model in mine} == {"awareness", "decision"}
        # In the store of the project, not in the copy that DVC has deleted.
        assert all(model.artifact_location.startswith((project / "mlartifacts").as_uri()) for model in mine)
        assert all(Path(model.artifact_location.removeprefix("file://")).is_dir() for model in mine)
    assert len(models) == 6
