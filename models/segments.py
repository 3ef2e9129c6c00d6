"""Metrics x segments x phases with intervals: where a model is strong, where it is weak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.bootstrap import CustomerBootstrap, Floats, false_discovery
from models.cell_draws import cell_draws
from models.intervals import Apart, Spread
from models.metrics import Metric, Ranked, everything, rank
from models.segment_schema import SEGMENT_LIFT
from models.settings import EvaluationSettings

__all__ = ["CHAMPION", "MIN_OUTCOMES", "MONEY", "SEGMENT_LIFT", "Cell", "cells", "segment_lift", "too_small"]

#: A segment needs at least this many rows with and without the outcome before a metric is given.
MIN_OUTCOMES = 10
#: For what is captured of the money a few large orders decide: with fewer outcomes intervals cover too seldom.
MIN_PAID = 25
#: Optional columns of the predictions: net money that each row brought, and the champion's probability.
MONEY, CHAMPION = "money", "champion"
NAN = float("nan")


@dataclass(frozen=True)
class Cell:
    """One segment of one phase: which rows are in it, and which make up the rest."""

    phase: str
    kind: str
    segment: str
    inside: NDArray[np.bool_]
    rest: NDArray[np.bool_]


@dataclass(frozen=True)
class _Judge:
    """Everything that is the same for each segment of one target."""

    ranked: Ranked
    champion: Ranked | None
    money: Floats | None
    identity: NDArray[np.int64]
    boot: CustomerBootstrap
    metrics: tuple[Metric, ...]
    settings: EvaluationSettings


def segment_lift(
    target: str, predictions: pd.DataFrame, dimension: pd.DataFrame, settings: EvaluationSettings
) -> pd.DataFrame:
    """Judge the model in every segment, overall and per phase.

    Parameters
    ----------
    target : str
        For the column ``target``.
    predictions : DataFrame
        One row per customer and cutoff: ``customer_id``, ``cutoff_us``, ``phase``, ``y``, ``p``; if known also
        ``money`` (`models.segment_extras.with_money`: then what is captured of it is told) and ``champion`` (the
        probability of the model in use, `models.segment_extras.with_champion`: then the model is compared with it).
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
    judge = _judge(predictions, settings)
    rows: list[dict[str, Any]] = []
    for cell in cells(dimension):
        rows += _judged(cell, judge)
    frame = pd.DataFrame(rows)
    frame["target"] = target
    frame["first_cutoff_us"] = int(predictions["cutoff_us"].min())
    frame["last_cutoff_us"] = int(predictions["cutoff_us"].max())
    frame["q_value"] = np.nan
    for metric in judge.metrics:
        one = (frame["metric"] == metric.name).to_numpy()
        frame.loc[one, "q_value"] = false_discovery(frame.loc[one, "p_value"].to_numpy(dtype=np.float64))
    return pd.DataFrame(frame[list(SEGMENT_LIFT.names)])


def _judge(predictions: pd.DataFrame, settings: EvaluationSettings) -> _Judge:
    y = predictions["y"].to_numpy(dtype=np.float64)
    identity = predictions["customer_id"].to_numpy()
    champion, money = None, None
    if CHAMPION in predictions and predictions[CHAMPION].notna().any():
        champion = _ranked_where_known(y, predictions[CHAMPION].to_numpy(dtype=np.float64))
    if MONEY in predictions and predictions[MONEY].notna().any():
        money = predictions[MONEY].to_numpy(dtype=np.float64)
    told = [
        metric for metric in everything(settings.top_shares).values()
        if (metric.of_runs or metric.of_sums) and (money is not None or not metric.money)
    ]  # fmt: skip
    boot = CustomerBootstrap.draw(identity, settings.resamples, settings.seed)
    ranked = rank(y, predictions["p"].to_numpy())
    return _Judge(ranked, champion, money, identity, boot, tuple(told), settings)


def _ranked_where_known(y: Floats, p: Floats) -> Ranked:
    known = np.flatnonzero(np.isfinite(p))
    found = rank(y[known], p[known])
    return replace(found, order=known[found.order])


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


def _judged(cell: Cell, judge: _Judge) -> list[dict[str, Any]]:
    """Give one row per metric of one segment."""
    found = _judged_by(cell, judge, [metric for metric in judge.metrics if not metric.money], None)
    if judge.money is not None:
        by_money = [metric for metric in judge.metrics if metric.money]
        known = np.isfinite(judge.money)
        told = replace(cell, inside=cell.inside & known, rest=cell.rest & known)
        found += _judged_by(told, judge, by_money, judge.money)
    place = {metric.name: number for number, metric in enumerate(judge.metrics)}
    return sorted(found, key=lambda row: place[row["metric"]])


