"""Stage ``train@next_action``: per phase what the log of decisions allows, and the policy that follows."""

from __future__ import annotations

import json
from pathlib import Path

from models.actions.candidates import check_action_names
from models.actions.decision_join import load_decisions
from models.actions.decision_segments import SegmentSources
from models.next_action import train_next_action
from models.panel import require_one_plan
from pipelines.params import load_params
from pipelines.paths import Project
from pipelines.plan import load_plan


def run(root: Path) -> None:
    """Write ``artifacts/next_action/``: ``tournament.json``, effects per segment and a policy per phase."""
    params, project = load_params(root), Project(root)
    plan, log = load_plan(project), None
    contract = next((found for found in plan.contracts if found.target == "next_action"), None)
    meta = json.loads((project.canonical / "meta.json").read_text(encoding="utf-8"))
    check_action_names(params.next_action, meta["actions"])
    if contract is not None:
        require_one_plan([project.features, project.labels], plan.digest)
        decisions = project.canonical / "decisions.parquet"
        log = load_decisions(decisions, project.features, project.labels, plan.as_of_us, contract)
    sources = SegmentSources(
        project.features, project.canonical / "customers.parquet", meta.get("audit_attributes", ())
    )
    out = project.artifacts("next_action")
    train_next_action(log, params.next_action, out, plan.journey.phase_keys[:-1], sources)
