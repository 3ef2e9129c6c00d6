"""The evaluate stage's files: read what training left, judge it, write ``reports/``."""

from __future__ import annotations

import logging
from collections import ChainMap
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.atomic import replacing
from features.errors import InputError
from features.settings import JourneySettings
from models.curves import lift_rows, point_rows
from models.evaluation import cleaned, headline
from models.json_files import read_json, read_json_if_there, write_json
from models.judged_target import EvaluationInputs, attributes_of, drawn_sheets, judged_target, segments_of
from models.processes import in_processes
from models.reporting.words import Language, Words
from models.segments import SEGMENT_LIFT
from models.settings import EvaluationSettings
from models.target import PROBABILITY_TARGETS

__all__ = [
    "EvaluationInputs", "attributes_of", "evaluate_files", "phases_over_time", "read_segments", "segments_of",
    "write_segments",
]  # fmt: skip
logger = logging.getLogger(__name__)


def evaluate_files(
    inputs: EvaluationInputs,
    reports: Path,
    settings: EvaluationSettings,
    journey: JourneySettings,
    language: Language = "en",
    targets: Sequence[str] = PROBABILITY_TARGETS,
    workers: int = 1,
) -> dict[str, Any]:
    """Judge every target and write the results.

    Writes ``metrics.json`` (at most eight headline numbers), ``evaluation.json`` (everything),
    ``segment_lift.parquet`` and ``.csv`` (schema ``SEGMENT_LIFT``), ``plots/`` (CSV for DVC, PNG for MLflow).

    Parameters
    ----------
    inputs : EvaluationInputs
        Where to read.
    reports : Path
        Folder to write into.
    settings : EvaluationSettings
        Top shares, resamples, confidence, minimum cell, seed.
    journey : JourneySettings
        Order and labels of the phases.
    language : str
        Of the pictures.
    targets : sequence of str
        Which yes-or-no targets to judge.
    workers : int
        Targets judged at once, each in a process of its own; their number changes no byte.

    Returns
    -------
    dict
        The content of ``metrics.json``.

    Raises
    ------
    InputError
        If an input is missing or lacks a column.
    """
    meta = read_json(inputs.canonical / "meta.json")
    tasks = [partial(judged_target, target, inputs, settings, journey, language) for target in targets]
    judged = dict(zip(targets, in_processes(tasks, workers), strict=True))
    for target, one in judged.items():
        if one.segments is None:
            logger.info("%s: no test cutoff has matured; nothing to judge", target)
        else:
            logger.info("%s: judged on %d rows, %d segment numbers", target, one.rows, len(one.segments))
    found = {target: one.found for target, one in judged.items()}
    parts = [one.segments for one in judged.values() if one.segments is not None]
    tournament_file = inputs.artifacts / "next_action/tournament.json"
    tournament = read_json_if_there(tournament_file) or None
    everything = {
        "settings": settings.model_dump(mode="json"),
        "targets": found,
        "next_action": tournament,
        "phases_over_time": phases_over_time(inputs.features),
    }
    numbers = headline(found, tournament)
    segments = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=SEGMENT_LIFT.names)
    told = cleaned(everything)
    sheets = [one.sheets for one in judged.values()]
    sheets.append(
        drawn_sheets({**told, "targets": {}}, segments, Words(language, journey), meta.get("currency", ""))
    )
    write_json(reports / "evaluation.json", told)
    write_segments(reports, segments)
    _write_plots(reports / "plots", told["targets"], dict(ChainMap(*sheets)))
    write_json(reports / "metrics.json", numbers)
    return numbers


def phases_over_time(features: Path) -> dict[str, Any]:
    """Count the customers per phase at each cutoff of the feature table.

    Parameters
    ----------
    features : Path
        One row per customer and cutoff.

    Returns
    -------
    dict
        ``cutoffs`` (dates, oldest first) and ``counts`` (phase to customers at each cutoff).
    """
    frame: pd.DataFrame = pq.read_table(features, columns=["cutoff_us", "phase"]).to_pandas()
    table = pd.crosstab(frame["cutoff_us"], frame["phase"].astype(str)).sort_index()
    days = [str(pd.Timestamp(int(cutoff), unit="us").date()) for cutoff in table.index]
    return {"cutoffs": days, "counts": {phase: table[phase].tolist() for phase in sorted(table.columns)}}


def read_segments(path: Path) -> pd.DataFrame:
    """Read ``segment_lift.parquet`` as a frame with the columns of ``SEGMENT_LIFT``."""
    if not path.is_file():
        raise InputError(f"{path} is missing; run the stage that writes it: dvc repro evaluate")
    # A table of before a column was added has it empty.
    found: pd.DataFrame = pq.read_table(path, schema=SEGMENT_LIFT).to_pandas()
    return found


def write_segments(reports: Path, segments: pd.DataFrame, name: str = "segment_lift") -> None:
    """Write a parquet, and a CSV in which a group that is too small has one row, not one per metric.

    Parameters
    ----------
    reports : Path
        Folder to write into.
    segments : DataFrame
        Columns as in ``SEGMENT_LIFT``.
    name : str
        Of both files, without ending.
    """
    table = pa.Table.from_pandas(segments, schema=SEGMENT_LIFT, preserve_index=False)
    with replacing(reports / f"{name}.parquet") as beside:
        pq.write_table(table.replace_schema_metadata(SEGMENT_LIFT.metadata), beside, compression="zstd")
    repeated = segments.duplicated(["target", "phase", "segment_kind", "segment", "note"])
    with replacing(reports / f"{name}.csv") as beside:
        segments[(segments["note"] == "") | ~repeated].to_csv(
            beside, index=False, float_format="%.6g", lineterminator="\n"
        )


def _write_plots(folder: Path, targets: dict[str, Any], sheets: dict[str, bytes]) -> None:
    """Write the points for DVC (CSV) and the sheets of pictures for MLflow (PNG)."""
    with replacing(folder) as beside:
        beside.mkdir()
        for target, results in targets.items():
            for name, rows in (
                ("lift", lift_rows(results["phases"])),
                ("calibration", point_rows(results["phases"], "calibration")),
                ("thresholds", point_rows(results["phases"], "thresholds")),
            ):
                frame = pd.DataFrame(rows, columns=None if rows else ["phase"])
                frame.to_csv(
                    beside / f"{target}_{name}.csv", index=False, float_format="%.6g", lineterminator="\n"
                )
        for name, image in sheets.items():
            (beside / f"{name}.png").write_bytes(image)
