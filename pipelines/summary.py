"""Command ``summary``: what the last run found, in a few lines, and where to look."""

from __future__ import annotations

import json
from pathlib import Path

from features.errors import InputError
from pipelines.params import load_params
from pipelines.paths import Project


def lines(root: Path) -> list[str]:
    """Say what came of the last run.

    Parameters
    ----------
    root : Path
        Project folder.

    Raises
    ------
    InputError
        If the pipeline has not run yet.
    """
    project, params = Project(root), load_params(root)
    metrics = project.reports / "metrics.json"
    if not metrics.is_file():
        raise InputError("reports/metrics.json is missing; run `make repro` (or `dvc repro`) first")
    said = [f"{params.source}, journey {params.journey}"]
    for target, found in json.loads(metrics.read_text(encoding="utf-8")).items():
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in found.items())
        said.append(f"  {target:<12} {numbers}")
    tournament = project.artifacts("next_action") / "tournament.json"
    if tournament.is_file():
        phases = json.loads(tournament.read_text(encoding="utf-8"))["phases"]
        states = [f"{phase}: {found['state']} ({found['recommended']})" for phase, found in phases.items()]
        said.append(f"  {'verdict':<12} {'; '.join(states)}")
    run_file = project.reports / "mlflow_run.json"
    if run_file.is_file():
        run = json.loads(run_file.read_text(encoding="utf-8"))
        word = "found again" if run["reused"] else "written"
        said.append(f"  {'MLflow':<12} run {run['run_id'][:8]} {word}; `make ui` opens it")
    said.append(f"  {'read':<12} reports/report.html; scores in data/scores.parquet")
    return said
