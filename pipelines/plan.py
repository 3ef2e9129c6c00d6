"""The plan that the features stage settled: cutoffs, contracts, journey."""

from __future__ import annotations

from features.errors import InputError
from features.plan import Plan
from pipelines.paths import Project


def load_plan(project: Project) -> Plan:
    """Read ``data/plan.json``.

    Raises
    ------
    InputError
        If the features stage has not run.
    """
    if not project.plan.is_file():
        raise InputError("data/plan.json is missing; run `klantreis features` first (or `dvc repro`)")
    return Plan.model_validate_json(project.plan.read_text(encoding="utf-8"))