def _judged_by(
    cell: Cell, judge: _Judge, metrics: Sequence[Metric], money: Floats | None
) -> list[dict[str, Any]]:
    inside, rest = (judge.ranked.take(mask[judge.ranked.order]) for mask in (cell.inside, cell.rest))
    least = MIN_OUTCOMES if money is None else MIN_PAID
    note = too_small(inside, judge.identity, judge.settings.min_cell, least)
    about = {
        "phase": cell.phase, "segment_kind": cell.kind, "segment": cell.segment, "n": len(inside.y),
        "customers": len(np.unique(judge.identity[inside.order])), "positives": int(inside.y.sum()),
        "base_rate": float(inside.y.mean()) if len(inside.y) else NAN, "note": note,
    }  # fmt: skip
    known = {} if note else _spreads(judge, metrics, inside, money)
    fits = not note and not too_small(rest, judge.identity, judge.settings.min_cell, least)
    compared = _spreads(judge, metrics, rest, money) if fits else {}
    ours, theirs = ({}, {}) if note else _with_champion(cell, judge, metrics, money, least)
    rows = []
    for metric in metrics:
        name, row = metric.name, {**about, "metric": metric.name, "k": metric.k}
        row |= _numbers(known.get(name), compared.get(name), judge.settings.confidence)
        rows.append(row | _beside(ours.get(name), theirs.get(name), judge.settings.confidence))
    return rows


def _spreads(
    judge: _Judge, metrics: Sequence[Metric], ranked: Ranked, money: Floats | None
) -> dict[str, Spread]:
    found = cell_draws(judge.boot, metrics, ranked, None if money is None else money[ranked.order])
    positives = int(ranked.y.sum())
    counts = positives, len(ranked.y) - positives
    return {one.name: Spread(one, found.values[one.name], found.draws[one.name], *counts) for one in metrics}


def _with_champion(
    cell: Cell, judge: _Judge, metrics: Sequence[Metric], money: Floats | None, least: int
) -> tuple[dict[str, Spread], dict[str, Spread]]:
    """Judge the model and the champion on the rows of a segment that both have; nothing if those are too few."""
    if judge.champion is None:
        return {}, {}
    theirs = judge.champion.take(cell.inside[judge.champion.order])
    if too_small(theirs, judge.identity, judge.settings.min_cell, least):
        return {}, {}
    both = np.zeros(len(cell.inside), dtype=bool)
    both[theirs.order] = True
    ours = judge.ranked.take(both[judge.ranked.order])
    return _spreads(judge, metrics, ours, money), _spreads(judge, metrics, theirs, money)


def _numbers(inside: Spread | None, rest: Spread | None, confidence: float) -> dict[str, float]:
    names = ("value", "low", "high", "rest", "difference", "difference_low", "difference_high", "p_value")
    found = dict.fromkeys(names, NAN)
    if inside is not None:
        found["value"] = inside.value
        found["low"], found["high"] = inside.interval(confidence)
    if inside is not None and rest is not None:
        apart = Apart(inside, rest)
        found["rest"], found["difference"] = rest.value, apart.value
        found["difference_low"], found["difference_high"] = apart.interval(confidence)
        found["p_value"] = apart.p_value()
    return found


def _beside(ours: Spread | None, theirs: Spread | None, confidence: float) -> dict[str, float]:
    name = "champion_difference"
    if ours is None or theirs is None:
        return dict.fromkeys((CHAMPION, name, f"{name}_low", f"{name}_high"), NAN)
    apart = Apart(ours, theirs)
    low, high = apart.interval(confidence)
    return {CHAMPION: theirs.value, name: apart.value, f"{name}_low": low, f"{name}_high": high}


def too_small(ranked: Ranked, identity: NDArray[np.int64], min_cell: int, least: int = MIN_OUTCOMES) -> str:
    """Say why a group is too small to judge; empty when it is not."""
    customers = len(np.unique(identity[ranked.order]))
    if customers < min_cell:
        return f"too small: {customers} customers < min_cell {min_cell}"
    positives = int(ranked.y.sum())
    for count, outcome in ((positives, 1), (len(ranked.y) - positives, 0)):
        if count < least:
            return f"too few with outcome {outcome}: {count} < {least}"
    return ""
