"""Command ``monitor``: what changed in the raw files, the log, the features and the scores, and since when.

Writes ``reports/monitor.json`` and, when all is well or with ``--accept``, what the next run compares with
(``data/monitor/memory.json``); keeps the scores for ``mature`` (``data/monitor/scores``) and logs the run to MLflow.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from features.cutoffs import midnight_us
from features.errors import InputError
from features.sources import open_source
from models.json_files import read_json, read_json_if_there, write_json
from models.monitoring.evidence import Evidence, Places
from models.monitoring.memory import fitting, memorable
from models.monitoring.raw_files import raw_schema
from models.monitoring.watch import lines, watched
from pipelines.kept_scores import keep_scores
from pipelines.params import Params, load_params, load_source
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.score import model_version

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MonitorOptions:
    """How to run.

    Attributes
    ----------
    today : str or None
        YYYY-MM-DD; None: the end of the log, so that equal inputs give equal outputs.
    accept : bool
        What is there now is how it should be: remember it.
    track : bool
        Log to MLflow.
    """

    today: str | None = None
    accept: bool = False
    track: bool = True


def run(root: Path, options: MonitorOptions) -> tuple[str, list[str]]:
    """Run every check.

    Parameters
    ----------
    root : Path
        Project folder; the pipeline must have run up to ``score``.
    options : MonitorOptions
        Today, accept, track.

    Returns
    -------
    tuple of (str, list of str)
        ``fine``, ``attention`` or ``unknown``, and what was found in words.

    Raises
    ------
    InputError
        If the pipeline has not run, or today is no day.
    """
    params, project = load_params(root), Project(root)
    evidence = evidence_of(root, params, options.today)
    found = watched(evidence, model_version(project))
    write_json(project.reports / "monitor.json", found)
    memory = root / MEMORY
    keep_scores(project, evidence.plan, params.monitor.kept)
    told = lines(found, params.language)
    if options.accept or not evidence.remembered:
        write_json(memory, memorable(evidence))
        told.append(f"remembered in {MEMORY}: how it is now is how it should be")
    elif found["state"] == "fine" and not found["notes"]:
        write_json(memory, memorable(evidence))
    if options.track:
        from models.tracking.monitoring import log_monitor

        log_monitor(root, params.tracking, found, project.reports / "monitor.json")
    return str(found["state"]), told


#: What a run keeps for the next.
MEMORY = "data/monitor/memory.json"


def evidence_of(root: Path, params: Params, today: str | None) -> Evidence:
    """Gather what the checks look at."""
    project = Project(root)
    plan = load_plan(project)
    meta = read_json(project.canonical / "meta.json")
    places = Places(
        project.features, project.labels, project.columns, project.root / "artifacts", project.canonical,
        project.scores, project.reports,
    )  # fmt: skip
    raw, refused = _raw(root, params)
    return Evidence(
        places, plan, params.monitor, _today(today, int(meta["complete_until_us"])), raw, refused,
        fitting(read_json_if_there(root / MEMORY), plan.source),
    )  # fmt: skip


def _raw(root: Path, params: Params) -> tuple[dict[str, Any], str]:
    """Look at the raw files; that they cannot be read is a finding, not the end."""
    try:
        return raw_schema(open_source(params.source, load_source(params.source, root), root, now_us=0)), ""
    except InputError as error:
        return {}, str(error)


def _today(written: str | None, end_us: int) -> int:
    if written is None:
        return end_us
    try:
        return midnight_us(date.fromisoformat(written))
    except ValueError:
        raise InputError(f"--today {written!r} is not a day; write YYYY-MM-DD") from None
