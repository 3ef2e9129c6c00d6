"""The predicted value in the score file: one amount per customer, empty for dormant customers."""

from __future__ import annotations

from pathlib import Path

from models.panel import Panel
from models.value.bundle import load
from models.value.deviance import Floats

#: Folder of the model inside ``artifacts/value``.
MODEL = "model"


def predict(folder: Path, panel: Panel) -> Floats:
    """Predict the net money of every row within the horizon, by the saved model.

    Parameters
    ----------
    folder : Path
        ``artifacts/value``.
    panel : Panel
        One row per customer.

    Returns
    -------
    float array, shape (n,)
        ``predicted_value`` in the currency of the source: 0 or more; NaN for who is dormant, as ``p_ready`` is.

    Raises
    ------
    InputError
        If the model is not there, or needs a column that the panel lacks.
    """
    return load(folder / MODEL).predict(panel)


def model_files(folder: Path) -> list[Path]:
    """List the files in ``artifacts/value`` that decide what is predicted, sorted."""
    return sorted(path for path in (folder / MODEL).rglob("*") if path.is_file())
