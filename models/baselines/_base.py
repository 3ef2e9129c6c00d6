"""What every baseline offers, and the only place that names the columns baselines read."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from features.errors import InputError
from features.settings import LabelContract
from models.panel import Panel

Floats = npt.NDArray[np.float64]

#: Recency, frequency and value by the event that makes a customer active. A name that ends in ``__`` stands
#: for its longest window. For visitors the value is the mean number of events in a visit.
RFM_COLUMNS = {
    "purchase": ("recency__order", "frequency__orders", "monetary__order_value"),
    "behaviour": ("recency__behaviour", "sessions__visits__", "sessions__visit_depth"),
}


class FittedBaseline(Protocol):
    """Probability of label 1 per row of a panel."""

    def predict(self, panel: Panel) -> Floats:
        """Give the probability of label 1 per row; never NaN."""


class Baseline(Protocol):
    """One simple way to predict, without any choice to make."""

    def fit(self, rows: Panel, contract: LabelContract) -> FittedBaseline:
        """Learn from labelled rows: at risk, matured, 0 or 1."""


def rfm(panel: Panel, contract: LabelContract) -> Floats:
    """Give recency, frequency and value, each as log(1 + x), shape (n, 3).

    Raises
    ------
    InputError
        If a column is missing because its feature family is switched off.
    """
    columns = [_find(panel, name, contract) for name in RFM_COLUMNS[contract.active_event]]
    return np.log1p(
        np.maximum(np.column_stack([panel.column(name) for name in columns]), 0.0), dtype=np.float64
    )


def newest(rows: Panel) -> Panel:
    """Keep the newest cutoff only."""
    return rows.take(np.asarray(rows.cutoff_us == rows.cutoff_us.max())) if len(rows) else rows


def smoothed_rate(y: npt.NDArray[np.float32]) -> float:
    """Give the share of label 1 with one row of either label added: never exactly 0 or 1."""
    return float((y.sum(dtype=np.float64) + 1.0) / (len(y) + 2.0))


def _find(panel: Panel, name: str, contract: LabelContract) -> str:
    fits = [
        column
        for column in panel.columns
        if column == name or (name.endswith("__") and column.startswith(name))
    ]
    if not fits:
        raise InputError(
            f"the {contract.target} baselines need column {name.rstrip('_')!r}, not in the feature table; "
            f"add {name.split('__')[0]!r} to features.families in params.yaml"
        )
    return max(fits, key=lambda column: int("0" + "".join(filter(str.isdigit, column.rsplit("__", 1)[-1]))))
