"""Lint one target: every check, for all phases together and for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from features.label_presets import LabelPreset
from features.plan import Plan
from features.settings import DORMANT, LabelContract
from models.label_checks import registered
from models.label_checks._check import ALL, VERDICTS, Case, Finding, Verdict
from models.label_checks._delays import Delays
from models.learning import matured
from models.panel import Panel
from models.settings import TrainSettings


@dataclass(frozen=True)
class Asked:
    """What is known of a target besides its tables.

    Parameters
    ----------
    contract : LabelContract
        What params.yaml and conf ask for now.
    preset : LabelPreset or None
        The preset that was chosen.
    delays : Delays or None
        How late the log learns of the events that the label counts.
    start_us : int or None
        When the log begins, microseconds.
    """

    contract: LabelContract
    preset: LabelPreset | None = None
    delays: Delays | None = None
    start_us: int | None = None


def lint(
    panel: Panel, plan: Plan, contract: LabelContract, settings: TrainSettings, asked: Asked
) -> dict[str, Any]:
    """Run every check on one target.

    Parameters
    ----------
    panel : Panel
        One row per customer and cutoff.
    plan : Plan
        What the tables were built from.
    contract : LabelContract
        As the tables were built, with the minima that hold now.
    settings : TrainSettings
        Which rows are learnt from.
    asked : Asked
        What the settings ask for, and what is known of the log.

    Returns
    -------
    dict
        JSON-able: ``verdict`` of the target, ``contract`` and ``phases``: per phase (``all`` first)
        its ``verdict``, ``served`` (what learning falls back on: ``own choice``, ``pooled model``, ``base rate``),
        ``rows``, ``positives``, ``negatives``, ``scored`` (customers at risk now) and ``findings``. A phase is refused
        where learning falls back; the target where it does so in every phase.
    """
    at_risk = panel.population & ~panel.in_phase(DORMANT)
    case = Case(ALL, contract, plan, panel, at_risk, learnable(panel, contract, settings, plan.as_of_us),
                asked.contract, asked.preset, asked.delays, asked.start_us)  # fmt: skip
    whole = _cell(case)
    phases = [name for name in panel.phases if name != DORMANT and name in (contract.phases or panel.phases)]
    cells = {name: _cell(replace(case, phase=name), whole) for name in phases}
    every = bool(cells) and all(cell["verdict"] == "refused" for cell in cells.values())
    lost = whole["verdict"] == "refused" or every
    worst = _worst([cell["verdict"] for cell in (whole, *cells.values())])
    return {
        "verdict": "refused" if lost else "warned" if worst != "fine" else "fine",
        "contract": contract.model_dump(mode="json"),
        "phases": {ALL: whole, **cells},
    }


def learnable(panel: Panel, contract: LabelContract, settings: TrainSettings, known_at_us: int) -> Panel:
    """Give the rows that `models.learning.learn` learns from at a moment."""
    rows = panel.take(matured(panel, contract, known_at_us))
    kept = np.unique(rows.cutoff_us)[-settings.max_cutoffs :]
    return rows.take(np.isin(rows.cutoff_us, kept)).drawn(settings.max_rows, settings.seed)


def _cell(case: Case, whole: dict[str, Any] | None = None) -> dict[str, Any]:
    found: list[dict[str, str]] = []
    for name, check in registered().items():
        if case.phase == ALL or check.each_phase:
            found += [{"check": name, **asdict(finding)} for finding in check.look(case)]
    lost = whole is not None and whole["verdict"] == "refused"
    if whole is not None and lost:
        # Learning has no pooled model to fall back on then: no phase has one of its own either.
        found.insert(0, _of_all(whole["findings"]))
    verdict = _worst([one["verdict"] for one in found])
    fallback = "base rate" if lost or whole is None else "pooled model"
    return {
        "verdict": verdict,
        "served": fallback if verdict == "refused" else "own choice",
        "rows": len(case.y),
        "positives": case.positives,
        "negatives": case.negatives,
        "scored": int((case.here & (case.panel.cutoff_us == case.plan.as_of_us)).sum()),
        "findings": found,
    }


def _of_all(findings: Sequence[dict[str, str]]) -> dict[str, str]:
    first = next(one for one in findings if one["verdict"] == "refused")
    told = Finding("refused", f"all phases together are refused: {first['reason']}", first["remedy"])
    return {"check": ALL, **asdict(told)}


def _worst(verdicts: Sequence[str]) -> Verdict:
    return max((one for one in VERDICTS if one in verdicts), key=VERDICTS.index, default="fine")
