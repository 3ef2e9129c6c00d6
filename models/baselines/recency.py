"""Recency: the longer ago, the more (or less) likely; a monotone curve over days since the last activity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.settings import LabelContract
from models.baselines._base import Floats, Part, newest, rfm
from models.estimators._base import smoothed_rate
from models.panel import Panel


@dataclass(frozen=True)
class FittedRecency:
    """A rising or falling curve, given by its corners."""

    contract: LabelContract
    log_days: Floats
    p: Floats

    def predict(self, panel: Panel) -> Floats:
        """Read the curve; beyond its ends it stays level."""
        log_days = rfm(panel, self.contract, ["recency"])[:, 0]
        return np.asarray(np.interp(log_days, self.log_days, self.p), dtype=np.float64)


class Recency:
    """Isotonic regression on recency, at the newest matured cutoff (older ones carry another season)."""

    reads: tuple[Part, ...] = ("recency",)

    def fit(self, rows: Panel, contract: LabelContract) -> FittedRecency:
        """Fit the curve; its direction follows the data."""
        rows = newest(rows)
        rate = smoothed_rate(rows.y)
        if not len(rows) or rows.y.min() == rows.y.max():
            return FittedRecency(contract, np.zeros(1), np.full(1, rate))
        from sklearn.isotonic import IsotonicRegression

        # The direction by covariance: scikit-learn's own choice warns when recency is equal for everybody.
        log_days = rfm(rows, contract, self.reads)[:, 0]
        rising = bool(np.sum((log_days - log_days.mean()) * (rows.y - rows.y.mean())) >= 0)
        curve = IsotonicRegression(increasing=rising, out_of_bounds="clip").fit(log_days, rows.y)
        edge = 1.0 / (len(rows) + 2.0)
        corners = np.asarray(curve.X_thresholds_, dtype=np.float64)
        return FittedRecency(
            contract, corners, np.clip(np.asarray(curve.y_thresholds_, dtype=np.float64), edge, 1 - edge)
        )


BASELINE = Recency()
