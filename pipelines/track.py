"""Stage ``track``: the only one that writes to MLflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from features.settings import SourceSettings
from models.tracking import track
from pipelines.params import Params, load_journey, load_params, load_source


def run(root: Path) -> dict[str, Any]:
    """Write the run, once, and ``reports/mlflow_run.json``.

    Parameters
    ----------
    root : Path
        The project folder.
    """
    params = load_params(root)
    source = load_source(params.source, root)
    phases = load_journey(params.journey, root).phase_keys
    usual = Params(source=params.source, features=params.features)
    return track(root, params.tracking, filled_in(params, source), filled_in(usual, source), phases)


def filled_in(params: Params, source: SourceSettings) -> dict[str, Any]:
    """Give all parameters, with what the source declares in the place of ``null``.

    Parameters
    ----------
    params : Params
        The whole of ``params.yaml``.
    source : SourceSettings
        The file of ``conf/sources`` that it names.
    """
    asked, rhythm = params.model_dump(mode="json"), source.rhythm
    declared = {
        ("cutoffs", "step_days"): rhythm.step_days,
        ("churn", "horizon_days"): rhythm.churn_horizon_days,
        ("churn", "active_days"): rhythm.churn_active_days,
        ("churn", "event"): rhythm.churn_event,
        ("readiness", "horizon_days"): rhythm.readiness_horizon_days,
        ("readiness", "active_days"): rhythm.readiness_active_days,
        ("readiness", "event"): "purchase",
        ("next_action", "horizon_days"): rhythm.decision_horizon_days,
    }
    for (block, key), value in declared.items():
        if asked[block][key] is None:
            asked[block][key] = value
    return asked
