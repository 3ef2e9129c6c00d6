"""Stage ``train exits``: where a phase leads to within the horizon, and how well that was foreseen."""

from __future__ import annotations

import logging
from pathlib import Path

import pyarrow.parquet as pq

from features.atomic import replacing
from features.labels.exits import EXITS
from models.backtesting import newest_test_cutoffs
from models.exits.bundle import save
from models.exits.judging import judge, out_of_time
from models.exits.learning import learn_each
from models.json_files import write_json
from models.panel import load_panel
from pipelines.params import load_params
from pipelines.paths import Project
from pipelines.plan import load_plan

logger = logging.getLogger(__name__)

TARGET = "exits"


def run(root: Path) -> None:
    """Write ``artifacts/exits/`` (model, ``out_of_time.parquet``, ``selection.json``) and ``reports/exits.json``."""
    params, project = load_params(root), Project(root)
    plan = load_plan(project)
    contract = next(found for found in plan.contracts if found.target == TARGET)
    panel = load_panel(project.features, project.labels, TARGET, plan.journey.phase_keys, plan.digest)
    name, phases = plan.journey.name, plan.journey.phase_keys[:-1]
    tests = params.evaluation.test_cutoffs
    moments = [*newest_test_cutoffs(panel, contract, tests), plan.as_of_us]
    learned_at = learn_each(panel, contract, params.exits, moments, name)
    tested = out_of_time(panel, contract, params.exits, name, tests, learned_at)
    model, record = learned_at[plan.as_of_us]
    with replacing(project.artifacts(TARGET)) as beside:
        beside.mkdir(parents=True)
        save(model, beside)
        pq.write_table(tested, beside / "out_of_time.parquet", compression="zstd")
        write_json(beside / "selection.json", record)
    shares = {
        phase: dict(zip(EXITS, model.shares[i].tolist(), strict=True)) for i, phase in enumerate(phases)
    }
    found = {
        "journey": name, "horizon_days": contract.horizon_days, "exits": list(EXITS), "shares": shares,
        "candidate": record["candidate"], "reason": record["reason"],
        "phases": {phase: one["serves"] for phase, one in record["phases"].items()},
        "out_of_time": judge(tested, params.evaluation, phases),
    }  # fmt: skip
    with replacing(project.reports / "exits.json") as beside:
        write_json(beside, found)
    logger.info("exits: %s, out of time: %s", record["candidate"], _summed_up(found["out_of_time"]))


def _summed_up(judged: dict[str, dict[str, float]]) -> str:
    if "all" not in judged:
        return "no cutoff could be judged"
    return "log loss {log_loss:.4f} against {base_log_loss:.4f} of the shares per phase".format(
        **judged["all"]
    )
