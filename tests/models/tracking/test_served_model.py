from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.actions.phase_policy import load_policies
from models.bundle import estimators, load
from models.calibration import Calibration, Outcomes, calibrators
from models.policy import decide
from models.tracking.run import connect
from models.tracking.served_model import READERS, calibrated

COLUMNS = ("recency__order", "frequency__orders__28d", "monetary__spend__28d")
#: Runs in isolated mode (no PYTHON* variables, no folder of ours on the path).
ELSEWHERE = """
import json, os, sys
sys.path = [place for place in sys.path if place != sys.argv[1]]
sys.meta_path = [finder for finder in sys.meta_path if "klantreis" not in str(finder)]
import mlflow, pandas
answers = {}
for name, folder in json.loads(sys.argv[2]).items():
    model = mlflow.pyfunc.load_model(folder)
    frame = pandas.read_csv(sys.argv[3])
    answers[name] = model.predict(frame).to_dict("list")
loaded = [name for name in sys.modules if name.split(".")[0] in ("models", "features", "pipelines")]
print(json.dumps({"answers": answers, "repository": loaded}))
"""


@pytest.fixture
def customers() -> pd.DataFrame:
    x = np.random.default_rng(9).gamma(2.0, 9.0, size=(50, len(COLUMNS))).astype(np.float32)
    return pd.DataFrame(x, columns=list(COLUMNS)).astype(float)


def test_loads_elsewhere_without_pickles_and_predicts_the_same_bits(
    project: Path,
    repo: Path,
    tracked: dict[str, Any],
    customers: pd.DataFrame,
    tmp_path: Path,
) -> None:
    client = connect(project)
    folders = {
        f"{target} {phase}": client.get_logged_model(model_id).artifact_location
        for target in ("churn", "next_action")
        for phase, model_id in tracked["models"][target].items()
    }
    # Columns in another order and one too many: they are found by name.
    customers[[*reversed(COLUMNS)]].assign(days_in_phase=3.0, extra=1.0).to_csv(
        tmp_path / "customers.csv", index=False
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", ELSEWHERE, str(repo), json.dumps(folders), "customers.csv"],
        cwd=tmp_path,
        env={"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["repository"] == []
    x = customers.to_numpy(np.float32)
    for phase in ("awareness", "decision", "retention"):
        bundle = load(project / "artifacts/churn" / phase)
        assert answer["answers"][f"churn {phase}"] == {"p": bundle.predict(x, COLUMNS).tolist()}
    policies = load_policies(project / "artifacts/next_action")
    for phase in policies:
        who = np.full(len(x), phase, dtype=object)
        chosen = decide(policies, x, COLUMNS, who, np.arange(len(x)), 0, control_share=0.0)
        assert answer["answers"][f"next_action {phase}"] == {
            "action": chosen.action.tolist(),
            "value": chosen.action_value.tolist(),
            "effect": chosen.action_effect.tolist(),
        }
    assert len(set(answer["answers"]["next_action decision"]["action"])) > 1


def test_a_missing_column_is_named(project: Path, tracked: dict[str, Any], customers: pd.DataFrame) -> None:
    import mlflow

    folder = connect(project).get_logged_model(tracked["models"]["churn"]["decision"]).artifact_location
    model = mlflow.pyfunc.load_model(folder)
    with pytest.raises(mlflow.MlflowException, match="recency__order"):
        model.predict(customers.drop(columns="recency__order"))


def test_an_empty_list_gives_an_empty_answer(
    project: Path, tracked: dict[str, Any], customers: pd.DataFrame
) -> None:
    import mlflow

    folder = connect(project).get_logged_model(tracked["models"]["churn"]["decision"]).artifact_location
    assert mlflow.pyfunc.load_model(folder).predict(customers.iloc[:0]).shape == (0, 1)


def test_every_estimator_can_be_served() -> None:
    assert set(READERS) == set(estimators())


@pytest.mark.parametrize("kind", sorted(calibrators()))
@pytest.mark.parametrize("rows", [1, 4000])
def test_a_calibration_gives_the_same_bits_elsewhere(kind: str, rows: int) -> None:
    rng = np.random.default_rng(1)
    p = rng.random(rows)
    found = Calibration.fit(kind, Outcomes(p, (rng.random(rows) < p**2).astype(np.float32)))
    asked = np.append(rng.random(500), [0.0, 1e-12, 1.0])
    saved = json.loads(json.dumps(found.as_json()))
    assert np.array_equal(calibrated(saved, asked), found.apply(asked))
    assert np.array_equal(calibrated(None, asked), asked)
