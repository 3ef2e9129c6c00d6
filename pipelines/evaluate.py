"""Stage ``evaluate``: metrics, segment lift and pictures, out of time."""

from __future__ import annotations

import logging
from pathlib import Path

from models.evaluation_files import EvaluationInputs, evaluate_files
from pipelines.params import load_params
from pipelines.paths import Project
from pipelines.plan import load_plan

logger = logging.getLogger(__name__)


def run(root: Path) -> None:
    """Write ``reports/``: metrics.json, evaluation.json, segment_lift and plots."""
    params, project = load_params(root), Project(root)
    inputs = EvaluationInputs(root / "artifacts", project.features, project.canonical, project.labels)
    journey = load_plan(project).journey
    numbers = evaluate_files(
        inputs, project.reports, params.evaluation, journey, params.language, workers=params.engine.threads
    )
    for target, found in numbers.items():
        logger.info("%s: %s", target, ", ".join(f"{name} {value:.4g}" for name, value in found.items()))
