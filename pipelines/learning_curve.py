"""Command ``learning-curve``: how much data each phase needs on your own log.

Writes ``reports/learning_curve.json`` (``source``, ``as_of``, ``plan``, ``rows`` and per target what
`models.learning_curve.learning_curve` gives) and ``reports/learning_curve_<target>.png``.
"""

from __future__ import annotations

from pathlib import Path

from features.atomic import replacing
from models.json_files import write_json
from models.learning_curve import learning_curve
from models.reporting.learning_curve_view import lines, picture
from models.reporting.words import Words
from pipelines.params import load_params
from pipelines.paths import Project
from pipelines.per_target import judged_per_target
from pipelines.plan import load_plan


def run(root: Path, target: str | None = None, rows: int = 20_000) -> list[str]:
    """Learn from ever more customers and cutoffs, and say how much is enough.

    Parameters
    ----------
    root : Path
        Project folder; the features stage must have run.
    target : str, optional
        ``churn`` or ``readiness``; left out: both.
    rows : int
        100 % is at most so many rows (whole customers, drawn by ``train.seed``).

    Returns
    -------
    list of str
        What was found, in words.
    """
    params, project = load_params(root), Project(root)
    plan = load_plan(project)
    content = judged_per_target(
        project, plan, params, target, rows,
        lambda panel, contract: learning_curve(
            panel, contract, params.train, params.evaluation, plan.as_of_us, rows
        ),
    )  # fmt: skip
    write_json(project.reports / "learning_curve.json", content)
    words = Words(params.language, plan.journey)
    for name in content["targets"]:
        drawn = picture(content["targets"], name, words)
        if drawn is not None:
            with replacing(project.reports / f"learning_curve_{name}.png") as beside:
                beside.write_bytes(drawn)
    return lines(content["targets"], words)
