"""Judge the next categories out of time: NDCG@5 and hit rate@3, all and new, beside own frequency and popularity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.category_pairs.crowd import Crowd
from features.category_pairs.kernel import Pairs
from features.category_pairs.table import by_frequency, by_popularity
from models.bootstrap import CustomerBootstrap, interval
from models.next_category.bundle import CategoryModel, predicted
from models.next_category.metrics import hit_rate, ndcg
from models.settings import EvaluationSettings

Floats = npt.NDArray[np.float64]
RANKERS = ("model", "own_frequency", "popularity")
METRICS = {"ndcg5": ndcg, "hit3": hit_rate}
SCOPES = ("all", "new")


def out_of_time(
    pairs: Mapping[int, Pairs], crowds: Mapping[int, Crowd], learned: Mapping[int, CategoryModel | None],
    phases: Sequence[str],
) -> pa.Table:  # fmt: skip
    """Judge the test cutoffs, each predicted by what was known at that cutoff.

    Parameters
    ----------
    pairs, crowds : mapping
        By cutoff (microseconds).
    learned : mapping of int to CategoryModel or None
        By test cutoff; without a model, or without labels, a cutoff is left out.
    phases : sequence of str
        Phases in journey order, ``dormant`` last.

    Returns
    -------
    pyarrow.Table
        One row per customer and test cutoff: ``customer_id, cutoff_us, phase``; ``<scope>__<metric>__<ranker>``, NaN
        for who bought nothing of the scope; ``<scope>__bought`` and ``<scope>__expected``: categories bought, and
        the sum of their probabilities.
    """
    names = [f"{s}__{m}__{r}" for s in SCOPES for m in METRICS for r in RANKERS]
    names += [f"{scope}__{what}" for scope in SCOPES for what in ("bought", "expected")]
    schema = pa.schema(
        [("customer_id", pa.int64()), ("cutoff_us", pa.int64()), ("phase", pa.string())]
        + [(name, pa.float64()) for name in names]
    )
    tables = [schema.empty_table()]
    for cutoff, model in sorted(learned.items()):
        if model is None or np.isnan(pairs[cutoff].bought).any():
            continue
        rows = pairs[cutoff]
        columns: dict[str, Any] = {
            "customer_id": rows.customer_id, "cutoff_us": np.full(len(rows.customer_id), cutoff),
            "phase": pa.array(np.asarray(phases, dtype=object)[rows.phase], pa.string()),
        }  # fmt: skip
        tables.append(pa.table(columns | _judged(rows, crowds[cutoff], model), schema=schema))
    return pa.concat_tables(tables)


def _judged(rows: Pairs, crowd: Crowd, model: CategoryModel) -> dict[str, Floats]:
    p, relevant = predicted(model.trees, rows, crowd), rows.bought > 0
    found: dict[str, Floats] = {}
    for scope, among in (("all", np.ones_like(relevant)), ("new", rows.new)):
        orders = (model.order(rows, p, scope), by_frequency(rows, crowd), by_popularity(rows, crowd))
        for name, metric in METRICS.items():
            for ranker, order in zip(RANKERS, orders, strict=True):
                found[f"{scope}__{name}__{ranker}"] = metric(order, relevant, among)
        found[f"{scope}__bought"] = (relevant & among).sum(axis=1).astype(np.float64)
        found[f"{scope}__expected"] = np.where(among, p, 0.0).sum(axis=1)
    return found


def judge(table: pa.Table, settings: EvaluationSettings, phases: Sequence[str]) -> dict[str, Any]:
    """Sum up, with intervals by customers.

    Parameters
    ----------
    table : pyarrow.Table
        As ``out_of_time`` gives it.
    settings : EvaluationSettings
        Resamples, confidence, smallest cell, seed.
    phases : sequence of str
        In journey order.

    Returns
    -------
    dict
        ``all`` and one entry per phase with rows: ``rows``, ``customers``, and per scope (``all``, ``new``) ``judged``
        (rows that bought something of it), ``bought`` and ``expected`` categories per row, and per metric the value of
        each ranker with ``gain`` (model less own frequency), ``gain_low`` and ``gain_high``; intervals are null in a
        cell of fewer than ``min_cell`` judged rows.
    """
    if not len(table):
        return {}
    customers, phase = table["customer_id"].to_numpy(), np.asarray(table["phase"].to_pylist(), dtype=object)
    drawn = CustomerBootstrap.draw(customers, settings.resamples, settings.seed)
    cells = {"all": np.ones(len(table), dtype=np.bool_)} | {name: phase == name for name in phases}
    found: dict[str, Any] = {}
    for name, mask in cells.items():
        if mask.any():
            rows = {"rows": int(mask.sum()), "customers": len(np.unique(customers[mask]))}
            found[name] = rows | {
                scope: _scope(table, scope, np.flatnonzero(mask), drawn, settings) for scope in SCOPES
            }
    return found


def _scope(
    table: pa.Table, scope: str, rows: npt.NDArray[np.int64], drawn: CustomerBootstrap,
    settings: EvaluationSettings,
) -> dict[str, Any]:  # fmt: skip
    bought, expected = (table[f"{scope}__{what}"].to_numpy()[rows] for what in ("bought", "expected"))
    some = rows[bought > 0]
    found: dict[str, Any] = {
        "judged": len(some), "bought": float(bought.mean()), "expected": float(expected.mean()),
    }  # fmt: skip
    for name in METRICS if len(some) else ():
        values = {ranker: table[f"{scope}__{name}__{ranker}"].to_numpy()[some] for ranker in RANKERS}
        gain = values["model"] - values["own_frequency"]
        low, high = _interval(gain, some, drawn, settings)
        found[name] = {
            **{ranker: float(one.mean()) for ranker, one in values.items()},
            "gain": float(gain.mean()), "gain_low": low, "gain_high": high,
        }  # fmt: skip
    return found


def _interval(
    gain: Floats, rows: npt.NDArray[np.int64], drawn: CustomerBootstrap, settings: EvaluationSettings
) -> tuple[float | None, float | None]:
    if len(rows) < settings.min_cell:
        return None, None
    parts = []
    for weights in drawn.blocks(rows):
        total = np.einsum("ij->i", weights)
        parts.append(np.einsum("ij,j->i", weights, gain) / np.where(total > 0, total, np.nan))
    low, high = interval(float(gain.mean()), np.concatenate(parts), settings.confidence)
    return (None, None) if np.isnan(low) else (low, high)
