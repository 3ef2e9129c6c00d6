"""Under which contracts a score file was made and what its models knew: kept along, or in the record beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from features.cutoffs import day_of, midnight_us
from features.plan import Plan
from features.settings import LabelContract
from models.json_files import read_json_if_there
from models.monitoring.checks._check import Said, said
from models.target import PROBABILITY_TARGETS
from pipelines.kept_scores import (
    FOLDER,
    KeptNote,
    learnt_until,
    meant,
    predicted_contracts,
)  # fmt: skip
from pipelines.paths import Project
from pipelines.score import model_version
from pipelines.score_record import record_of


@dataclass(frozen=True)
class Made:
    """What is known of how scores were made.

    Attributes
    ----------
    known_us : int
        What the models had learnt from was known then (microseconds).
    contracts : tuple of LabelContract
        What was predicted.
    timing : bool
        Whether that holds for the models of the timing (``p_order_...``) too: champions have none.
    """

    known_us: int
    contracts: tuple[LabelContract, ...]
    timing: bool = True


def made_under(project: Project, plan: Plan, path: Path, version: str) -> Made | None:
    """Find how a score file was made; None: nothing is known.

    Parameters
    ----------
    project : Project
        Its kept scores and its models.
    plan : Plan
        The contracts of the models at hand.
    path : Path
        The score file; the record beside it counts if the file is still the one that it describes.
    version : str
        Of the models, as the file says.
    """
    for kept in sorted((project.root / FOLDER).glob(f"*_{version}.parquet")):
        note = KeptNote.of(kept)
        if note is not None:
            return of_note(note)
    if version == model_version(project):
        return Made(learnt_until(project), predicted_contracts(plan))
    return _recorded(path)


def of_note(note: KeptNote) -> Made:
    """Give what was kept along with scores."""
    return Made(note.known_us, note.contracts)


def _recorded(path: Path) -> Made | None:
    record = read_json_if_there(record_of(path))
    if not record:
        return None
    with path.open("rb") as file:
        if record.get("sha256") != hashlib.file_digest(file, "sha256").hexdigest():
            return None
    phases: dict[str, dict[str, Any]] = record["models"]["phases"]
    days = [
        one["learnt_until"]
        for target in PROBABILITY_TARGETS
        for one in phases.get(target, {}).values()
        if one["learnt_until"]
    ]
    if not days:
        return None
    contracts = [LabelContract.model_validate(one) for one in record["contracts"].values()]
    return Made(midnight_us(date.fromisoformat(max(days))), meant(contracts), timing=False)


def refused(made: Made, plan: Plan, as_of: str) -> Said | None:
    """Say why scores cannot be judged: hindsight, or another question than the project asks now."""
    known = day_of(made.known_us).isoformat()
    if known > as_of:
        return said(
            f"scored for {as_of} by models that know the log up to {known}: they have seen what happened; judge "
            "the past with `klantreis backtest`",
            f"gescoord voor {as_of} door modellen die het log kennen tot {known}: zij hebben gezien wat er "
            "gebeurde; beoordeel het verleden met `klantreis backtest`",
        )
    now = {one.target: one for one in predicted_contracts(plan)}
    for one in _ordered(made.contracts):
        other = now.get(one.target)
        if other != one:
            was, has = _words(one), _words(other) if other else "none"
            return said(
                f"made under another label contract of {one.target}: {was}; the project now asks {has}",
                f"gemaakt onder een ander labelcontract van {one.target}: {was}; het project vraagt nu {has}",
            )
    return None


def _ordered(contracts: Iterable[LabelContract]) -> list[LabelContract]:
    return sorted(contracts, key=lambda one: one.target)


def _words(contract: LabelContract) -> str:
    told = {
        name: getattr(contract, name)
        for name in ("event", "active_event", "horizon_days", "active_days", "gap_days", "phases")
    }
    return ", ".join(f"{name} {value}" for name, value in told.items() if value is not None)
