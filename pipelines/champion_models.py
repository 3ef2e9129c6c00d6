"""Which models score: the champions of the registry, laid out as ``artifacts/`` is, or what was just trained."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from features.cutoffs import day_of
from features.errors import InputError
from features.plan import Plan
from features.settings import DORMANT
from models.folder_digest import folder_digest
from models.json_files import read_json, read_json_if_there
from models.model_age import check_ages
from models.promotion.simplicity import learnt_until_us
from models.target import PROBABILITY_TARGETS, TARGETS
from pipelines.champion_files import RECORD, TRAINED, champion_folder
from pipelines.params import Params
from pipelines.paths import Project

Which = Literal["champions", "trained"]


@dataclass(frozen=True)
class ChampionProject(Project):
    """A project whose models of churn, readiness and next action are the champions.

    Parameters
    ----------
    champions : Path
        Folder laid out as ``artifacts/``; every other path is that of the project.
    """

    champions: Path = Path()

    def artifacts(self, target: str) -> Path:
        """Folder of the models of one target."""
        return self.champions / target if target in TARGETS else super().artifacts(target)


@dataclass(frozen=True)
class ScoringModels:
    """The models that score, and what can be said of them.

    Parameters
    ----------
    project : Project
        Read the models from here; every other path is the same.
    kind : str
        ``champions`` or ``trained``.
    warnings : tuple of str
        Of models that are old.
    record : dict
        Per target and phase the version, the ids and the digest of its files.
    """

    project: Project
    kind: Which
    warnings: tuple[str, ...]
    record: dict[str, Any]

    def described(self) -> dict[str, Any]:
        """Give what belongs beside a score file, JSON-able: versions, digests, label contracts."""
        return self.record


def models_to_score_with(
    project: Project, params: Params, plan: Plan, which: Which | None = None
) -> ScoringModels:
    """Choose the models that score, and bring champions into ``data/champions``.

    Parameters
    ----------
    project : Project
    params : Params
        ``score.max_model_age_days``.
    plan : Plan
        Journey, label contracts and moment of scoring.
    which : {"champions", "trained"}, optional
        Left out: the champions if the registry has one for this journey.

    Returns
    -------
    ScoringModels
        A phase without a champion (its data carry no model) is served by what was trained.

    Raises
    ------
    InputError
        If champions are asked for and there are none; if one was learnt for another label contract or journey, or
        needs columns that this project does not make; or if a model is too old.
    """
    folder = None if which == "trained" else champion_folder(project, plan, _phases(plan))
    if folder is None and which == "champions":
        raise InputError(
            "the registry has no champion for this journey; models get there by the stages track and register "
            f"(dvc repro), or by klantreis registry promote; {TRAINED}"
        )
    found = project if folder is None else ChampionProject(project.root, folder)
    kind: Which = "trained" if folder is None else "champions"
    models = {(target, phase): content for target, phase, content in _model_files(found, plan)}
    given = read_json_if_there(folder / RECORD) if folder else {}
    warnings = check_ages(models, plan.as_of_us, params.score.max_model_age_days)
    return ScoringModels(found, kind, tuple(warnings), _record(found, plan, kind, models, given))


def _phases(plan: Plan) -> tuple[str, ...]:
    return tuple(phase for phase in plan.journey.phase_keys if phase != DORMANT)


def _model_files(project: Project, plan: Plan) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for target in PROBABILITY_TARGETS:
        for phase in _phases(plan):
            path = project.artifacts(target) / phase / "model.json"
            if path.is_file():
                yield target, phase, read_json(path)


def _record(
    project: Project,
    plan: Plan,
    kind: Which,
    models: dict[tuple[str, str], dict[str, Any]],
    given: dict[str, Any],
) -> dict[str, Any]:
    """Say of every phase which files serve it; ``given`` is what the registry said of the champions."""
    phases: dict[str, dict[str, Any]] = {}
    for target in TARGETS:
        phases[target] = {}
        for phase in _phases(plan):
            folder = project.artifacts(target) / phase
            if folder.is_dir():
                known = given.get("champions", {}).get(target, {}).get(phase, {})
                until = learnt_until_us(models[target, phase]) if (target, phase) in models else 0
                phases[target][phase] = {
                    "version": known.get("version"),
                    "model_id": known.get("model_id"),
                    "run_id": known.get("run_id"),
                    "digest": folder_digest(folder),
                    "learnt_until": day_of(until).isoformat() if until else None,
                    "served_by": "champion" if known else "trained",
                }
    told = json.dumps(
        [[target, phase, one["digest"]] for target, of in phases.items() for phase, one in of.items()]
    )
    return {
        "models": kind,
        "registry": given.get("registry"),
        "digest": hashlib.sha256(told.encode()).hexdigest()[:12],
        "phases": phases,
        "contracts": {one.target: one.model_dump(mode="json") for one in plan.contracts},
    }
