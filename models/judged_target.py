"""One target judged, with its pictures: all that a process of its own can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from features.errors import InputError
from features.settings import JourneySettings
from models.base_rate_drift import base_rate_drift, rates_at
from models.beats_baselines import beats_baselines
from models.evaluation import cleaned, evaluate_target
from models.json_files import read_json
from models.learnt import learnt
from models.reporting.words import Language, Words
from models.segment_dimensions import dimensions
from models.segment_extras import with_champion, with_money
from models.segments import SEGMENT_LIFT, segment_lift
from models.settings import EvaluationSettings
from models.target import READINESS

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


@dataclass(frozen=True)
class JudgedTarget:
    """What was found of one target.

    Attributes
    ----------
    found : dict
        The target's part of ``evaluation.json``, its numbers not rounded yet.
    rows : int
        Predictions it was judged on.
    segments : DataFrame or None
        Columns as in ``SEGMENT_LIFT``; None where nothing could be judged.
    sheets : dict of str to bytes
        PNG by the name of the sheet.
    """

    found: dict[str, Any]
    rows: int
    segments: pd.DataFrame | None
    sheets: dict[str, bytes]


def judged_target(
    target: str,
    inputs: EvaluationInputs,
    settings: EvaluationSettings,
    journey: JourneySettings,
    language: Language = "en",
) -> JudgedTarget:
    """Judge one target in every phase and segment, and draw what was found.

    Parameters
    ----------
    target : str
        Which yes-or-no target.
    inputs : EvaluationInputs
        Where to read.
    settings : EvaluationSettings
        Top shares, resamples, confidence, minimum cell, seed.
    journey : JourneySettings
        Order and labels of the phases.
    language : str
        Of the pictures.

    Raises
    ------
    InputError
        If an input is missing or lacks a column.
    """
    judged, phase_keys = inputs.artifacts / target / "out_of_time.parquet", journey.phase_keys
    predictions = _predictions(judged)
    found = evaluate_target(predictions, settings, phase_keys)
    found["tested"] = learnt(judged)
    gates = beats_baselines(predictions, settings, phase_keys[:-1])
    found["gate"] = {phase: one.as_json() for phase, one in gates.items()}
    found["base_rate_drift"] = base_rate_drift(
        predictions, rates_at(found["tested"]), settings.confidence, phase_keys
    )
    found["selection"] = read_json(inputs.artifacts / target / "selection.json")
    if predictions.empty:
        return JudgedTarget(found, 0, None, {})
    segments = segments_of(target, inputs, settings, predictions)
    sheets = drawn_sheets({"targets": {target: cleaned(found)}}, segments, Words(language, journey))
    return JudgedTarget(found, len(predictions), segments, sheets)


def drawn_sheets(
    evaluation: Mapping[str, Any], segments: pd.DataFrame, words: Words, currency: str = ""
) -> dict[str, bytes]:
    """Draw the sheets of pictures for MLflow, as PNG by name; what they show: `models.reporting.figures.album`."""
    from models.reporting.figures.album import pictures, sheet

    sheets: dict[str, list[Any]] = {}
    for picture in pictures(evaluation, segments, currency, words):
        sheets.setdefault(picture.sheet, []).append(picture)
    return {name: sheet(panels) for name, panels in sheets.items()}


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
