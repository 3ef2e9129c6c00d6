"""The evaluate stage's files: read what training left, judge it, write ``reports/``."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.atomic import replacing
from features.errors import InputError
from features.settings import JourneySettings
from models.base_rate_drift import base_rate_drift, rates_at
from models.beats_baselines import beats_baselines
from models.curves import lift_rows, point_rows
from models.evaluation import cleaned, evaluate_target, headline
from models.json_files import read_json, read_json_if_there, write_json
from models.learnt import learnt
from models.reporting.words import Language, Words
from models.segment_dimensions import dimensions
from models.segment_extras import with_champion, with_money
from models.segments import SEGMENT_LIFT, segment_lift
from models.settings import EvaluationSettings
from models.target import PROBABILITY_TARGETS, READINESS

logger = logging.getLogger(__name__)

PREDICTION_COLUMNS = ("customer_id", "cutoff_us", "phase", "y", "p")


@dataclass(frozen=True)
class EvaluationInputs:
    """Where the evaluate stage reads from.

    Attributes
    ----------
    artifacts : Path
        Folder with ``<target>/out_of_time.parquet``, ``<target>/selection.json``,
        ``next_action/tournament.json`` (absent: no decision log) and ``personas/personas.json``.
    features : Path
        The feature table.
    canonical : Path
        Folder with ``customers.parquet``, ``events.parquet`` and ``meta.json``.
    labels : Path or None
        The label table, for the money that rows brought; None: no money is told.
    champions : Path or None
        Folder with ``<target>.parquet``, what the champion predicted of the same rows
        (`models.segment_extras.with_champion`); None, or a file that is not there: no champion.
    """

    artifacts: Path
    features: Path
    canonical: Path
    labels: Path | None = None
    champions: Path | None = None


def evaluate_files(
    inputs: EvaluationInputs,
    reports: Path,
    settings: EvaluationSettings,
    journey: JourneySettings,
    language: Language = "en",
    targets: Sequence[str] = PROBABILITY_TARGETS,
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
    found: dict[str, Any] = {}
    parts = []
    for target in targets:
        judged = inputs.artifacts / target / "out_of_time.parquet"
        predictions = _predictions(judged)
        found[target] = evaluate_target(predictions, settings, journey.phase_keys)
        found[target]["tested"] = learnt(judged)
        found[target]["gate"] = {
            phase: one.as_json()
            for phase, one in beats_baselines(predictions, settings, journey.phase_keys[:-1]).items()
        }
        found[target]["base_rate_drift"] = base_rate_drift(
            predictions, rates_at(found[target]["tested"]), settings.confidence, journey.phase_keys
        )
        found[target]["selection"] = read_json(inputs.artifacts / target / "selection.json")
        if predictions.empty:
            logger.info("%s: no test cutoff has matured; nothing to judge", target)
            continue
        parts.append(segments_of(target, inputs, settings, predictions))
        logger.info("%s: judged on %d rows, %d segment numbers", target, len(predictions), len(parts[-1]))
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
    write_json(reports / "evaluation.json", cleaned(everything))
    write_segments(reports, segments)
    _write_plots(reports / "plots", cleaned(everything), segments, meta, Words(language, journey))
    write_json(reports / "metrics.json", numbers)
    return numbers


def segments_of(
    target: str,
    inputs: EvaluationInputs,
    settings: EvaluationSettings,
    predictions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Judge one target in every segment, as `models.segments.segment_lift` does, with all that is known of its rows.

    Parameters
    ----------
    target : str
        Which yes-or-no target.
    inputs : EvaluationInputs
        Where to read.
    settings : EvaluationSettings
        Top shares, resamples, confidence, minimum cell, seed.
    predictions : DataFrame, optional
        The out-of-time predictions of the target, if they were read already.

    Raises
    ------
    InputError
        If an input is missing or lacks a column.
    """
    if predictions is None:
        predictions = _predictions(inputs.artifacts / target / "out_of_time.parquet")
    if predictions.empty:
        return pd.DataFrame(columns=SEGMENT_LIFT.names)
    meta = read_json(inputs.canonical / "meta.json")
    groups = dimensions(
        predictions, inputs.features, attributes_of(inputs.canonical / "customers.parquet"),
        meta.get("audit_attributes", []), inputs.canonical / "events.parquet",
        inputs.artifacts / "personas/personas.json",
    )  # fmt: skip
    return segment_lift(target, _with_extras(target, predictions, inputs), groups, settings)


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


def _predictions(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(
            f"{path} is missing; run the stage that writes it: dvc repro train@{path.parent.name}"
        )
    frame: pd.DataFrame = pq.read_table(path).to_pandas()
    missing = [name for name in PREDICTION_COLUMNS if name not in frame]
    if missing:
        raise InputError(f"{path}: columns {missing} are missing; found {list(frame.columns)}")
    # In one order, whatever the order of the file: the same bytes come out.
    return pd.DataFrame(frame.sort_values(["cutoff_us", "customer_id"], kind="stable", ignore_index=True))


def attributes_of(path: Path) -> pd.DataFrame:
    """Read the canonical table of attributes; empty where the source has none."""
    names = ["customer_id", "attribute", "value", "known_us"]
    if not path.is_file():
        return pd.DataFrame(columns=names)
    found: pd.DataFrame = pq.read_table(path, columns=names).to_pandas()
    return found


def _with_extras(target: str, predictions: pd.DataFrame, inputs: EvaluationInputs) -> pd.DataFrame:
    # Who leaves brings no money: what is captured of it says nothing of a list of likely leavers.
    if inputs.labels is not None and target == READINESS.name:
        predictions = with_money(predictions, inputs.labels)
    champion = inputs.champions / f"{target}.parquet" if inputs.champions is not None else None
    if champion is not None and champion.is_file():
        predictions = with_champion(predictions, champion)
    return predictions


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


def _write_plots(
    folder: Path, evaluation: dict[str, Any], segments: pd.DataFrame, meta: dict[str, Any], words: Words
) -> None:
    """Write the points for DVC (CSV) and the sheets of pictures for MLflow (PNG)."""
    from models.reporting.figures.album import pictures, sheet

    sheets: dict[str, list[Any]] = {}
    for picture in pictures(evaluation, segments, meta.get("currency", ""), words):
        sheets.setdefault(picture.sheet, []).append(picture)
    with replacing(folder) as beside:
        beside.mkdir()
        for target, results in evaluation["targets"].items():
            for name, rows in (
                ("lift", lift_rows(results["phases"])),
                ("calibration", point_rows(results["phases"], "calibration")),
                ("thresholds", point_rows(results["phases"], "thresholds")),
            ):
                frame = pd.DataFrame(rows, columns=None if rows else ["phase"])
                frame.to_csv(
                    beside / f"{target}_{name}.csv", index=False, float_format="%.6g", lineterminator="\n"
                )
        for name, panels in sheets.items():
            (beside / f"{name}.png").write_bytes(sheet(panels))
