"""What every baseline offers, and how it reads recency, frequency and value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from features.errors import InputError
from features.settings import LabelContract
from models.panel import Panel
from models.rfm import RFM_COLUMNS

Floats = npt.NDArray[np.float64]
Part = Literal["recency", "frequency", "value"]
RFM: tuple[Part, ...] = ("recency", "frequency", "value")


class FittedBaseline(Protocol):
    """Probability of label 1 per row of a panel."""

    def predict(self, panel: Panel) -> Floats:
        """Give the probability of label 1 per row; never NaN."""


class Baseline(Protocol):
    """One simple way to predict, without any choice to make. ``reads``: what it looks at."""

    reads: tuple[Part, ...]

    def fit(self, rows: Panel, contract: LabelContract) -> FittedBaseline:
        """Learn from labelled rows: at risk, matured, 0 or 1."""


def rfm(panel: Panel, contract: LabelContract, reads: Sequence[Part] = RFM) -> Floats:
    """Give recency, frequency and value, or some of them, each as log(1 + x), shape (n, len(reads)).

    Raises
    ------
    InputError
        If a column is missing because its feature family is switched off.
    """
    absent = missing(panel, contract, reads)
    if absent:
        raise InputError(f"the {contract.target} baselines need {absent}")
    columns = [panel.column(_find(panel, contract, part)) for part in reads]
    return np.log1p(np.maximum(np.column_stack(columns), 0.0), dtype=np.float64)


def missing(panel: Panel, contract: LabelContract, reads: Sequence[Part]) -> str:
    """Say which column of ``reads`` the feature table lacks, and which family would give it; empty if none."""
    for part in reads:
        if not _find(panel, contract, part):
            name = getattr(RFM_COLUMNS[contract.active_event], part).rstrip("_")
            family = name.split("__")[0]
            return f"column {name!r}, not in the feature table; add {family!r} to features.families in params.yaml"
    return ""


def newest(rows: Panel) -> Panel:
    """Keep the newest cutoff only."""
    return rows.take(np.asarray(rows.cutoff_us == rows.cutoff_us.max())) if len(rows) else rows


def _find(panel: Panel, contract: LabelContract, part: Part) -> str:
    """Name the column of a part, that of the longest window if there are more; empty if there is none."""
    name = getattr(RFM_COLUMNS[contract.active_event], part)
    fits = [column for column in panel.columns if column == name]
    if name.endswith("__"):
        fits = [column for column in panel.columns if column.startswith(name)]
    return max(fits, key=_window, default="")


def _window(column: str) -> int:
    return int("0" + "".join(filter(str.isdigit, column.rsplit("__", 1)[-1])))
