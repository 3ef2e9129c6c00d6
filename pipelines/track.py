"""Stage ``track``: the only one that writes to MLflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from features.cutoffs import day_of
from features.plan import Plan
from models.tracking.run import track
from pipelines.params import Params, load_params, load_source
from pipelines.paths import Project
from pipelines.plan import load_plan


def run(root: Path) -> dict[str, Any]:
    """Write the run, once, and ``reports/mlflow_run.json``.

    Parameters
    ----------
    root : Path
        The project folder.
    """
    params, plan = load_params(root), load_plan(Project(root))
    step_days = load_source(params.source, root).rhythm.step_days
    usual = Params(source=params.source, features=params.features)
    asked, default = (filled_in(one, plan, step_days) for one in (params, usual))
    return track(root, params.tracking, asked, default, plan.journey.phase_keys)


def filled_in(params: Params, plan: Plan, step_days: int) -> dict[str, Any]:
    """Give all parameters, with what the features stage settled in the place of ``null``.

    Parameters
    ----------
    params : Params
        The whole of ``params.yaml``.
    plan : Plan
        Holds the label contracts and the moment of scoring.
    step_days : int
        Between cutoffs, as the source declares.
    """
    filled = params.model_dump(mode="json")
    filled["cutoffs"]["as_of"] = day_of(plan.as_of_us).isoformat()
    filled["cutoffs"]["step_days"] = params.cutoffs.step_days or step_days
    for contract in plan.contracts:
        settled, block = contract.model_dump(mode="json"), filled[contract.target]
        block |= {key: settled[key] for key, value in block.items() if value is None and key in settled}
    return filled
