"""Command ``staleness``: how fast a model ages on your own log, and so how often to train.

Writes ``reports/staleness.json`` (``source``, ``as_of``, ``plan``, ``rows`` and per target what
`models.staleness.staleness` gives) and ``reports/staleness.png``.
"""

from __future__ import annotations

from pathlib import Path

from features.atomic import replacing
from models.json_files import write_json
from models.reporting.staleness_view import lines, picture
from models.reporting.words import Words
from models.staleness import staleness
from pipelines.params import load_params
from pipelines.paths import Project
from pipelines.per_target import judged_per_target
from pipelines.plan import load_plan


def run(root: Path, target: str | None = None, rows: int = 12_000, ages: int = 6) -> list[str]:
    """Judge models of every age, and say how often to train.

    Parameters
    ----------
    root : Path
        Project folder; the features stage must have run.
    target : str, optional
        ``churn`` or ``readiness``; left out: both.
    rows : int
        At most so many rows are learnt from (whole customers, drawn by ``train.seed``).
    ages : int
        The oldest model is so many cutoffs old.

    Returns
    -------
    list of str
        What was found, in words.
    """
    params, project = load_params(root), Project(root)
    plan = load_plan(project)
    content = judged_per_target(
        project, plan, params, target, rows,
        lambda panel, contract: staleness(
            panel, contract, params.train, params.evaluation, plan.as_of_us, rows, ages
        ),
    )  # fmt: skip
    write_json(project.reports / "staleness.json", content)
    words = Words(params.language, plan.journey)
    drawn = picture(content["targets"], words)
    if drawn is not None:
        with replacing(project.reports / "staleness.png") as beside:
            beside.write_bytes(drawn)
    return lines(content["targets"], words)
