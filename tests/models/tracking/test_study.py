"""A tuning study is one MLflow run with its trials as a curve and a table; it is written once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from models.settings import TrackingSettings
from models.tracking.run import connect
from models.tracking.study import log_study

SETTINGS = TrackingSettings(experiment="tuning")


def tuned(gain: float) -> dict[str, Any]:
    trials = [
        {
            "trial": number,
            "loss": 0.8 - number / 100,
            "cutoffs": 3,
            "stopped": number == 1,
            "lightgbm.num_leaves": 9,
        }
        for number in range(4)
    ]
    one = {"default": 0.5, "best": 0.5 - gain, "gain": gain, "low": gain - 0.01, "high": gain + 0.01}
    return {
        "asked": ["churn"], "sampler": "random draws", "rows": 900, "source": "shop", "as_of": "2024-01-01",
        "default": {"lightgbm.num_leaves": 15}, "best": {"lightgbm.num_leaves": 9}, "trials": trials,
        "targets": {"churn": one, "readiness": {"reason": "not eligible: short"}}, "verdict": "better",
    }  # fmt: skip


def test_a_study_is_one_run_with_a_curve_and_a_table_and_is_written_once(
    tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    report = tmp_path / "tuning.json"
    report.write_text(json.dumps(tuned(0.02)))
    run_id = log_study(tmp_path, SETTINGS, tuned(0.02), report)
    client = connect(tmp_path)
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED" and run.info.run_name == "tune churn"
    assert run.data.metrics["churn/tuning gain"] == 0.02
    assert run.data.metrics["churn/tuning gain low"] == pytest.approx(0.01)
    assert run.data.params["best.lightgbm.num_leaves"] == "9"
    assert run.data.tags["verdict"] == "better"
    curve = client.get_metric_history(run_id, "tuning/trial loss")
    # The trial that was stopped early saw fewer cutoffs: it is in the table only.
    assert [(point.step, point.value) for point in curve] == [(0, 0.8), (2, 0.78), (3, 0.77)]
    assert {file.path for file in client.list_artifacts(run_id)} == {"tuning.json", "trials.json"}
    assert log_study(tmp_path, SETTINGS, tuned(0.02), report) == run_id
    assert log_study(tmp_path, SETTINGS, tuned(0.03), report) != run_id
