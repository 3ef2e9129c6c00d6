"""What the predicted value is held against: four simple ways to say how much money a customer will bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from features.contract import DAY_US
from features.settings import LabelContract
from models.baselines._base import RFM, missing, newest, rfm
from models.panel import Panel
from models.value.deviance import Floats
from models.value.estimators._base import MoneyRows, net_share, picked
from models.value.estimators.means import Means
from models.value.settings import ValueSettings

#: A fitted baseline: a panel to money per row.
Predicts = Callable[[Panel], Floats]
SPEND, PER_DAY, RETURNED = "monetary__spend__", "monetary__spend_per_day", "monetary__returned_share"
KNOWN = "tenure__known_days"
#: The baseline of the grade.
RETENTION = "spend_x_retention"


def phase_mean(known: Panel, contract: LabelContract) -> Predicts:
    """Give everybody the mean money of their phase."""
    rows = MoneyRows(known.x, known.y.astype(np.float64), known.columns)
    found, kept = Means().fit(rows, {}, ValueSettings()), net_share(rows.y)
    return lambda panel: kept * found.predict(picked(panel.x, panel.columns, found.columns))


def nothing_changes(known: Panel, contract: LabelContract) -> Predicts | str:
    """Let everybody go on as before: net spend per day since the first order, times the horizon."""
    if PER_DAY not in known.columns:
        return f"it needs column {PER_DAY!r}"

    def predicts(panel: Panel) -> Floats:
        per_day = panel.column(PER_DAY).astype(np.float64)
        kept = 1.0 - panel.column(RETURNED).astype(np.float64) if RETURNED in panel.columns else 1.0
        return np.maximum(per_day * kept, 0.0) * contract.horizon_days

    return predicts


def spend_x_retention(known: Panel, contract: LabelContract) -> Predicts | str:
    """Multiply the mean spend per month in the active window, the months of the horizon, and the retention.

    The window is the shortest of the feature table that holds the horizon and the days in which a customer counts as
    active (ever: the longest), as far as the log reaches back. The retention is one number for everybody: the share of
    those with spend in the window who brought money in the horizon, at the newest cutoff known.

    References
    ----------
    Microsoft, Dynamics 365 Customer Insights, Predict customer lifetime value (CLV): the baseline model.
    """
    windows = sorted(
        int(name.removeprefix(SPEND).removesuffix("d")) for name in known.columns if name.startswith(SPEND)
    )
    if not windows:
        return f"it needs a column {SPEND + '<days>d'!r}"
    active = windows[-1] if contract.active_days is None else contract.active_days
    wide = [days for days in windows if days >= max(active, contract.horizon_days)]
    window = wide[0] if wide else windows[-1]
    column = f"{SPEND}{window}d"
    seen = newest(known)
    before = seen.column(column) > 0 if len(seen) else np.zeros(0, dtype=np.bool_)
    retention = float((seen.y[before] > 0).mean()) if before.any() else 0.0
    begins_us = _log_begins_us(known)

    def predicts(panel: Panel) -> Floats:
        reach = np.clip((panel.cutoff_us - begins_us) / DAY_US, 1.0, window)
        spend = np.maximum(panel.column(column).astype(np.float64), 0.0)
        return np.asarray(spend / reach * contract.horizon_days * retention, dtype=np.float64)

    return predicts


def rfm_linear(known: Panel, contract: LabelContract) -> Predicts | str:
    """Regress the money on log recency, log frequency and log order value, at the newest cutoff known."""
    orders = contract.model_copy(update={"active_event": "purchase"})
    absent = missing(known, orders, RFM)
    if absent:
        return f"it needs {absent}"
    from threadpoolctl import threadpool_limits

    seen = newest(known)
    logs = rfm(seen, orders)
    design = np.column_stack([np.ones(len(logs)), logs])
    with threadpool_limits(1):
        w = np.linalg.lstsq(design, seen.y.astype(np.float64), rcond=1e-8)[0] if len(logs) else np.zeros(4)
    return lambda panel: np.maximum(w[0] + (rfm(panel, orders) * w[1:]).sum(axis=1), 0.0)


BASELINES: Mapping[str, Callable[[Panel, LabelContract], Predicts | str]] = {
    "phase_mean": phase_mean,
    "nothing_changes": nothing_changes,
    RETENTION: spend_x_retention,
    "rfm_linear": rfm_linear,
}


def fitted(known: Panel, contract: LabelContract) -> dict[str, Predicts]:
    """Fit every baseline whose columns are there on labelled rows.

    Parameters
    ----------
    known : Panel
        Rows whose label had matured.
    contract : LabelContract
        Gives the horizon (days) and who counts as active.
    """
    found = {name: fit(known, contract) for name, fit in BASELINES.items()}
    return {name: one for name, one in found.items() if not isinstance(one, str)}


def left_out(panel: Panel, contract: LabelContract) -> dict[str, str]:
    """Say of each baseline that cannot be fitted why not: a missing family must not stop training."""
    found = {name: fit(panel, contract) for name, fit in BASELINES.items()}
    return {name: one for name, one in found.items() if isinstance(one, str)}


def _log_begins_us(known: Panel) -> float:
    """Tell when the log begins, as far as the rows show: the customer known for longest."""
    if KNOWN not in known.columns or not len(known):
        return -np.inf
    return float((known.cutoff_us - known.column(KNOWN).astype(np.float64) * DAY_US).min())
