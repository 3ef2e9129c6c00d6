"""What the champions say of the very rows that the models of this project were judged on."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from features.errors import InputError
from models.json_files import read_json
from models.promotion.champion_today import champion_today
from models.promotion.evidence import paired_rows
from models.promotion.gate import other_question
from models.tracking.champions import Registered, fetch, fetch_predictions, holders

if TYPE_CHECKING:
    from mlflow import MlflowClient

#: As `models.segment_extras.with_champion` reads them.
COLUMNS = ["customer_id", "cutoff_us", "p"]


@dataclass(frozen=True)
class Beside:
    """A champion beside the model of its phase.

    Attributes
    ----------
    registered : Registered
    rows : int
        Rows that both predicted.
    judged : int
        Rows of the phase.
    note : str
        Why there are none of both; else empty.
    """

    registered: Registered
    rows: int
    judged: int
    note: str = ""


def champion_rows(
    client: MlflowClient, root: Path, target: str, phases: Sequence[str]
) -> tuple[pd.DataFrame, list[Beside]]:
    """Bring together what the champions of one target predicted, without having seen the outcomes.

    First what their own runs kept; then, at cutoffs newer than that, what they say today, but only at cutoffs by which
    all that they learnt from had happened.

    Parameters
    ----------
    client : MlflowClient
        An open registry (`models.tracking.champions.opened`).
    root : Path
        The project folder, with trained models and features.
    target : str
        ``churn`` or ``readiness``.
    phases : sequence of str
        Whose champions.

    Returns
    -------
    DataFrame, list of Beside
        ``customer_id``, ``cutoff_us`` and ``p``, a row once; and what became of each champion.

    Raises
    ------
    InputError
        If the store no longer has the files of a champion.
    """
    path = root / "artifacts" / target / "out_of_time.parquet"
    if not path.is_file():
        raise InputError(f"{path} is missing; run klantreis train {target} first (or dvc repro)")
    judged = pd.read_parquet(path, columns=["customer_id", "cutoff_us", "phase", "y", "p"])
    parts, told = [pd.DataFrame(columns=COLUMNS)], []
    for one in holders(client, (target,), phases):
        # A row is in one phase, as this project has it: no row can come twice.
        mine = judged[judged["phase"].astype(str) == one.phase].drop(columns="phase")
        with tempfile.TemporaryDirectory() as place:
            rows, note = _of_one(client, root, one, mine, Path(place))
        parts.append(rows)
        told.append(Beside(one, len(rows), len(mine), note))
    known = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(known, ignore_index=True), told


def _of_one(
    client: MlflowClient, root: Path, one: Registered, mine: pd.DataFrame, place: Path
) -> tuple[pd.DataFrame, str]:
    nothing = mine.iloc[:0][COLUMNS]
    if mine.empty:
        return nothing, "no row of this phase was judged"
    fetch(client, one, place / "model")
    ours = read_json(root / "artifacts" / one.target / one.phase / "model.json")
    if other := other_question(ours, read_json(place / "model" / "model.json")):
        return nothing, other
    kept = fetch_predictions(client, one, place)
    rows = paired_rows(mine, mine.iloc[:0] if kept is None else kept)
    newer = mine[~mine["cutoff_us"].isin(rows["cutoff_us"])]
    if len(newer):
        today = champion_today(place / "model", root / "data/features.parquet", newer)
        both = [some for some in (rows, paired_rows(newer, today)) if len(some)]
        rows = pd.concat(both, ignore_index=True) if both else rows
    found = rows.rename(columns={"champion": "p"})[COLUMNS]
    if len(found):
        return found, ""
    why = (
        "its run was tracked without its predictions" if kept is None else "its run judged none of these rows"
    )
    return found, f"{why}, and it may have learnt from what came after them"
