"""One MLflow run per journey, found again when nothing has changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from models.settings import TrackingSettings
from models.tracking.journeys import log_comparison
from models.tracking.run import connect

SETTINGS = TrackingSettings(experiment="journeys")


def compared(loss: float) -> dict[str, Any]:
    first = {"phase_alone": {"log_loss": 0.4}, "model": {"log_loss": 0.3}}
    other = {"difference": loss - 0.3, "low": -0.2, "high": 0.1, "log_loss": loss}
    return {
        "source": "shop", "as_of": "2024-01-01", "journeys": ["five_phase", "5k"], "customers": 9,
        "shares": {"five_phase": {"awareness": 1.0}, "5k": {"kijk": 0.6, "koop": 0.4}},
        "targets": {"churn": {"journeys": {"five_phase": first, "5k": {"phase_alone": other, "model": other}}}},
    }  # fmt: skip


def test_runs_stand_side_by_side_and_are_written_once(
    tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    report = tmp_path / "journeys.json"
    report.write_text(json.dumps(compared(0.25)))
    runs = log_comparison(tmp_path, SETTINGS, compared(0.25), report)
    assert list(runs) == ["five_phase", "5k"]
    client = connect(tmp_path)
    found = {name: client.get_run(run_id) for name, run_id in runs.items()}
    assert {run.info.experiment_id for run in found.values()} == {found["5k"].info.experiment_id}
    assert {name: run.data.tags["journey"] for name, run in found.items()} == {name: name for name in runs}
    assert found["5k"].data.metrics["churn/log_loss model"] == 0.25
    assert found["5k"].data.metrics["churn/difference phase alone"] == pytest.approx(-0.05)
    assert "churn/difference model" not in found["five_phase"].data.metrics
    assert found["5k"].data.params["phases"] == "kijk, koop"
    assert found["5k"].info.status == "FINISHED"
    assert [file.path for file in client.list_artifacts(runs["5k"])] == ["journeys.json"]
    assert log_comparison(tmp_path, SETTINGS, compared(0.25), report) == runs
    again = log_comparison(tmp_path, SETTINGS, compared(0.2), report)
    assert again["five_phase"] == runs["five_phase"]
    assert again["5k"] != runs["5k"]
