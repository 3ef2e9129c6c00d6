"""The timing in the score file: probabilities per horizon, quantiles in days, and leaving."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from features.settings import DORMANT
from models.panel import Panel
from models.timing.bundle import load
from models.timing.judging import NEXT_ORDER
from models.timing.rows import Floats


def predict(folder: Path, panel: Panel) -> dict[str, Floats]:
    """Predict the time until the next order of every row by the saved model.

    Parameters
    ----------
    folder : Path
        ``artifacts/timing``.
    panel : Panel
        One row per customer.

    Returns
    -------
    dict of str to float array, shape (n,)
        ``p_order_<h>d`` per horizon, never falling with the horizon (NaN where the horizon is left out: too short a
        log, too few orders); ``next_order_p10``, ``next_order_p50``, ``next_order_p90`` (days from now; NaN: later
        than the longest horizon); ``p_left_<h>d`` at the longest horizon: dormant by then, without an order
        (``1 - p_order_<h>d - p_left_<h>d`` is still there, without an order). All NaN for who is dormant.
    """
    model = load(folder)
    horizons = model.contract.horizons_days
    names = [*(f"p_order_{days}d" for days in horizons), *NEXT_ORDER, f"p_left_{horizons[-1]}d"]
    found = {name: np.full(len(panel), np.nan) for name in names}
    awake = ~panel.in_phase(DORMANT)
    if not model.horizons or not awake.any():
        return found
    timing = model.predict(panel.x[awake], panel.columns)
    for place, days in enumerate(model.horizons_days):
        found[f"p_order_{days}d"][awake] = timing.ordered[:, place]
    for place, name in enumerate(NEXT_ORDER):
        found[name][awake] = timing.quantiles[:, place]
    if model.horizons_days[-1] == horizons[-1]:
        found[f"p_left_{horizons[-1]}d"][awake] = timing.left
    return found


def files(folder: Path) -> list[Path]:
    """List the files of ``artifacts/timing`` that decide what is predicted, in order."""
    return sorted(path for path in folder.rglob("*") if path.name in _FILES)


_FILES = ("model.json", "lightgbm.json", "lightgbm_0.txt", "logistic.json")
