"""The exits in the score file: one probability per exit, empty for dormant customers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from features.settings import DORMANT
from models.exits.bundle import load
from models.exits.probabilities import Floats, P
from models.panel import Panel

#: The files in ``artifacts/exits`` that decide what is predicted.
FILES = ("lightgbm.json", "lightgbm.txt", "logistic.json", "model.json")


def exit_probabilities(panel: Panel, folder: Path) -> dict[str, Floats]:
    """Predict the exits of every row by the saved model.

    Parameters
    ----------
    panel : Panel
        One row per customer.
    folder : Path
        ``artifacts/exits``.

    Returns
    -------
    dict of str to float array, shape (n,)
        ``p_advance``, ``p_stall``, ``p_regress``, ``p_leave``: together exactly 1; NaN for who is dormant.
    """
    p = np.full((len(panel), len(P)), np.nan)
    inside = ~panel.in_phase(DORMANT)
    p[inside] = load(folder).predict(panel.x[inside], panel.columns, panel.phase[inside])
    return {name: p[:, k] for k, name in enumerate(P)}
