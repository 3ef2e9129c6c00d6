"""Drift of the base rate: how often it happened in what was learnt from, and how often at the test cutoffs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.contract import DAY_US
from models.panel import Panel

ALL = "all"


def known_rates(known: Panel) -> dict[str, dict[str, float | int]]:
    """Count what there was to learn from, per phase.

    Parameters
    ----------
    known : Panel
        The rows learnt from: labels that had matured, 0 or 1.

    Returns
    -------
    dict
        ``all`` and each phase with a row: ``rate`` over all rows, ``customers``, and of the newest cutoff
        ``newest_rate`` and ``newest_customers`` (None and 0 where the phase has no row at that cutoff).
    """
    newest = known.cutoff_us == known.cutoff_us.max() if len(known) else np.zeros(0, dtype=np.bool_)
    found: dict[str, dict[str, Any]] = {}
    for key in (ALL, *known.phases):
        inside = np.ones(len(known), dtype=np.bool_) if key == ALL else known.in_phase(key)
        if not inside.any():
            continue
        y, y_newest = known.y[inside], known.y[inside & newest]
        found[key] = {
            "rate": float(y.mean(dtype=np.float64)),
            "customers": len(np.unique(known.customer_id[inside])),
            "newest_rate": float(y_newest.mean(dtype=np.float64)) if len(y_newest) else None,
            "newest_customers": len(y_newest),
        }
    return found


def rates_at(tested: Sequence[Mapping[str, Any]]) -> dict[int, Mapping[str, Mapping[str, Any]]]:
    """Give the rates that were known at each test cutoff from the note of `models.learnt`.

    Examples
    --------
    >>> rates_at([{"cutoff_us": 7, "rates": {"all": {"rate": 0.2}}}, {"cutoff_us": 9}])
    {7: {'all': {'rate': 0.2}}, 9: {}}
    """
    return {int(one["cutoff_us"]): one.get("rates", {}) for one in tested}


def base_rate_drift(
    predictions: pd.DataFrame,
    known_at: Mapping[int, Mapping[str, Mapping[str, Any]]],
    confidence: float = 0.95,
    phase_keys: Sequence[str] = (),
) -> dict[str, list[dict[str, Any]]]:
    """Compare the base rate at each test cutoff with what was known then, and with what the model expected.

    Parameters
    ----------
    predictions : DataFrame
        One row per customer and test cutoff: ``cutoff_us``, ``phase``, ``y``, ``p``.
    known_at : mapping
        Test cutoff (microseconds) to the outcome of `known_rates` for the rows learnt from.
    confidence : float
        Of the intervals.
    phase_keys : sequence of str
        Phases in journey order.

    Returns
    -------
    dict
        ``all`` and each phase to one entry per test cutoff with rows, oldest first: ``cutoff`` (date), ``n``,
        ``known_rate`` (all rows learnt from), ``newest_rate`` (their newest cutoff), ``rate`` (what happened),
        ``expected`` (mean probability), ``drift`` (``rate`` - ``newest_rate``, or ``known_rate`` where the phase
        had no row there) with ``low`` and ``high``, ``moved`` (the interval leaves out 0), and ``gap``
        (``expected`` - ``rate``): where the rate moved, the calibration error cannot be small. What is not known
        is None. The interval takes the two groups of customers as independent: where they are the same people
        it is too wide, never too narrow.
    """
    phase = predictions["phase"].astype(str).to_numpy()
    cutoffs = predictions["cutoff_us"].to_numpy(dtype=np.int64)
    y, p = (predictions[name].to_numpy(dtype=np.float64) for name in ("y", "p"))
    present = [key for key in phase_keys if (phase == key).any()]
    present += sorted(set(phase) - set(present))
    found: dict[str, list[dict[str, Any]]] = {}
    for key in (ALL, *present):
        entries = []
        for cutoff in np.unique(cutoffs).tolist():
            inside = (cutoffs == cutoff) & ((phase == key) | (key == ALL))
            if inside.any():
                known = known_at.get(cutoff, {}).get(key, {})
                entries.append(_entry(cutoff, y[inside], p[inside], known, confidence))
        found[key] = entries
    return found


def _entry(
    cutoff_us: int,
    y: NDArray[np.float64],
    p: NDArray[np.float64],
    known: Mapping[str, Any],
    confidence: float,
) -> dict[str, Any]:
    # Summed in one order, whatever the order of the table.
    rate, expected = float(np.sort(y).mean()), float(np.sort(p).mean())
    before, customers = known.get("newest_rate"), int(known.get("newest_customers", 0))
    if before is None:
        before, customers = known.get("rate"), int(known.get("customers", 0))
    entry: dict[str, Any] = {
        "cutoff": str(np.datetime64(cutoff_us // DAY_US, "D")), "n": len(y), "known_rate": known.get("rate"),
        "newest_rate": known.get("newest_rate"), "rate": rate, "expected": expected, "gap": expected - rate,
        "drift": None, "low": None, "high": None, "moved": None,
    }  # fmt: skip
    if before is None:
        return entry
    low, high = _between(float(before), customers, rate, len(y), confidence)
    return entry | {"drift": rate - before, "low": low, "high": high, "moved": low > 0 or high < 0}


def _between(
    before: float, n_before: int, after: float, n_after: int, confidence: float
) -> tuple[float, float]:
    """Give the interval of ``after - before``, two shares (Newcombe's hybrid of two Wilson intervals)."""
    low_1, high_1 = _wilson(before, n_before, confidence)
    low_2, high_2 = _wilson(after, n_after, confidence)
    difference = after - before
    return (
        difference - math.hypot(after - low_2, high_1 - before),
        difference + math.hypot(high_2 - after, before - low_1),
    )


def _wilson(rate: float, n: int, confidence: float) -> tuple[float, float]:
    from scipy.special import ndtri

    z = float(ndtri((1 + confidence) / 2))
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return max(middle - half, 0.0), min(middle + half, 1.0)
