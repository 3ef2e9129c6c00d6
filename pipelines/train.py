"""Stage ``train``: the models of one target, per phase, and what they would have said at past cutoffs."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from features.atomic import replacing
from features.errors import InputError
from features.table import Plan
from pipelines.params import Params, load_params
from pipelines.paths import TARGETS, Project

logger = logging.getLogger(__name__)


def run(root: Path, target: str) -> None:
    """Write ``artifacts/<target>/``: one folder per phase, and how the target was judged.

    Raises
    ------
    InputError
        If there is no such target.
    """
    if target not in TARGETS:
        raise InputError(f"no target {target!r}; allowed: {', '.join(TARGETS)}")
    params, project = load_params(root), Project(root)
    plan = load_plan(project)
    if target == "next_action":
        _next_action(project, plan, params)
    else:
        _probability(project, plan, params, target)


def load_plan(project: Project) -> Plan:
    """Read the plan that the features stage settled.

    Raises
    ------
    InputError
        If the features stage has not run.
    """
    if not project.plan.is_file():
        raise InputError("data/plan.json is missing; run `klantreis features` first (or `dvc repro`)")
    return Plan.model_validate_json(project.plan.read_text(encoding="utf-8"))


def _probability(project: Project, plan: Plan, params: Params, target: str) -> None:
    import pyarrow.parquet as pq

    from models.backtesting import baselines, out_of_time
    from models.bundle import save
    from models.learning import learn
    from models.panel import load_panel

    contract = next(found for found in plan.contracts if found.target == target)
    panel = load_panel(project.features, project.labels, target, plan.journey.phase_keys)
    tested = out_of_time(panel, contract, params.train, baselines(), params.evaluation.test_cutoffs)
    learned = learn(panel, contract, params.train, plan.as_of_us)
    with replacing(project.artifacts(target)) as beside:
        for phase, model in learned.phases.items():
            if phase != "dormant":
                save(model, beside / phase, plan.journey.name)
        pq.write_table(tested, beside / "out_of_time.parquet", compression="zstd")
        (beside / "selection.json").write_text(
            json.dumps(learned.record, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )


def _next_action(project: Project, plan: Plan, params: Params) -> None:
    from models.actions.decision_join import load_decisions
    from models.next_action import train_next_action

    log = None
    if any(found.target == "next_action" for found in plan.contracts):
        log = load_decisions(
            project.canonical / "decisions.parquet", project.features, project.labels, plan.as_of_us
        )
    train_next_action(log, params.next_action, project.artifacts("next_action"), plan.journey.phase_keys[:-1])
