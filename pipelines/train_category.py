"""Stage ``train next_category``: which categories a customer buys next, and how well that was foreseen."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from features.atomic import replacing, workspace
from features.category_pairs.crowd import Crowd
from features.category_pairs.gather import gather
from features.category_pairs.kernel import Asked
from features.category_pairs.ranking import most_bought
from features.cutoffs import label_cutoffs
from features.plan import Plan
from features.settings import EngineSettings, LabelContract
from models.json_files import read_json, write_json
from models.next_category.bundle import save, save_refusal
from models.next_category.judging import judge, out_of_time
from models.next_category.learning import learn_each
from models.next_category.settings import NextCategorySettings
from models.settings import EvaluationSettings
from pipelines.params import load_params, load_source
from pipelines.paths import Project
from pipelines.plan import load_plan

logger = logging.getLogger(__name__)

TARGET = "next_category"


def run(root: Path) -> None:
    """Write ``artifacts/next_category/`` (model, ``out_of_time.parquet``) and ``reports/next_category.json``."""
    params, project = load_params(root), Project(root)
    asked = params.next_category
    # From the source, not from the plan: a source without decisions has no contract of theirs.
    horizon = asked.horizon_days or load_source(params.source, root).rhythm.decision_horizon_days
    settings = asked.model_copy(update={"horizon_days": horizon})
    train(project, load_plan(project), settings, params.evaluation, params.engine)


def train(
    project: Project, plan: Plan, settings: NextCategorySettings, evaluation: EvaluationSettings,
    engine: EngineSettings,
) -> None:  # fmt: skip
    """Learn at the test cutoffs and at the present, judge the former, keep the latter."""
    contract = contract_of(plan, settings)
    start_us = read_json(project.canonical / "meta.json")["start_us"]
    cutoffs = moments(plan, contract, settings, evaluation.test_cutoffs, start_us)
    events = project.canonical / "events.parquet"
    with workspace(project.artifacts(TARGET)) as folder:
        context = most_bought(events, engine, cutoffs[0], settings.context, folder)
        asked = Asked(
            plan,
            contract,
            context,
            settings.top,
            cutoffs,
            settings.new_days,
            settings.max_rows,
            settings.seed,
        )
        pairs = gather(events, asked, engine, folder) if len(context) > 1 else {}
    crowds = {cutoff: Crowd.of(found.crowd) for cutoff, found in pairs.items() if found.crowd is not None}
    tests = cutoffs[:-1][-evaluation.test_cutoffs :]
    learned = learn_each(pairs, crowds, asked, settings, [*tests, plan.as_of_us])
    tested = out_of_time(pairs, crowds, {test: learned[test][0] for test in tests}, plan.journey.phase_keys)
    model, record = learned[plan.as_of_us]
    with replacing(project.artifacts(TARGET)) as beside:
        beside.mkdir(parents=True)
        if model is None:
            save_refusal(record["reason"], beside)
        else:
            save(model, beside)
        pq.write_table(tested, beside / "out_of_time.parquet", compression="zstd")
        write_json(beside / "selection.json", record)
    found = _report(plan, contract, settings, asked, record, tested, evaluation)
    with replacing(project.reports / "next_category.json") as beside:
        write_json(beside, found)
    logger.info("next category: %s", _summed_up(found))


def contract_of(plan: Plan, settings: NextCategorySettings) -> LabelContract:
    """Settle horizon and population: as the settings say, else the buyers of churn."""
    given = {contract.target: contract for contract in plan.contracts}
    assert settings.horizon_days is not None  # `run` fills it in
    of_churn = given["churn"].active_days if given["churn"].active_event == "purchase" else None
    return LabelContract(
        target=TARGET, horizon_days=settings.horizon_days, active_days=settings.active_days or of_churn,
        min_positives=settings.min_positives, min_negatives=settings.min_positives,
    )  # fmt: skip


def moments(
    plan: Plan, contract: LabelContract, settings: NextCategorySettings, test_cutoffs: int, start_us: int
) -> tuple[int, ...]:
    """Give the cutoffs that are looked at, rising: to learn from, to test on, and the present.

    The newest label has just matured at the present; the others lie a step, at least the horizon, before each other.
    """
    step = max(settings.step_days, contract.horizon_days)
    grid = label_cutoffs(
        contract, as_of_us=plan.as_of_us, start_us=start_us, step_days=step,
        min_history_days=settings.min_history_days,
    )  # fmt: skip
    return (*grid[-(test_cutoffs + settings.cutoffs) :], plan.as_of_us)


def _report(
    plan: Plan, contract: LabelContract, settings: NextCategorySettings, asked: Asked, record: dict[str, Any],
    tested: Any, evaluation: EvaluationSettings,
) -> dict[str, Any]:  # fmt: skip
    return {
        "journey": plan.journey.name, "horizon_days": contract.horizon_days,
        "active_days": contract.active_days, "new_days": settings.new_days, "categories": list(asked.categories),
        "eligible": not record["reason"].startswith("not eligible"), "reason": record["reason"],
        "compared": record.get("compared", []),
        "out_of_time": judge(tested, evaluation, plan.journey.phase_keys),
    }  # fmt: skip


def _summed_up(found: dict[str, Any]) -> str:
    judged = found["out_of_time"].get("all", {}).get("all", {})
    if not found["eligible"] or "ndcg5" not in judged:
        return str(found["reason"])
    return "NDCG@5 {model:.4f}, by own frequency {own_frequency:.4f}, by popularity {popularity:.4f}".format(
        **judged["ndcg5"]
    )
