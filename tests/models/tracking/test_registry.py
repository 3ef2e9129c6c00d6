from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.contract import DAY_US
from features.errors import InputError
from models.settings import TrackingSettings
from models.tracking.registry import register
from models.tracking.run import connect

Track = Callable[..., dict[str, Any]]
Change = Callable[[float], None]
SETTINGS = TrackingSettings(experiment="shop")
CHURN = "klantreis.churn.decision"
COLUMNS = ("recency__order", "frequency__orders__28d", "monetary__spend__28d")


def versions(project: Path, name: str = CHURN) -> list[int]:
    found = connect(project).search_model_versions(f"name = '{name}'")
    return sorted(int(version.version) for version in found)


def test_registering_twice_makes_one_version(project: Path, registered: dict[str, Any]) -> None:
    first = registered
    second = register(project, SETTINGS)
    assert versions(project) == [1]
    assert first["models"].keys() == second["models"].keys()
    assert second["models"][CHURN]["aliases"] == ["champion", "challenger"]
    assert second["models"][CHURN]["reason"] == "already champion"
    assert json.loads((project / "reports/registered.json").read_text()) == second


def test_only_eligible_models_are_registered_and_the_others_say_why(registered: dict[str, Any]) -> None:
    assert set(registered["models"]) == {
        f"klantreis.{target}.{phase}"
        for target in ("churn", "readiness", "next_action")
        for phase in ("decision", "retention")
    }
    assert registered["not_registered"]["churn.awareness"] == "not eligible: 3 positives"
    assert registered["not_registered"]["next_action.awareness"] == "so says the log"


def test_the_champion_loads_by_its_alias(
    project: Path, registered: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    connect(project)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{project}/mlflow.db")
    model = mlflow.pyfunc.load_model(f"models:/{CHURN}@champion")
    columns = {"recency__order": [3.0], "frequency__orders__28d": [2.0], "monetary__spend__28d": [20.0]}
    assert 0 < model.predict(pd.DataFrame(columns))["p"].item() < 1


def test_other_customers_at_a_newer_cutoff_are_predicted_by_the_champion_itself(
    project: Path, run_track: Track, write_evaluation: Change
) -> None:
    write_evaluation(0.6)
    run_track()
    register(project, SETTINGS)
    path = project / "artifacts/churn/out_of_time.parquet"
    rows = pd.read_parquet(path)
    rows["customer_id"] += 10_000
    rows["cutoff_us"] += 28 * DAY_US
    rows.to_parquet(path, index=False)
    columns = {name: np.float32(2.0) for name in COLUMNS}
    features = rows[["customer_id", "cutoff_us", "phase"]].assign(**columns, days_in_phase=np.float32(1.0))
    features[features["phase"] == "decision"].to_parquet(project / "data/features.parquet", index=False)
    run_track()
    models = register(project, SETTINGS)["models"]
    assert models[CHURN]["aliases"] == ["champion", "challenger"]
    assert "better: log loss -" in models[CHURN]["reason"], "it knows these customers, the champion does not"
    retention = models["klantreis.churn.retention"]
    assert retention["aliases"] == ["challenger"] and "share 0 customers" in retention["reason"]
    assert models["klantreis.readiness.decision"]["reason"].endswith("450 rows of both"), "equal, not simpler"


def test_registering_can_be_switched_off(project: Path, tracked: dict[str, Any]) -> None:
    record = register(project, TrackingSettings(experiment="shop", register_models=False))
    assert record["models"] == {}
    assert versions(project) == []


def test_a_run_that_is_not_in_the_store_is_explained(project: Path, tracked: dict[str, Any]) -> None:
    path = project / "reports/mlflow_run.json"
    path.unlink()
    with pytest.raises(InputError, match="klantreis track"):
        register(project, SETTINGS)
    tracked["models"]["churn"]["decision"] = "m-0"
    path.write_text(json.dumps(tracked))
    with pytest.raises(InputError, match="not in the MLflow store"):
        register(project, SETTINGS)


def test_a_model_that_does_not_beat_the_baselines_is_not_registered_and_says_so(
    project: Path, run_track: Track
) -> None:
    path = project / "reports/evaluation.json"
    evaluation = json.loads(path.read_text())
    said = (
        "does not beat baseline rfm logistic: log loss 0.0123 above it on 900 out-of-time rows, within chance"
    )
    evaluation["targets"]["churn"]["gate"] = {
        "decision": {"passes": False, "outcome": "within noise", "reason": said},
        "retention": {"passes": True, "outcome": "beats", "reason": "beats every baseline"},
    }
    path.write_text(json.dumps(evaluation))
    run_track()
    record = register(project, SETTINGS)
    assert record["not_registered"]["churn.decision"] == said
    assert CHURN not in record["models"] and not versions(project)
    assert {"klantreis.churn.retention", "klantreis.readiness.decision"} <= set(record["models"])
    models = json.loads((project / "reports/mlflow_run.json").read_text())["models"]["churn"]
    tags = connect(project).get_logged_model(models["decision"]).tags
    assert tags["beats_baselines"] == "false" and tags["gate"] == said and tags["eligible"] == "true"
