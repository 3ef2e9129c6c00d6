"""Stages ``train@churn`` and ``train@readiness``: a model per phase, and what it would have said in the past."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from features.atomic import replacing
from features.plan import Plan
from features.settings import LabelContract
from models.backtesting import baselines, learn_each, newest_test_cutoffs, out_of_time
from models.bundle import save
from models.panel import load_panel
from pipelines.params import Params, load_params
from pipelines.paths import Project
from pipelines.plan import load_plan


def run(root: Path, target: str) -> None:
    """Write ``artifacts/<target>/``: a folder per phase, ``out_of_time.parquet`` and ``selection.json``."""
    params, project = load_params(root), Project(root)
    plan = load_plan(project)
    contract = contract_of(plan, params, target)
    panel = load_panel(project.features, project.labels, target, plan.journey.phase_keys, plan.digest)
    tests = newest_test_cutoffs(panel, contract, params.evaluation.test_cutoffs)
    learned_at = learn_each(panel, contract, params.train, [*tests, plan.as_of_us])
    tested = out_of_time(panel, contract, params.train, baselines(), tests, learned_at=learned_at)
    learned = learned_at[plan.as_of_us]
    with replacing(project.artifacts(target)) as beside:
        for phase in plan.journey.phase_keys[:-1]:
            save(learned.phases[phase], beside / phase, plan.journey.name)
        pq.write_table(tested, beside / "out_of_time.parquet", compression="zstd")
        (beside / "selection.json").write_text(
            json.dumps(learned.record, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )


def contract_of(plan: Plan, params: Params, target: str) -> LabelContract:
    """Give the label contract of the plan with the minima that params.yaml asks for now.

    The minima decide what may be learnt, not what the tables hold: changing them must not rebuild the features.
    """
    contract = next(found for found in plan.contracts if found.target == target)
    block = getattr(params, target)
    return contract.model_copy(
        update={"min_positives": block.min_positives, "min_negatives": block.min_negatives}
    )
