"""Judge the timing out of time: each horizon against the base rate, and how often the quantiles were right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from features.cutoffs import train_cutoffs, validation_split
from features.errors import InputError
from features.settings import LabelContract
from models.bootstrap import CustomerBootstrap, interval
from models.estimators._base import log_losses
from models.metrics.ece import ece, noise_floor
from models.metrics.roc_auc import roc_auc
from models.selection import MIN_JUDGED
from models.settings import EvaluationSettings
from models.timing.bundle import TimingModel
from models.timing.coverage import covered
from models.timing.learning import learn_each, of_horizon
from models.timing.rows import Floats, Mask, TimingRows
from models.timing.settings import TimingSettings

#: Names of the quantiles, in files; their probabilities are ``shape.QUANTILES``.
NEXT_ORDER = ("next_order_p10", "next_order_p50", "next_order_p90")
#: A base rate per phase is drawn to that of all phases with the weight of ten rows.
PRIOR_ROWS = 10.0


def newest_test_cutoffs(
    rows: TimingRows, contract: LabelContract, number: int, include_dormant: bool = False
) -> list[int]:
    """Find the newest cutoffs at which the longest horizon that can be judged at all can be judged.

    Parameters
    ----------
    rows : TimingRows
        One row per customer and cutoff.
    contract : LabelContract
        Gives gap and horizons (days).
    number : int
        How many at most.
    include_dormant : bool
        Whether dormant customers are in the risk set.

    Returns
    -------
    list of int
        Microseconds, rising; empty if the log is too short for every horizon.
    """
    at_risk = rows.at_risk(include_dormant)
    for days in reversed(contract.horizons_days):
        known = np.unique(rows.panel.cutoff_us[at_risk & (rows.observed >= days)]).tolist()
        able = [cutoff for cutoff in known if _learnable(known, cutoff, of_horizon(contract, days))]
        if able:
            return able[-number:]
    return []


def _learnable(known: Sequence[int], at_us: int, contract: LabelContract) -> bool:
    try:
        validation_split(train_cutoffs(known, at_us, contract), contract)
    except InputError:
        return False
    return True


def out_of_time(
    rows: TimingRows, contract: LabelContract, settings: TimingSettings, journey: str, test_cutoffs: Sequence[int],
    learned_at: Mapping[int, tuple[TimingModel, object]] | None = None, include_dormant: bool = False,
) -> pa.Table:  # fmt: skip
    """Predict test cutoffs, each by what was known at that cutoff.

    Parameters
    ----------
    rows : TimingRows
        One row per customer and cutoff.
    contract : LabelContract
        Gives gap and horizons (days).
    settings : TimingSettings
        As shipped; nothing is tuned on the test cutoffs.
    journey : str
        Name of the phase model.
    test_cutoffs : sequence of int
        Microseconds (`newest_test_cutoffs`).
    learned_at : mapping of int to (TimingModel, record), optional
        What was learnt at the test cutoffs (`learn_each`), where it is at hand; else it is learnt here.
    include_dormant : bool
        Whether dormant customers are in the risk set.

    Returns
    -------
    pyarrow.Table
        One row per customer at risk and test cutoff: ``customer_id, cutoff_us, phase``; ``days`` (to the order from
        the cutoff; -1 none seen) and ``observed`` (days that the log covers); per horizon ``p_order_<h>d`` and
        ``base_<h>d`` (the rate of the phase as known then), NaN where the horizon was left out; the quantiles;
        ``p_left`` and ``left`` (1, 0) at the longest horizon; ``changed``: whether a probability had to be made to
        rise.
    """
    if learned_at is None:
        learned_at = learn_each(rows, contract, settings, test_cutoffs, journey, include_dormant)
    at_risk = rows.at_risk(include_dormant)
    nobody = np.zeros(len(rows), dtype=np.bool_)
    tables = [_table(rows.take(nobody), contract, {})]
    for cutoff in sorted(test_cutoffs):
        model, _ = learned_at[cutoff]
        own = rows.take(at_risk & (rows.panel.cutoff_us == cutoff))
        tables.append(_table(own, contract, _predicted(model, own, rows, at_risk, cutoff)))
    return pa.concat_tables(tables).combine_chunks()


def _predicted(
    model: TimingModel, own: TimingRows, rows: TimingRows, at_risk: Mask, cutoff_us: int
) -> dict[str, Floats]:
    contract = model.contract
    timing = model.predict(own.panel.x, own.panel.columns)
    found = {name: timing.quantiles[:, place] for place, name in enumerate(NEXT_ORDER)}
    found["changed"] = timing.changed.astype(np.float64)
    known = np.where(at_risk, rows.known_days(contract, cutoff_us), -1.0)
    for place, days in enumerate(model.horizons_days):
        found[f"p_order_{days}d"] = timing.ordered[:, place]
        mature = known >= days
        y, phase = rows.ordered(days)[mature], rows.panel.phase[mature].astype(np.int64)
        rate = (y.sum(dtype=np.float64) + 1.0) / (len(y) + 2.0)
        number = np.bincount(phase, minlength=len(own.panel.phases))
        orders = np.bincount(phase, weights=y, minlength=len(own.panel.phases))
        found[f"base_{days}d"] = ((orders + PRIOR_ROWS * rate) / (number + PRIOR_ROWS))[own.panel.phase]
    if model.horizons and model.left is not None:
        found["p_left"] = timing.left
        longest = model.horizons_days[-1]
        seen = own.observed >= longest
        found["left"] = np.where(seen, own.left_by(contract, longest), np.nan).astype(np.float64)
    return found


def _table(rows: TimingRows, contract: LabelContract, found: Mapping[str, Floats]) -> pa.Table:
    names = [f"{what}_{days}d" for days in contract.horizons_days for what in ("p_order", "base")]
    names += [*NEXT_ORDER, "p_left", "left", "changed"]
    unknown = np.full(len(rows), np.nan)
    phases = np.asarray(rows.panel.phases, dtype=object)[rows.panel.phase]
    return pa.table(
        {
            "customer_id": pa.array(rows.panel.customer_id, pa.int64()),
            "cutoff_us": pa.array(rows.panel.cutoff_us, pa.int64()),
            "phase": pa.array(phases, pa.string()),
            "days": pa.array(np.where(rows.days < 0, -1.0, rows.days + contract.gap_days)),
            "observed": pa.array(rows.observed + contract.gap_days),
            **{name: pa.array(found.get(name, unknown), pa.float64()) for name in names},
        }
    )


def judge(
    predictions: pa.Table, contract: LabelContract, settings: EvaluationSettings, phases: Sequence[str]
) -> dict[str, Any]:
    """Compare predictions with what happened.

    Parameters
    ----------
    predictions : pyarrow.Table
        As ``out_of_time`` gives them.
    contract : LabelContract
        Gives gap and horizons (days).
    settings : EvaluationSettings
        Resamples, confidence, smallest cell, seed.
    phases : sequence of str
        In journey order.

    Returns
    -------
    dict
        ``horizons`` (by days) and ``left``: a cell for ``all`` and each phase with rows. ``quantiles``: the same
        cells, see ``models.timing.coverage``. ``changed``: share of rows made to rise. Empty without any row.
    """
    table = predictions.to_pandas()
    if not len(table):
        return {}
    drawn = CustomerBootstrap.draw(table["customer_id"].to_numpy(), settings.resamples, settings.seed)
    cells = {"all": np.ones(len(table), dtype=np.bool_)}
    cells |= {phase: (table["phase"] == phase).to_numpy() for phase in phases}
    cells = {name: mask for name, mask in cells.items() if mask.any()}
    horizons: dict[str, Any] = {}
    for days in contract.horizons_days:
        p = table[f"p_order_{days}d"].to_numpy()
        judged = ~np.isnan(p) & (table["observed"].to_numpy() >= contract.gap_days + days)
        came = table["days"].to_numpy()
        y = ((came >= 0) & (came < contract.gap_days + days)).astype(np.float32)
        base = table[f"base_{days}d"].to_numpy()
        found = {name: _cell(y, p, base, mask & judged, drawn, settings) for name, mask in cells.items()}
        horizons[str(days)] = {name: cell for name, cell in found.items() if cell}
    p, y = table["p_left"].to_numpy(), table["left"].to_numpy().astype(np.float32)
    judged = ~np.isnan(p) & ~np.isnan(y) & (table["phase"] != "dormant").to_numpy()
    rate = np.full(len(p), float(y[judged].mean()) if judged.any() else np.nan)
    left = {name: _cell(y, p, rate, mask & judged, drawn, settings) for name, mask in cells.items()}
    return {
        "horizons": horizons, "left": {name: cell for name, cell in left.items() if cell},
        "quantiles": {name: covered(table[mask], contract, drawn, np.flatnonzero(mask), settings)
                      for name, mask in cells.items()},
        "changed": float(np.nanmean(table["changed"])) if table["changed"].notna().any() else 0.0,
    }  # fmt: skip


def _cell(
    y: np.ndarray[Any, np.dtype[np.float32]], p: Floats, base: Floats, mask: Mask, drawn: CustomerBootstrap,
    settings: EvaluationSettings,
) -> dict[str, Any]:  # fmt: skip
    """Judge the probabilities of the rows of ``mask``; nothing in a cell of fewer than 10 rows."""
    rows = np.flatnonzero(mask)
    if len(rows) < MIN_JUDGED:
        return {}
    y, p, base = y[rows], p[rows], base[rows]
    gain = log_losses(y, base) - log_losses(y, p)
    found = {
        "rows": len(rows), "observed": float(y.mean(dtype=np.float64)), "predicted": float(p.mean()),
        "roc_auc": float(roc_auc(y, p)) if y.min() < y.max() else None,
        "log_loss": float(log_losses(y, p).mean()), "base_log_loss": float(log_losses(y, base).mean()),
        "ece": float(ece(y, p)), "ece_above_noise": float(ece(y, p) - noise_floor(p)),
        "gain": float(gain.mean()), "gain_low": None, "gain_high": None,
    }  # fmt: skip
    if len(rows) >= settings.min_cell:
        means = np.concatenate([np.einsum("ij,j->i", w, gain) / np.maximum(w.sum(axis=1), 1.0)
                                for w in drawn.blocks(rows)])  # fmt: skip
        low, high = interval(float(gain.mean()), means, settings.confidence)
        found |= {"gain_low": low, "gain_high": high}
    return found
