"""Stage ``report``: one self-contained page for marketers and data scientists."""

from __future__ import annotations

import logging
from pathlib import Path

from models.reporting.page import ReportInputs, write_report
from pipelines.params import load_params, load_source
from pipelines.paths import Project
from pipelines.plan import load_plan

logger = logging.getLogger(__name__)


def run(root: Path) -> None:
    """Write ``reports/report.html`` and, to print on A3, ``reports/journey_map.svg``."""
    params, project = load_params(root), Project(root)
    source, plan = load_source(params.source, root), load_plan(project)
    inputs = ReportInputs(
        project.reports / "evaluation.json",
        project.reports / "segment_lift.parquet",
        project.canonical / "meta.json",
        project.scores,
        journey=project.reports / "journey.json",
        exits=project.reports / "exits.json",
        personas=project.personas,
        timing=project.reports / "timing.json",
        value=project.reports / "value.json",
        next_category=project.reports / "next_category.json",
        ids=project.ids,
        links=project.canonical / "links.parquet",
        map=project.reports / "journey_map.svg",
        families=project.reports / "features.json",
        exposure=project.exposure,
        monitor=project.reports / "monitor.json",
        mature=project.reports / "mature.json",
        plan_digest=plan.digest,
    )
    out = project.reports / "report.html"
    write_report(inputs, out, plan.journey, source, params.language, contracts=plan.contracts)
    logger.info("report: reports/report.html")
