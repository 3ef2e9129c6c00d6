"""Stage ``train value``: the money each customer is expected to bring within the horizon, and how right that was."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from features.atomic import replacing
from features.plan import Plan
from features.settings import LabelContract
from models.backtesting import newest_test_cutoffs
from models.json_files import write_json
from models.panel import load_panel
from models.settings import EvaluationSettings
from models.value.bundle import ValueModel, save
from models.value.judging import judge, out_of_time
from models.value.learning import learn_each
from models.value.serving import MODEL
from models.value.settings import ValueSettings
from pipelines.params import load_params
from pipelines.paths import Project
from pipelines.plan import load_plan

logger = logging.getLogger(__name__)

TARGET = "value"


def run(root: Path) -> None:
    """Write ``artifacts/value/`` and ``reports/value.json``."""
    params, project = load_params(root), Project(root)
    train(project, load_plan(project), params.value, params.evaluation)


def train(project: Project, plan: Plan, settings: ValueSettings, evaluation: EvaluationSettings) -> None:
    """Learn the value and judge it out of time.

    Parameters
    ----------
    project : Project
        Its feature and label tables are read; ``artifacts/value/`` (``model/``, ``out_of_time.parquet``,
        ``selection.json``) and ``reports/value.json`` are written.
    plan : Plan
        Of these tables.
    settings : ValueSettings
        Block ``value`` of params.yaml.
    evaluation : EvaluationSettings
        Block ``evaluation``.
    """
    contract = next(found for found in plan.contracts if found.target == TARGET)
    panel = load_panel(project.features, project.labels, TARGET, plan.journey.phase_keys, plan.digest)
    moments = newest_test_cutoffs(panel, contract, evaluation.test_cutoffs)
    learned_at = learn_each(panel, contract, settings, [*moments, plan.as_of_us], plan.journey.name)
    tested = out_of_time(panel, contract, settings, plan.journey.name, moments, learned_at)
    model, record = learned_at[plan.as_of_us]
    with replacing(project.artifacts(TARGET)) as beside:
        beside.mkdir(parents=True)
        save(model, beside / MODEL)
        pq.write_table(tested, beside / "out_of_time.parquet", compression="zstd")
        write_json(beside / "selection.json", record)
    judged = judge(tested, evaluation, plan.journey.phase_keys[:-1], settings.high_value_share)
    with replacing(project.reports / "value.json") as beside:
        write_json(beside, _report(plan, contract, settings, model, record, judged))
    logger.info("value: %s, out of time: %s", record["candidate"], _summed_up(judged))


def _report(
    plan: Plan, contract: LabelContract, settings: ValueSettings, model: ValueModel, record: dict[str, Any],
    judged: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """Give what people read: what serves each phase and why, the grade, and every number out of time."""
    phases = {
        phase: {key: one[key] for key in ("candidate", "eligible", "reason", "rows", "buyers")}
        for phase, one in record["phases"].items()
    }
    return {
        "journey": plan.journey.name, "currency": plan.currency, "horizon_days": contract.horizon_days,
        "active_days": contract.active_days, "active_event": contract.active_event,
        "gap_days": contract.gap_days, "candidate": record["candidate"], "eligible": record["eligible"],
        "reason": record["reason"], "rows": model.rows, "buyers": model.buyers, "phases": phases,
        "high_value_share": settings.high_value_share,
        "grade": judged.get("all", {}).get("grade", {}), "out_of_time": judged,
    }  # fmt: skip


def _summed_up(judged: dict[str, Any]) -> str:
    if "all" not in judged:
        return "no cutoff could be judged"
    whole = judged["all"]
    ratio = "no money came" if whole["ratio"] is None else f"predicted / actual {whole['ratio']:.3f}"
    return f"{ratio}, grade {whole['grade'].get('grade', 'none')}"
