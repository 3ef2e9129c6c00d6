"""Judge the exits out of time: log loss against the shares of each phase, calibration per phase and exit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from features.labels.exits import EXITS, possible_exits
from features.settings import DORMANT, LabelContract
from models.backtesting import newest_test_cutoffs
from models.bootstrap import CustomerBootstrap, interval
from models.exits.bundle import ExitModel
from models.exits.learning import learn_each
from models.exits.probabilities import Floats, P, losses, shares, to_one
from models.learning import matured
from models.metrics.ece import ece
from models.panel import Panel
from models.settings import EvaluationSettings, ExitSettings

#: Columns of the shares of the phase as known then.
BASE = tuple(f"base_{name}" for name in EXITS)


def out_of_time(
    panel: Panel,
    contract: LabelContract,
    settings: ExitSettings,
    journey: str,
    test_cutoffs: int,
    learned_at: Mapping[int, tuple[ExitModel, object]] | None = None,
) -> pa.Table:
    """Predict the newest test cutoffs, each by what was known at that cutoff.

    Parameters
    ----------
    panel : Panel
        One row per customer and cutoff, of target ``exits``.
    contract : LabelContract
        Gives gap and horizon (days).
    settings : ExitSettings
        As shipped; nothing is tuned on the test cutoffs.
    journey : str
        Name of the phase model.
    test_cutoffs : int
        How many at most.
    learned_at : mapping of int to (ExitModel, record), optional
        What was learnt at the test cutoffs (`learn_each`), where it is at hand; else it is learnt here.

    Returns
    -------
    pyarrow.Table
        One row per customer in a phase and test cutoff: ``customer_id, cutoff_us, phase, y`` (the exit that
        happened, in words), ``p_<exit>`` and ``base_<exit>`` (the shares of the phase as known then).
    """
    tables = [_empty(panel)]
    cutoffs = newest_test_cutoffs(panel, contract, test_cutoffs)
    if learned_at is None:
        learned_at = learn_each(panel, contract, settings, cutoffs, journey)
    for cutoff in cutoffs:
        model, _ = learned_at[cutoff]
        known = panel.take(matured(panel, contract, cutoff))
        labelled = ~np.isnan(panel.y) & panel.population & ~panel.in_phase(DORMANT)
        rows = panel.take(labelled & (panel.cutoff_us == cutoff))
        base = shares(known.y.astype(np.int64), known.phase.astype(np.int64), len(panel.phases))[rows.phase]
        base = to_one(base, possible_exits(len(panel.phases) - 1)[rows.phase])
        tables.append(_table(rows, model.predict(rows.x, rows.columns, rows.phase), base))
    return pa.concat_tables(tables).combine_chunks()


def judge(predictions: pa.Table, settings: EvaluationSettings, phases: Sequence[str]) -> dict[str, Any]:
    """Compare predictions with what happened.

    Parameters
    ----------
    predictions : pyarrow.Table
        As ``out_of_time`` gives them.
    settings : EvaluationSettings
        Resamples, confidence, smallest cell, seed.
    phases : sequence of str
        In journey order, without ``dormant``.

    Returns
    -------
    dict
        ``all`` and one entry per phase with rows: ``rows``, ``customers``, ``log_loss``, ``base_log_loss`` (nats),
        ``gain`` (base minus model: above 0 the model is better) with ``gain_low`` and ``gain_high`` (customers
        drawn), and ``exits``: per exit ``observed`` and ``predicted`` share, their ``gap`` with ``gap_low`` and
        ``gap_high``, and ``ece``. Intervals are null in a cell of fewer than ``min_cell`` rows.
    """
    table = predictions.to_pandas()
    if not len(table):
        return {}
    drawn = CustomerBootstrap.draw(table["customer_id"].to_numpy(), settings.resamples, settings.seed)
    cells = {"all": np.ones(len(table), dtype=np.bool_)}
    cells |= {phase: (table["phase"] == phase).to_numpy() for phase in phases}
    return {name: _cell(table, mask, drawn, settings) for name, mask in cells.items() if mask.any()}


def _cell(
    table: pd.DataFrame, mask: npt.NDArray[np.bool_], drawn: CustomerBootstrap, settings: EvaluationSettings
) -> dict[str, Any]:
    rows = np.flatnonzero(mask)
    own = table.iloc[rows]
    y = pd.Index(EXITS).get_indexer(pd.Index(own["y"]))
    p, base = own[list(P)].to_numpy(), own[list(BASE)].to_numpy()
    happened = np.eye(len(EXITS))[y]
    gain = losses(base, y) - losses(p, y)
    # One column per number wanted: the gain, then the calibration gap of each exit.
    values = np.column_stack([gain, p - happened])
    means = values.mean(axis=0)
    low, high = _intervals(values, rows, means, drawn, settings)
    exits = {
        name: {
            "observed": float(happened[:, k].mean()), "predicted": float(p[:, k].mean()),
            "gap": float(means[k + 1]), "gap_low": low[k + 1], "gap_high": high[k + 1],
            "ece": float(ece(happened[:, k], p[:, k])),
        }
        for k, name in enumerate(EXITS)
    }  # fmt: skip
    return {
        "rows": len(rows), "customers": int(own["customer_id"].nunique()),
        "log_loss": float(losses(p, y).mean()), "base_log_loss": float(losses(base, y).mean()),
        "gain": float(means[0]), "gain_low": low[0], "gain_high": high[0], "exits": exits,
    }  # fmt: skip


def _intervals(
    values: Floats, rows: npt.NDArray[np.int64], means: Floats, drawn: CustomerBootstrap,
    settings: EvaluationSettings,
) -> tuple[list[float | None], list[float | None]]:  # fmt: skip
    """Give low and high of the mean of each column."""
    if len(rows) < settings.min_cell:
        nothing: list[float | None] = [None] * len(means)
        return nothing, nothing
    resampled = np.concatenate([_weighted_means(weights, values) for weights in drawn.blocks(rows)])
    pairs = [interval(means[k], resampled[:, k], settings.confidence) for k in range(len(means))]
    finite = [tuple(None if np.isnan(end) else end for end in pair) for pair in pairs]
    return [pair[0] for pair in finite], [pair[1] for pair in finite]


def _weighted_means(weights: Floats, values: Floats) -> Floats:
    total = np.einsum("ij->i", weights)[:, None]
    found: Floats = np.einsum("ij,jk->ik", weights, values) / np.where(total > 0, total, np.nan)
    return found


def _table(rows: Panel, p: Floats, base: Floats) -> pa.Table:
    columns: Mapping[str, pa.Array] = {
        "customer_id": pa.array(rows.customer_id, pa.int64()),
        "cutoff_us": pa.array(rows.cutoff_us, pa.int64()),
        "phase": pa.array(np.asarray(rows.phases, dtype=object)[rows.phase], pa.string()),
        "y": pa.array(np.asarray(EXITS, dtype=object)[rows.y.astype(np.int64)], pa.string()),
    }
    chances = {name: pa.array(p[:, k]) for k, name in enumerate(P)}
    known = {name: pa.array(base[:, k]) for k, name in enumerate(BASE)}
    return pa.table({**columns, **chances, **known})


def _empty(panel: Panel) -> pa.Table:
    nothing = np.zeros((0, len(EXITS)))
    return _table(panel.take(np.zeros(len(panel), dtype=np.bool_)), nothing, nothing)
