"""Command ``segments``: the segment table once more, with the champion of the registry beside every number."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd

from features.errors import InputError
from features.settings import DORMANT
from models.evaluation_files import EvaluationInputs, segments_of, write_segments
from models.target import PROBABILITIES
from models.tracking.champion_rows import Beside, champion_rows
from models.tracking.champions import is_there, opened
from pipelines.params import load_params
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.promote import NOTHING

NAME = "segment_lift_champion"


def run(root: Path) -> list[str]:
    """Write ``reports/segment_lift_champion.parquet`` and ``.csv``, and say how each champion does.

    Parameters
    ----------
    root : Path
        Project folder, after the train stages, with a registry.

    Raises
    ------
    InputError
        If the registry is empty, or its files are gone.
    """
    params, project = load_params(root), Project(root)
    phases = tuple(key for key in load_plan(project).journey.phase_keys if key != DORMANT)
    if not is_there(root):
        raise InputError(NOTHING)
    told: list[Beside] = []
    with tempfile.TemporaryDirectory() as place:
        with opened(root) as client:
            for target in PROBABILITIES:
                rows, beside = champion_rows(client, root, target.name, phases)
                rows.to_parquet(Path(place) / f"{target.name}.parquet", index=False)
                told += beside
        if not told:
            raise InputError(NOTHING)
        if not any(one.rows for one in told):
            return [*(_line(one, pd.DataFrame()) for one in told), "nothing to compare; no file was written"]
        inputs = EvaluationInputs(
            root / "artifacts", project.features, project.canonical, project.labels, champions=Path(place)
        )
        parts = [segments_of(target.name, inputs, params.evaluation) for target in PROBABILITIES]
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    write_segments(project.reports, table, NAME)
    return [*(_line(one, table) for one in told), f"reports/{NAME}.csv has every segment"]


def _line(one: Beside, table: pd.DataFrame) -> str:
    """Say of one champion how the model of its phase compares, by how well it ranks."""
    registered = one.registered
    head = f"{registered.target} {registered.phase}: champion {registered.version}"
    if one.note:
        return f"{head}: not compared: {one.note}"
    mine = table[
        (table["target"] == registered.target)
        & (table["segment"] == registered.phase)
        & (table["segment_kind"] == "phase")
        & (table["metric"] == "roc_auc")
    ]
    number = mine.iloc[0]
    if pd.isna(number["champion_difference"]):
        return f"{head}: {one.rows} of {one.judged} rows of both, too few to compare"
    return (
        f"{head}, {one.rows} of {one.judged} rows of both: ROC AUC {number['champion']:.3f}, the model now "
        f"{number['champion_difference']:+.3f} ({number['champion_difference_low']:+.3f} to "
        f"{number['champion_difference_high']:+.3f})"
    )
