"""How often the next order came before, between and after its quantiles, honest about what is not yet seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.settings import LabelContract
from models.bootstrap import CustomerBootstrap, interval
from models.settings import EvaluationSettings
from models.timing.rows import Floats, Mask

#: Key in the report: column of the quantile, whether the share before it counts (else after), and what it should be.
SIDES = {
    "before_p10": ("next_order_p10", True, 0.1),
    "before_p50": ("next_order_p50", True, 0.5),
    "after_p90": ("next_order_p90", False, 0.1),
}


def covered(
    table: pd.DataFrame, contract: LabelContract, drawn: CustomerBootstrap, rows: npt.NDArray[np.int64],
    settings: EvaluationSettings,
) -> dict[str, Any]:  # fmt: skip
    """Count orders before p10 and p50 and after p90, each among customers of whom that was seen.

    A quantile is judged on the customers whose quantile lies within the days that the log covers: whoever has not
    ordered by then has not ordered before it, whatever comes later. A customer whose p90 lies beyond the longest
    horizon says nothing about p90. So no order that is still to come is guessed.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of ``out_of_time``.
    contract : LabelContract
        Gives gap and horizons (days).
    drawn : CustomerBootstrap
        Resamples of customers.
    rows : int array
        Places of the rows of ``table`` among those of ``drawn``.
    settings : EvaluationSettings
        Confidence, smallest cell.

    Returns
    -------
    dict
        ``before_p10``, ``before_p50``, ``after_p90``: ``share`` (and ``low``, ``high``), ``rows`` and the share that
        is ``wanted``. ``coverage``: 1 minus the shares before p10 and after p90, ``share`` null if fewer than
        ``min_cell`` rows speak of either. ``broken``: the orders before p10 or after p90 as a share of all p10 and
        p90 that were judged. ``inside``: share with an order between p10 and p90 that was seen, of everybody with a
        p10, and the share ``wanted`` of it (80 % where p90 lies within the horizon, less where it lies beyond).
    """
    days, observed = table["days"].to_numpy(), table["observed"].to_numpy()
    when = np.where(days < 0, np.inf, days)
    hits: dict[str, tuple[Mask, Mask]] = {}
    for name, (column, before, _) in SIDES.items():
        at = table[column].to_numpy()
        judged = ~np.isnan(at) & (at <= observed)
        hits[name] = (judged & ((when < at) if before else (when >= at)), judged)
    shares = {name: _share(*pair) for name, pair in hits.items()}
    resampled = _resampled(hits, drawn, rows)
    found: dict[str, Any] = {}
    for name, (_, _, wanted) in SIDES.items():
        number = int(hits[name][1].sum())
        found[name] = {"share": shares[name], "rows": number, "wanted": wanted}
        found[name] |= _ends(shares[name], resampled[name], number, settings)
    number = min(found["before_p10"]["rows"], found["after_p90"]["rows"])
    both = None
    if number >= settings.min_cell and shares["before_p10"] is not None and shares["after_p90"] is not None:
        both = 1.0 - shares["before_p10"] - shares["after_p90"]
    found["coverage"] = {"share": both, "rows": number, "wanted": 0.8} | _ends(
        both, 1.0 - resampled["before_p10"] - resampled["after_p90"], number, settings
    )
    p10, p90 = hits["before_p10"], hits["after_p90"]
    judged = int(p10[1].sum() + p90[1].sum())
    broken = float((p10[0].sum() + p90[0].sum()) / judged) if judged else None
    found["broken"] = {"share": broken, "rows": judged, "wanted": 0.1}
    return found | {"inside": _inside(table, contract, when, observed)}


def _inside(table: pd.DataFrame, contract: LabelContract, when: Floats, observed: Floats) -> dict[str, Any]:
    low, high = table["next_order_p10"].to_numpy(), table["next_order_p90"].to_numpy()
    names = [f"p_order_{days}d" for days in contract.horizons_days]
    chance = table[names].to_numpy()
    served = ~np.isnan(chance)
    longest = served.shape[1] - 1 - np.argmax(served[:, ::-1], axis=1)
    reach = np.asarray(contract.horizons_days)[longest] + contract.gap_days
    last = chance[np.arange(len(chance)), longest]
    judged = ~np.isnan(low) & served.any(axis=1) & (observed >= reach)
    seen = (when >= low) & (when < np.where(np.isnan(high), reach, high))
    wanted = np.where(np.isnan(high), last, 0.9) - 0.1
    return {
        "share": _share(seen & judged, judged), "rows": int(judged.sum()),
        "wanted": float(wanted[judged].mean()) if judged.any() else None,
    }  # fmt: skip


def _share(hit: Mask, judged: Mask) -> float | None:
    return float(hit.sum() / judged.sum()) if judged.any() else None


def _resampled(
    hits: dict[str, tuple[Mask, Mask]], drawn: CustomerBootstrap, rows: npt.NDArray[np.int64]
) -> dict[str, Floats]:
    columns = {name: np.column_stack(pair).astype(np.float64) for name, pair in hits.items()}
    parts: dict[str, list[Floats]] = {name: [] for name in hits}
    for weights in drawn.blocks(rows):
        for name, pair in columns.items():
            sums = np.einsum("ij,jk->ik", weights, pair)
            parts[name].append(sums[:, 0] / np.where(sums[:, 1] > 0, sums[:, 1], np.nan))
    return {name: np.concatenate(blocks) for name, blocks in parts.items()}


def _ends(
    share: float | None, resampled: Floats, rows: int, settings: EvaluationSettings
) -> dict[str, float | None]:
    """Give low and high; nothing in a cell of fewer than ``min_cell`` rows."""
    if share is None or rows < settings.min_cell:
        return {"low": None, "high": None}
    low, high = interval(share, resampled, settings.confidence)
    return {"low": None if np.isnan(low) else low, "high": None if np.isnan(high) else high}
