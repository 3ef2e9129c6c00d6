"""Stage ``train timing``: when the next order comes, and how well that was foreseen."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from features.atomic import replacing
from models.json_files import write_json
from models.timing.bundle import save
from models.timing.judging import judge, newest_test_cutoffs, out_of_time
from models.timing.learning import learn_each
from models.timing.rows import TARGET, load_rows
from pipelines.params import load_params
from pipelines.paths import Project
from pipelines.plan import load_plan

logger = logging.getLogger(__name__)


def run(root: Path) -> None:
    """Write ``artifacts/timing/`` (models, ``out_of_time.parquet``, ``selection.json``), ``reports/timing.json``."""
    params, project = load_params(root), Project(root)
    plan = load_plan(project)
    contract = next(found for found in plan.contracts if found.target == TARGET)
    rows = load_rows(project.features, project.labels, plan.journey.phase_keys, plan.digest)
    name, phases = plan.journey.name, plan.journey.phase_keys[:-1]
    tests = newest_test_cutoffs(rows, contract, params.evaluation.test_cutoffs)
    learned_at = learn_each(rows, contract, params.timing, [*tests, plan.as_of_us], name)
    tested = out_of_time(rows, contract, params.timing, name, tests, learned_at)
    model, record = learned_at[plan.as_of_us]
    with replacing(project.artifacts(TARGET)) as beside:
        beside.mkdir(parents=True)
        save(model, beside)
        pq.write_table(tested, beside / "out_of_time.parquet", compression="zstd")
        write_json(beside / "selection.json", record)
    found = {
        "journey": name, "horizons_days": list(contract.horizons_days), "served_days": list(model.horizons_days),
        "left_out": {str(days): why for days, why in model.left_out.items()},
        "candidate": record["candidate"], "reason": record["reason"], "days_between": record["days_between"],
        "left": {key: record["left"].get(key) for key in ("eligible", "reason", "candidate")},
        "test_cutoffs_us": tests, "out_of_time": judge(tested, contract, params.evaluation, phases),
    }  # fmt: skip
    with replacing(project.reports / "timing.json") as beside:
        write_json(beside, found)
    logger.info("timing: %s, out of time: %s", record["candidate"], _summed_up(found["out_of_time"]))


def _summed_up(judged: dict[str, Any]) -> str:
    if not judged:
        return "no cutoff could be judged"
    parts = [
        f"{days} days AUC {cells['all']['roc_auc'] or 0.5:.3f}"
        for days, cells in judged["horizons"].items()
        if "all" in cells
    ]
    coverage = judged["quantiles"]["all"]["coverage"]["share"]
    return "; ".join([*parts, "p10 to p90 holds " + ("?" if coverage is None else f"{coverage:.1%}")])
