"""How much better one forecast is than another on the same rows, with an interval: customers are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.bootstrap import CustomerBootstrap, interval
from models.estimators._base import Floats, log_losses
from models.metrics import rank
from models.metrics.roc_auc import METRIC as ROC_AUC
from models.settings import EvaluationSettings


@dataclass(frozen=True)
class PairedJudge:
    """The same rows and the same resamples of their customers for every forecast.

    Parameters
    ----------
    y : float32 array, shape (n,)
        Labels, 0 or 1; one row per customer and cutoff.
    drawn : CustomerBootstrap
        Resamples of the customers.
    confidence : float
        Of the intervals.
    """

    y: npt.NDArray[np.float32]
    drawn: CustomerBootstrap
    confidence: float

    @classmethod
    def of(
        cls, y: npt.NDArray[np.float32], customer_id: npt.NDArray[np.int64], settings: EvaluationSettings
    ) -> PairedJudge:
        """Draw the resamples."""
        drawn = CustomerBootstrap.draw(customer_id, settings.resamples, settings.seed)
        return cls(y, drawn, settings.confidence)

    def log_loss(
        self, p: Floats, other: Floats | None = None, among: npt.NDArray[np.bool_] | None = None
    ) -> dict[str, float | None]:
        """Give ``value``, ``low`` and ``high`` of the mean log loss (nats), or of its difference from another.

        Parameters
        ----------
        p, other : float array, shape (n,)
            Probabilities; with ``other`` the log loss of ``p`` minus that of ``other``.
        among : bool array, shape (n,), optional
            Which rows count; left out: all.

        Examples
        --------
        >>> y = np.array([0, 1, 1], np.float32)
        >>> judge = PairedJudge.of(y, np.arange(3), EvaluationSettings())
        >>> judge.log_loss(np.full(3, 0.5), np.full(3, 0.5))["value"]
        0.0
        """
        losses = log_losses(self.y, p)
        return self.mean(losses if other is None else losses - log_losses(self.y, other), among)

    def mean(
        self, values: Floats, among: npt.NDArray[np.bool_] | None = None, error: float = 0.0
    ) -> dict[str, float | None]:
        """Give the mean of one number per row, with its interval; null where no row counts.

        ``error`` is the standard error of a second, independent chance (in learning), by which the interval widens.
        """
        rows = np.arange(len(values)) if among is None else np.flatnonzero(among)
        if not len(rows):
            return {"value": None, "low": None, "high": None}
        chosen = values[rows]
        resampled = []
        for weights in self.drawn.blocks(rows):
            total = weights.sum(axis=1)
            resampled.append(
                np.divide(
                    (weights * chosen).sum(axis=1), total, out=np.full(len(total), np.nan), where=total > 0
                )
            )
        return self._told(float(chosen.mean()), np.concatenate(resampled), error)

    def auc(self, p: Floats, other: Floats | None = None) -> dict[str, float | None]:
        """Give ``value``, ``low`` and ``high`` of the ROC AUC, or of its difference from another forecast."""
        if not ROC_AUC.defined(self.y.astype(np.float64)):
            return {"value": None, "low": None, "high": None}
        value, resampled = self._auc(p)
        if other is not None:
            second, more = self._auc(other)
            value, resampled = value - second, resampled - more
        return self._told(value, resampled)

    def _auc(self, p: Floats) -> tuple[float, Floats]:
        ranked = rank(self.y, p)
        return ROC_AUC.function(self.y.astype(np.float64), p), self.drawn.of([ROC_AUC], ranked)[ROC_AUC.name]

    def _told(self, value: float, resampled: Floats, error: float = 0.0) -> dict[str, float | None]:
        low, high = interval(value, resampled, self.confidence)
        if not np.isfinite(low) or not np.isfinite(high):
            return {"value": value, "low": None, "high": None}
        if error > 0:
            from scipy.special import ndtri

            # Independent chances: their variances add up.
            reach = float(ndtri((1 + self.confidence) / 2)) * error
            low, high = (
                value - float(np.hypot(value - low, reach)),
                value + float(np.hypot(high - value, reach)),
            )
        return {"value": value, "low": low, "high": high}
