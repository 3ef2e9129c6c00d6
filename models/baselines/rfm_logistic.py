"""RFM + logistic: what a good analyst does in an hour; three variables, the newest matured cutoff."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.settings import LabelContract
from models.baselines._base import RFM, Floats, newest, rfm
from models.estimators._base import smoothed_rate
from models.panel import Panel


@dataclass(frozen=True)
class FittedRfmLogistic:
    """Three standardised logs and their coefficients."""

    contract: LabelContract
    centre: Floats
    spread: Floats
    coefficients: Floats
    intercept: float

    def predict(self, panel: Panel) -> Floats:
        """Give the probability of label 1 per row."""
        z = (rfm(panel, self.contract) - self.centre) / self.spread
        log_odds = self.intercept + (z * self.coefficients).sum(axis=1)
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * log_odds)), dtype=np.float64)


class RfmLogistic:
    """Logistic regression on log recency, log frequency and log value."""

    reads = RFM

    def fit(self, rows: Panel, contract: LabelContract) -> FittedRfmLogistic:
        """Learn from the newest cutoff only, as a one-off analysis would."""
        rows = newest(rows)
        rate = smoothed_rate(rows.y)
        nothing, one = np.zeros(3), np.ones(3)
        if not len(rows) or rows.y.min() == rows.y.max():
            return FittedRfmLogistic(contract, nothing, one, nothing, float(np.log(rate / (1 - rate))))
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits

        logs = rfm(rows, contract)
        centre, spread = logs.mean(axis=0), logs.std(axis=0)
        spread = np.where(spread > 1e-9, spread, 1.0)
        model = LogisticRegression(solver="newton-cholesky", tol=1e-8)
        with threadpool_limits(1):
            model.fit((logs - centre) / spread, rows.y > 0.5)
        coefficients = np.asarray(model.coef_[0], dtype=np.float64)
        return FittedRfmLogistic(contract, centre, spread, coefficients, float(model.intercept_[0]))


BASELINE = RfmLogistic()
