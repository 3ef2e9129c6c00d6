"""Metrics x segments x phases with intervals: where a model is strong, where it is weak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from models.bootstrap import CustomerBootstrap, Floats, false_discovery, interval, p_value
from models.metrics import Metric, Ranked, rank, registered
from models.settings import EvaluationSettings

#: The metrics of a segment, by family.
SEGMENT_METRICS = ("lift", "roc_auc", "log_loss", "calibration_gap")
#: A segment needs at least this many rows with and without the outcome before a metric is given.
MIN_OUTCOMES = 10

SEGMENT_LIFT = pa.schema(
    [
        pa.field("target", pa.string(), metadata={"meaning": "churn or readiness"}),
        pa.field("phase", pa.string(), metadata={"meaning": "phase at the cutoff, or all"}),
        pa.field(
            "segment_kind", pa.string(), metadata={"meaning": "all, phase, a dimension or an attribute"}
        ),
        pa.field("segment", pa.string(), metadata={"meaning": "value of the kind, incl. unknown"}),
        pa.field("metric", pa.string(), metadata={"meaning": "as in models/metrics"}),
        pa.field(
            "k", pa.float64(), metadata={"meaning": "top share of the segment's own list (lift), or null"}
        ),
        pa.field("n", pa.int64(), metadata={"meaning": "rows: customers x test cutoffs"}),
        pa.field("customers", pa.int64(), metadata={"meaning": "distinct customers"}),
        pa.field("positives", pa.int64(), metadata={"meaning": "rows with outcome 1"}),
        pa.field("base_rate", pa.float64(), metadata={"meaning": "positives / n"}),
        pa.field("value", pa.float64(), metadata={"meaning": "the metric; null: see note"}),
        pa.field("low", pa.float64(), metadata={"meaning": "lower end of the interval over customers"}),
        pa.field("high", pa.float64(), metadata={"meaning": "upper end"}),
        pa.field("rest", pa.float64(), metadata={"meaning": "the metric on everybody else of the phase"}),
        pa.field("difference", pa.float64(), metadata={"meaning": "value - rest"}),
        pa.field("difference_low", pa.float64(), metadata={"meaning": "lower end, paired resamples"}),
        pa.field("difference_high", pa.float64(), metadata={"meaning": "upper end, paired resamples"}),
        pa.field("q_value", pa.float64(), metadata={"meaning": "of difference = 0, false discovery rate"}),
        pa.field("note", pa.string(), metadata={"meaning": "why there is no value, else empty"}),
        pa.field("first_cutoff_us", pa.int64(), metadata={"meaning": "oldest test cutoff"}),
        pa.field("last_cutoff_us", pa.int64(), metadata={"meaning": "newest test cutoff"}),
    ]
)
"""One row per target, phase, segment and metric. A lift is within the segment: the top share of the segment's
own list against the segment's own rate, so segments with a low rate have room for a higher lift; compare how
well segments are RANKED by ``roc_auc``."""


@dataclass(frozen=True)
class Cell:
    """One segment of one phase: which rows are in it, and which make up the rest."""

    phase: str
    kind: str
    segment: str
    inside: NDArray[np.bool_]
    rest: NDArray[np.bool_]


def segment_lift(
    target: str, predictions: pd.DataFrame, dimension: pd.DataFrame, settings: EvaluationSettings
) -> pd.DataFrame:
    """Judge the model in every segment, overall and per phase.

    Parameters
    ----------
    target : str
        For the column ``target``.
    predictions : DataFrame
        One row per customer and cutoff: ``customer_id``, ``cutoff_us``, ``phase``, ``y``, ``p``.
    dimension : DataFrame
        Segments of the same rows, see ``dimensions``.
    settings : EvaluationSettings
        Top shares, resamples, confidence, minimum cell, seed.

    Returns
    -------
    DataFrame
        Columns as in ``SEGMENT_LIFT``.
    """
    if predictions.empty:
        return pd.DataFrame(columns=SEGMENT_LIFT.names)
    metrics = [m for m in registered(settings.top_shares).values() if m.family in SEGMENT_METRICS]
    ranked = rank(predictions["y"].to_numpy(), predictions["p"].to_numpy())
    identity = predictions["customer_id"].to_numpy()
    boot = CustomerBootstrap.draw(identity, settings.resamples, settings.seed)
    rows: list[dict[str, Any]] = []
    for cell in cells(dimension):
        rows += _judged(cell, ranked, identity, boot, metrics, settings)
    frame = pd.DataFrame(rows)
    frame["target"] = target
    frame["first_cutoff_us"] = int(predictions["cutoff_us"].min())
    frame["last_cutoff_us"] = int(predictions["cutoff_us"].max())
    frame["q_value"] = np.nan
    for metric in metrics:
        one = (frame["metric"] == metric.name).to_numpy()
        frame.loc[one, "q_value"] = false_discovery(frame.loc[one, "p_value"].to_numpy(dtype=np.float64))
    return pd.DataFrame(frame[list(SEGMENT_LIFT.names)])


def cells(dimension: pd.DataFrame) -> Iterator[Cell]:
    """Give every segment: everybody, each phase, each other dimension, and each phase x each other dimension.

    Examples
    --------
    >>> table = pd.DataFrame({"phase": ["a", "b"], "age": ["young", "unknown"]})
    >>> [(cell.phase, cell.kind, cell.segment) for cell in cells(table)][:4]
    [('all', 'all', 'all'), ('all', 'age', 'unknown'), ('all', 'age', 'young'), ('a', 'phase', 'a')]
    """
    everybody = np.ones(len(dimension), dtype=bool)
    phase = dimension["phase"].to_numpy()
    yield Cell("all", "all", "all", everybody, ~everybody)
    yield from _within("all", everybody, dimension)
    for key in sorted(set(phase)):
        yield Cell(key, "phase", key, phase == key, phase != key)
        yield from _within(key, phase == key, dimension)


def _within(phase: str, scope: NDArray[np.bool_], dimension: pd.DataFrame) -> Iterator[Cell]:
    for kind in dimension.columns.drop("phase"):
        values = dimension[kind].to_numpy()
        for value in sorted(set(values[scope])):
            yield Cell(phase, kind, value, scope & (values == value), scope & (values != value))


def _judged(
    cell: Cell,
    ranked: Ranked,
    identity: NDArray[np.int64],
    boot: CustomerBootstrap,
    metrics: Sequence[Metric],
    settings: EvaluationSettings,
) -> list[dict[str, Any]]:
    """Give one row per metric of one segment."""
    inside, rest = ranked.take(cell.inside[ranked.order]), ranked.take(cell.rest[ranked.order])
    note = too_small(inside, identity, settings.min_cell)
    about = {
        "phase": cell.phase, "segment_kind": cell.kind, "segment": cell.segment, "n": len(inside.y),
        "customers": len(np.unique(identity[inside.order])), "positives": int(inside.y.sum()),
        "base_rate": float(inside.y.mean()), "note": note,
    }  # fmt: skip
    known = {} if note else boot.of(metrics, inside)
    compared = {} if note or too_small(rest, identity, settings.min_cell) else boot.of(metrics, rest)
    rows = []
    for metric in metrics:
        row = {**about, "metric": metric.name, "k": metric.k}
        rows.append(row | _numbers(metric, inside, rest, known, compared, settings.confidence))
    return rows


def _numbers(
    metric: Metric,
    inside: Ranked,
    rest: Ranked,
    known: dict[str, Floats],
    compared: dict[str, Floats],
    confidence: float,
) -> dict[str, float]:
    nothing = float("nan")
    names = ("value", "low", "high", "rest", "difference", "difference_low", "difference_high", "p_value")
    found = dict.fromkeys(names, nothing)
    if known:
        found["value"] = metric.function(inside.y, inside.p)
        found["low"], found["high"] = interval(found["value"], known[metric.name], confidence)
    if compared:
        found["rest"] = metric.function(rest.y, rest.p)
        found["difference"] = found["value"] - found["rest"]
        apart = known[metric.name] - compared[metric.name]
        found["difference_low"], found["difference_high"] = interval(found["difference"], apart, confidence)
        found["p_value"] = p_value(found["difference"], apart)
    return found


def too_small(ranked: Ranked, identity: NDArray[np.int64], min_cell: int) -> str:
    """Say why a group is too small to judge; empty when it is not."""
    customers = len(np.unique(identity[ranked.order]))
    if customers < min_cell:
        return f"too small: {customers} customers < min_cell {min_cell}"
    positives = int(ranked.y.sum())
    for count, outcome in ((positives, 1), (len(ranked.y) - positives, 0)):
        if count < MIN_OUTCOMES:
            return f"too few with outcome {outcome}: {count} < {MIN_OUTCOMES}"
    return ""
