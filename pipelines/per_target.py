"""Judge the targets one after the other, so that one panel at a time is held in memory."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from features.cutoffs import day_of
from features.errors import InputError
from features.plan import Plan
from features.settings import LabelContract
from models.panel import Panel, load_panel
from models.target import PROBABILITY_TARGETS
from pipelines.params import Params
from pipelines.paths import Project
from pipelines.train_probability import contract_of


def judged_per_target(
    project: Project, plan: Plan, params: Params, target: str | None, rows: int,
    judge: Callable[[Panel, LabelContract], dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    """Give the content of a report with one entry per target.

    Parameters
    ----------
    project : Project
        Where the tables are.
    plan : Plan
        Journey, contracts and the moment of scoring.
    params : Params
        The whole of ``params.yaml``.
    target : str or None
        ``churn`` or ``readiness``; None: both.
    rows : int
        Goes along into the report.
    judge : callable
        Takes the panel and the contract of a target.

    Raises
    ------
    InputError
        If the target is unknown or this source has no such label.
    """
    have = [contract.target for contract in plan.contracts if contract.target in PROBABILITY_TARGETS]
    if target is not None and target not in have:
        raise InputError(f"no target {target!r} here; allowed: {', '.join(have)}")
    # Dozens of models are learnt: why each phase chose what it did is of no use here.
    logging.getLogger("models.learning").setLevel(logging.WARNING)
    found = {}
    for name in have if target is None else [target]:
        panel = load_panel(project.features, project.labels, name, plan.journey.phase_keys, plan.digest)
        found[name] = judge(panel, contract_of(plan, params, name))
    return {
        "source": plan.source, "as_of": day_of(plan.as_of_us).isoformat(), "plan": plan.digest, "rows": rows,
        "targets": found,
    }  # fmt: skip
