"""What every baseline offers, and how it reads recency, frequency and value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from features.errors import InputError
from features.settings import LabelContract, TargetEvent
from models.panel import Panel
from models.rfm import RFM_COLUMNS

Floats = npt.NDArray[np.float64]
Part = Literal["recency", "frequency", "value", "order_rate", "since_first_order", "since_last_order"]
RFM: tuple[Part, ...] = ("recency", "frequency", "value")
BUYING: tuple[Part, ...] = ("order_rate", "since_first_order", "since_last_order")
#: What is about orders whatever makes a customer active: order days per day, and days since an order.
ORDER_COLUMNS: dict[Part, str] = {
    "order_rate": "cadence__order_rate",
    "since_first_order": "tenure__customer_days",
    "since_last_order": "recency__order",
}
#: Columns that hold frequency and value once per window; beside recency, frequency and value themselves.
WINDOWS: dict[TargetEvent, tuple[str, ...]] = {
    "purchase": ("frequency__orders__", "monetary__spend__"),
    "behaviour": ("sessions__visits__", "frequency__active_days__"),
}


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


def order_columns(panel: Panel, contract: LabelContract) -> tuple[Floats, Floats, Floats]:
    """Give order days per day since the first order, and days since the first and the last order.

    Raises
    ------
    InputError
        If the target is not about purchases, or a column is missing because its family is switched off.
    """
    absent = missing(panel, contract, BUYING)
    if absent:
        raise InputError(f"the {contract.target} baselines need {absent}")
    rate, first, last = (panel.column(ORDER_COLUMNS[part]).astype(np.float64) for part in BUYING)
    return rate, first, last


def windows_of(panel: Panel, contract: LabelContract) -> tuple[str, ...]:
    """Name the columns of recency, frequency and value, and those of their windows, in the order of the panel.

    Raises
    ------
    InputError
        If recency, frequency or value is missing because its feature family is switched off.
    """
    absent = missing(panel, contract, RFM)
    if absent:
        raise InputError(f"the {contract.target} baselines need {absent}")
    three = {_find(panel, contract, part) for part in RFM}
    windows = WINDOWS[contract.active_event]
    return tuple(name for name in panel.columns if name in three or name.startswith(windows))


def missing(panel: Panel, contract: LabelContract, reads: Sequence[Part]) -> str:
    """Say what ``reads`` needs and is not there: a target about orders, a column of a family; empty if nothing."""
    for part in reads:
        if part in ORDER_COLUMNS and contract.event != "purchase":
            return f"a target about orders, and {contract.target}.event is {contract.event!r}"
        if not _find(panel, contract, part):
            name = _column(contract, part).rstrip("_")
            family = name.split("__")[0]
            return f"column {name!r}, not in the feature table; add {family!r} to features.families in params.yaml"
    return ""


def newest(rows: Panel) -> Panel:
    """Keep the newest cutoff only."""
    return rows.take(np.asarray(rows.cutoff_us == rows.cutoff_us.max())) if len(rows) else rows


def _find(panel: Panel, contract: LabelContract, part: Part) -> str:
    """Name the column of a part, that of the longest window if there are more; empty if there is none."""
    name = _column(contract, part)
    fits = [column for column in panel.columns if column == name]
    if name.endswith("__"):
        fits = [column for column in panel.columns if column.startswith(name)]
    return max(fits, key=_window, default="")


def _column(contract: LabelContract, part: Part) -> str:
    """Name the column of a part, or what it begins with."""
    if part in ORDER_COLUMNS:
        return ORDER_COLUMNS[part]
    name: str = getattr(RFM_COLUMNS[contract.active_event], part)
    return name


def _window(column: str) -> int:
    return int("0" + "".join(filter(str.isdigit, column.rsplit("__", 1)[-1])))
