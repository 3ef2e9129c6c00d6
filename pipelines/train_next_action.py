"""Stage ``train@next_action``: per phase what the log of decisions allows, and the policy that follows."""

from __future__ import annotations

from pathlib import Path

from models.actions.decision_join import load_decisions
from models.next_action import train_next_action
from pipelines.params import load_params
from pipelines.paths import Project
from pipelines.plan import load_plan


def run(root: Path) -> None:
    """Write ``artifacts/next_action/``: ``tournament.json`` and a policy per phase."""
    params, project = load_params(root), Project(root)
    plan, log = load_plan(project), None
    if any(found.target == "next_action" for found in plan.contracts):
        log = load_decisions(
            project.canonical / "decisions.parquet", project.features, project.labels, plan.as_of_us
        )
    train_next_action(log, params.next_action, project.artifacts("next_action"), plan.journey.phase_keys[:-1])
