"""The champions of the registry in ``data/champions``, laid out as ``artifacts/``: fetched once, then reused."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.atomic import replacing
from features.errors import InputError
from features.plan import Plan
from models.folder_digest import folder_digest
from models.json_files import read_json, write_json
from models.panel import PHASE_PREFIX
from models.promotion.gate import other_question
from models.target import READINESS, TARGETS
from models.tracking.aliases import question
from pipelines.paths import Project

if TYPE_CHECKING:
    from models.tracking.champions import Registered

#: Written last, so that a folder with it is whole.
RECORD = "champions.json"
OUT_OF_TIME = "out_of_time.parquet"
TRAINED = "--models trained scores with what was just trained"
Champions = Mapping[tuple[str, str], "Registered"]


def champion_folder(project: Project, plan: Plan, phases: Sequence[str]) -> Path | None:
    """Bring the champions into a folder named after them, unless they are there.

    Parameters
    ----------
    project : Project
    plan : Plan
        Journey and label contracts they must fit.
    phases : sequence of str
        Those that are scored.

    Returns
    -------
    Path or None
        None where the registry has no champion for any of the phases.

    Raises
    ------
    InputError
        If the registry cannot be reached, or a champion does not fit this project.
    """
    # MLflow takes seconds to load: not before there is something to ask it.
    from models.tracking.address import tracking_uri
    from models.tracking.champions import holders, is_there, opened

    if not is_there(project.root):
        return None
    with _or_trained(), opened(project.root) as client:
        champions = {(one.target, one.phase): one for one in holders(client, TARGETS, phases)}
        if not champions:
            return None
        folder = (
            project.root / "data/champions" / _key(project, phases, champions, tracking_uri(project.root))
        )
        if not (folder / RECORD).is_file():
            with replacing(folder) as beside:
                _bring(client, project, phases, champions, beside)
                write_json(beside / RECORD, _record(project.root, champions))
    for (target, phase), champion in champions.items():
        _check(project, plan, champion, folder / target / phase)
    return folder


@contextmanager
def _or_trained() -> Iterator[None]:
    """Add to what went wrong with the registry that scoring can do without."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{error}; {TRAINED}") from error


def _key(project: Project, phases: Sequence[str], champions: Champions, uri: str) -> str:
    """Name the folder after everything that goes into it."""
    parts: list[list[str]] = [[uri]]
    for target in TARGETS:
        for phase in phases:
            one = champions.get((target, phase))
            trained = project.artifacts(target) / phase
            parts.append(
                [target, phase, one.version, one.model_id]
                if one is not None
                else [target, phase, "trained", folder_digest(trained)]
            )
    for beside in (project.artifacts(READINESS.name) / OUT_OF_TIME, _tournament(project)):
        parts.append([hashlib.sha256(beside.read_bytes()).hexdigest() if beside.is_file() else ""])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def _tournament(project: Project) -> Path:
    return project.artifacts("next_action") / "tournament.json"


def _bring(client: Any, project: Project, phases: Sequence[str], champions: Champions, into: Path) -> None:
    """Lay out champions, and what was trained where there is none."""
    from models.tracking.champions import fetch

    into.mkdir(parents=True)
    for target in TARGETS:
        for phase in phases:
            trained, place = project.artifacts(target) / phase, into / target / phase
            if (target, phase) in champions:
                fetch(client, champions[target, phase], place)
            elif trained.is_dir():
                shutil.copytree(trained, place)
            else:
                raise InputError(
                    f"{target} has no champion for phase {phase} and {trained} is not there either; run "
                    f"klantreis train {target} (or dvc repro)"
                )
    _reference(client, project, phases, champions, into / READINESS.name / OUT_OF_TIME)
    if _tournament(project).is_file():
        shutil.copy(_tournament(project), into / "next_action")


def _reference(client: Any, project: Project, phases: Sequence[str], champions: Champions, out: Path) -> None:
    """Write the customers last judged by the models that score: percentiles are relative to them.

    Each phase has those of its own champion, at the newest cutoff that this one was judged on.
    """
    from models.tracking.champions import fetch_predictions

    own = project.artifacts(READINESS.name) / OUT_OF_TIME
    trained = pd.read_parquet(own, columns=["cutoff_us", "phase", "y", "p"]) if own.is_file() else None
    parts = []
    for phase in phases:
        rows = None
        if (READINESS.name, phase) in champions:
            with tempfile.TemporaryDirectory() as place:
                rows = fetch_predictions(client, champions[READINESS.name, phase], Path(place))
        if rows is None and trained is not None:
            rows = trained[trained["phase"].astype(str) == phase]
        if rows is not None and len(rows):
            newest = rows[rows["cutoff_us"] == rows["cutoff_us"].max()]
            parts.append(newest[["cutoff_us", "y", "p"]].assign(phase=phase))
    if not parts:
        if own.is_file():
            shutil.copy(own, out)
        return
    both = pd.concat(parts, ignore_index=True)
    # One cutoff for all: who reads the file takes the newest.
    both = both.assign(judged_us=both["cutoff_us"], cutoff_us=both["cutoff_us"].max())
    both.to_parquet(out, index=False, compression="zstd")


def _check(project: Project, plan: Plan, champion: Registered, folder: Path) -> None:
    """Refuse a champion that answers another question, or needs columns that this project does not make."""
    content = read_json(folder / ("policy.json" if champion.target == "next_action" else "model.json"))
    named = f"the champion {champion.name} version {champion.version}"
    hand = f"klantreis registry promote {champion.target} {champion.phase} --force --reason '...'"
    contract = next((one for one in plan.contracts if one.target == champion.target), None)
    if contract is not None:
        ours = question(plan.source, plan.journey.name, contract.horizon_days)
        if champion.question not in ("", ours):
            raise InputError(
                f"{named} cannot score this project: it was learnt for {champion.question}, and this is {ours}; "
                f"promote a model of this project ({hand}), or set params.yaml as it was; {TRAINED}"
            )
    if "contract" in content and contract is not None:
        asked = {"contract": contract.model_dump(mode="json"), "journey": plan.journey.name}
        other = other_question(content, asked)
        if other:
            raise InputError(
                f"{named} cannot score this project: {other}; promote a model of this project ({hand}), or set "
                f"params.yaml as it was; {TRAINED}"
            )
    needed = content["columns"] if content.get("state", "personalise") == "personalise" else []
    missing = [name for name in needed if name not in _columns(project, plan)]
    if missing:
        shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise InputError(
            f"{named} needs {len(missing)} feature columns that this project does not make: {shown}; use the "
            f"features settings it was trained with (features in params.yaml), or promote a model of this project "
            f"({hand}); {TRAINED}"
        )


def _columns(project: Project, plan: Plan) -> set[str]:
    made = {one["name"] for one in json.loads(project.columns.read_text(encoding="utf-8"))}
    return made | {PHASE_PREFIX + phase for phase in plan.journey.phase_keys}


def _record(root: Path, champions: Champions) -> dict[str, Any]:
    """Say which versions are in the folder."""
    from models.tracking.address import shown, tracking_uri

    found: dict[str, dict[str, Any]] = {}
    for (target, phase), one in champions.items():
        told = {"version": int(one.version), "model_id": one.model_id, "run_id": one.run_id}
        found.setdefault(target, {})[phase] = told
    return {"registry": shown(tracking_uri(root)), "champions": found}
