"""Runs of ``klantreis monitor`` and ``klantreis mature`` in MLflow: once each, and their numbers over time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from models.settings import TrackingSettings
from models.tracking.monitoring import log_mature, log_monitor
from models.tracking.run import connect

SETTINGS = TrackingSettings(experiment="shop")


@pytest.fixture
def root(empty_store: Path, tmp_path: Path) -> Path:
    """A project folder with an empty store."""
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return tmp_path


def found(root: Path, alarms: int = 0) -> tuple[dict[str, Any], Path]:
    """What ``monitor`` found, with one number over two moments."""
    points = [{"at": "2024-12-09", "value": 0.1}, {"at": "2025-01-06", "value": 0.3}]
    check = {
        "name": "features",
        "findings": [{"severity": "alarm"}] * alarms,
        "series": [{"name": "decision", "measure": "mean psi", "points": points}],
    }
    content = {
        "source": "shop", "journey": "five_phase", "as_of": "2025-01-06", "model_version": "abc",
        "state": "attention" if alarms else "fine", "alarms": alarms, "notes": 0, "compared": 7, "by_chance": None,
        "checks": [check],
    }  # fmt: skip
    path = root / "monitor.json"
    path.write_text(json.dumps(content))
    return content, path


def runs(client: MlflowClient) -> list[Any]:
    experiment = client.get_experiment_by_name("shop-monitoring")
    return list(client.search_runs([experiment.experiment_id]))


def test_equal_findings_are_logged_once_and_numbers_stand_on_their_own_day(root: Path) -> None:
    first = log_monitor(root, SETTINGS, *found(root))
    assert log_monitor(root, SETTINGS, *found(root)) == first
    assert log_monitor(root, SETTINGS, *found(root, alarms=1)) != first
    client = connect(root)
    assert sorted(run.data.metrics["alarms/features"] for run in runs(client)) == [0, 1]
    told = client.get_metric_history(first, "features/mean psi decision")
    days = [(one.timestamp // 86_400_000, one.value) for one in sorted(told, key=lambda one: one.timestamp)]
    assert days == [(20066, 0.1), (20094, 0.3)]
    assert [one.path for one in client.list_artifacts(first)] == ["monitor.json"]


def test_a_run_that_broke_off_is_written_anew(root: Path) -> None:
    content, path = found(root)
    path.unlink()
    with pytest.raises(OSError, match=r"monitor\.json"):
        log_monitor(root, SETTINGS, content, path)
    whole = log_monitor(root, SETTINGS, *found(root))
    assert [(run.info.run_id, run.info.status) for run in runs(connect(root))] == [(whole, "FINISHED")]


def test_matured_scores_stand_at_their_moment_of_scoring(root: Path) -> None:
    result = {
        "score": "p_ready",
        "phase": "all",
        "weeks": 1.0,
        "lift10": {"value": 2.5},
        "gap": None,
        "ece": None,
    }
    files = [
        {"as_of": day, "results": [result, result | {"phase": "decision"}]}
        for day in ("2025-01-06", "2024-12-09")
    ]
    content = {"source": "shop", "known_until": "2025-02-03", "state": "fine", "files": files}
    path = root / "mature.json"
    path.write_text(json.dumps(content))
    run = log_mature(root, SETTINGS, content, path)
    told = connect(root).get_metric_history(run, "p_ready/lift 1w")
    assert sorted(one.timestamp // 86_400_000 for one in told) == [20066, 20094]
