"""Command ``mature``: old score files against what happened since; writes ``reports/mature.json``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from features.atomic import workspace
from features.contract import DAY_US
from features.cutoffs import day_of
from features.plan import Plan
from models.json_files import write_json
from models.monitoring.checks._check import Finding, said
from models.monitoring.maturing import (
    Asked,
    Judge,
    concerns,
    control_against_rest,
    questions,
    waiting,
)  # fmt: skip
from models.monitoring.maturity_lines import lines
from models.monitoring.outcomes import Outcomes, outcomes
from pipelines.kept_scores import keep_scores, predicted_contracts
from pipelines.params import Params, load_params
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.score_files import ScoreFile, files_of, read_scores

#: Days after which control and the rest are compared.
CONTROL_DAYS = (7, 14, 28)


def run(root: Path, given: list[Path], track: bool = True) -> tuple[str, list[str]]:
    """Judge score files.

    Parameters
    ----------
    root : Path
        Project folder, with a log that reaches beyond the moments of the score files.
    given : list of Path
        Score files (Parquet or CSV); empty: everything that `klantreis monitor` kept, and ``data/scores.parquet``.
    track : bool
        Log to MLflow.

    Returns
    -------
    tuple of (str, list of str)
        ``fine``, ``attention`` or ``unknown`` (nothing has matured), and what was found in words.

    Raises
    ------
    InputError
        If a file is no score file.
    """
    params, project = load_params(root), Project(root)
    plan = load_plan(project)
    keep_scores(project, plan, params.monitor.kept)
    files = [read_scores(project, plan, path) for path in files_of(project, given)]
    files.sort(key=lambda one: (one.as_of, one.model_version), reverse=True)
    told = [_judged(project, params, plan, one) for one in files]
    alarms = any(finding["severity"] == "alarm" for one in told for finding in one["findings"])
    judged = any(one["results"] for one in told)
    found = {
        "source": plan.source, "known_until": day_of(plan.complete_until_us).isoformat(), "files": told,
        "state": "attention" if alarms else "fine" if judged else "unknown",
    }  # fmt: skip
    write_json(project.reports / "mature.json", found)
    if track and judged:
        from models.tracking.monitoring import log_mature

        log_mature(root, params.tracking, found, project.reports / "mature.json")
    return str(found["state"]), lines(found, params.language)


def _judged(project: Project, params: Params, plan: Plan, file: ScoreFile) -> dict[str, Any]:
    told: dict[str, Any] = {
        "file": file.name, "as_of": file.as_of, "model_version": file.model_version, "rows": file.rows,
        "known": len(file.scores), "refused": None, "results": [], "waiting": [], "control": [], "findings": [],
    }  # fmt: skip
    if file.refused is not None:
        return told | {"refused": dict(file.refused), "known": 0}
    asked = questions(list(file.scores.columns), predicted_contracts(plan))
    seen = _seen(project, params, plan, file, asked)
    judge = Judge(params.evaluation, params.monitor, plan.journey.phase_keys)
    results = judge.results(file.scores, asked, seen)
    control = control_against_rest(
        file.scores, seen["purchase", 0], CONTROL_DAYS, params.evaluation.confidence
    )
    findings = concerns(results, params.monitor)
    if len(file.scores) < 0.9 * file.rows:
        findings.append(_lost(file))
    return told | {
        "results": results, "waiting": waiting(asked, seen, file.moment_us, plan.complete_until_us),
        "control": control, "findings": [one.as_json() for one in findings],
    }  # fmt: skip


def _seen(
    project: Project, params: Params, plan: Plan, file: ScoreFile, asked: Sequence[Asked]
) -> dict[tuple[str, int], Outcomes]:
    """Look what happened, once for each sort of event and gap."""
    days: dict[tuple[str, int], set[int]] = {("purchase", 0): set(CONTROL_DAYS)}
    for one in asked:
        days.setdefault((one.contract.event, one.contract.gap_days), set()).add(one.days)
    found = {}
    reach = (plan.complete_until_us - file.moment_us) // DAY_US
    for key, windows in sorted(days.items()):
        if reach < min(windows) + key[1]:
            found[key] = Outcomes(np.zeros(0, np.int64), np.zeros(0), 0)
            continue
        with workspace(project.root / "data/monitor/outcomes") as folder:
            found[key] = outcomes(
                project.canonical / "events.parquet", plan, params.engine, file.moment_us, key[0], key[1],  # type: ignore[arg-type]
                sorted(windows), folder,
            )  # fmt: skip
    return found


def _lost(file: ScoreFile) -> Finding:
    lost = file.rows - len(file.scores)
    return Finding(
        "note", file.name, "ids",
        said(
            f"{lost} of {file.rows} rows are left out: unknown ids, or one customer under several",
            f"{lost} van {file.rows} rijen vallen weg: onbekende ids, of een klant onder verschillende",
        ),
        said("look whether the file is of this source", "kijk of het bestand van deze bron is"),
    )  # fmt: skip
