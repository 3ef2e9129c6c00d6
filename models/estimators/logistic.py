"""Regularised logistic regression on signed-log, standardised features."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.estimators._base import Floats, Rows, Tuned, log_losses, logit, sigmoid, smoothed_rate, varying
from models.json_files import read_json, write_json
from models.settings import TrainSettings
from models.signed_log import SignedLogScale, weighted_sums

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

#: Rows are standardised this many at a time: few enough to stay in the cache of a processor.
BATCH = 1024


@dataclass(frozen=True)
class FittedLogistic:
    """Coefficients on signed-log features, standardised and held within the range learnt."""

    columns: tuple[str, ...]
    scale: SignedLogScale
    coefficients: Floats
    intercept: float

    def predict(self, x: npt.NDArray[np.float32]) -> Floats:
        """Give the probability of label 1 per row of ``x`` (n, len(columns))."""
        total = np.full(len(x), self.intercept)
        if self.columns:
            for start in range(0, len(x), BATCH):
                z = self.scale.apply(_complete(x[start : start + BATCH]))
                total[start : start + BATCH] += weighted_sums(z, self.coefficients[None, :])[:, 0]
        return sigmoid(total)

    def contributions(self, x: npt.NDArray[np.float32]) -> tuple[Floats, float]:
        """Give coefficient times standardised value per column, and the intercept."""
        if not self.columns:
            return np.zeros((len(x), 0)), self.intercept
        parts = self.scale.apply(_complete(x)) * self.coefficients
        return parts, self.intercept

    def to_files(self, folder: Path) -> None:
        """Write ``logistic.json``."""
        content = {
            "columns": list(self.columns),
            "centre": self.scale.centre.tolist(),
            "spread": self.scale.spread.tolist(),
            "coefficients": self.coefficients.tolist(),
            "intercept": self.intercept,
        }
        write_json(folder / "logistic.json", content)


class Logistic:
    """Logistic regression whose penalty is chosen on later rows.

    ``penalties`` are prior precisions: ``penalty / 2 * |w|^2`` is added to the summed log loss.

    Examples
    --------
    >>> x = np.array([[0], [0], [9], [9]], np.float32)
    >>> rows = Rows(x, np.array([0, 0, 1, 1], np.float32), ("orders",))
    >>> fitted = Logistic().fit(rows, {"penalty": 1.0}, TrainSettings())
    >>> bool(fitted.predict(x)[3] > 0.7)
    True
    """

    simplicity = 1

    def tune(self, fit: Rows, valid: Rows, settings: TrainSettings) -> tuple[Tuned, Floats]:
        """Choose the penalty with the lowest log loss on ``valid``; the stronger one if equal."""
        prepared = _Prepared(fit)
        later = valid.x[:, prepared.keep]
        best: tuple[float, float, Floats] | None = None
        for penalty in sorted(settings.logistic.penalties, reverse=True):
            p = prepared.fit(penalty).predict(later)
            loss = float(log_losses(valid.y, p).mean())
            if best is None or loss < best[0]:
                best = (loss, penalty, p)
        assert best is not None
        return {"penalty": best[1], "loss": best[0]}, best[2]

    def defaults(self, settings: TrainSettings) -> Tuned:
        """Take the middle penalty."""
        penalties = sorted(settings.logistic.penalties)
        return {"penalty": penalties[len(penalties) // 2]}

    def fit(self, rows: Rows, tuned: Tuned, settings: TrainSettings) -> FittedLogistic:
        """Learn from all rows with the chosen penalty."""
        return _Prepared(rows).fit(tuned["penalty"])

    def from_files(self, folder: Path) -> FittedLogistic:
        """Load ``logistic.json``."""
        content = read_json(folder / "logistic.json")
        centre, spread, coefficients = (
            np.asarray(content[key], dtype=np.float64) for key in ("centre", "spread", "coefficients")
        )
        scale = SignedLogScale(centre, spread)
        return FittedLogistic(tuple(content["columns"]), scale, coefficients, float(content["intercept"]))


def _complete(x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Features have no missing values by contract; should one slip in, it counts as 0."""
    return np.nan_to_num(x, nan=0.0)


class _Prepared:
    """Training rows, standardised once for every penalty tried."""

    def __init__(self, rows: Rows) -> None:
        self.keep = varying(rows.x)
        x = _complete(rows.x[:, self.keep])
        self.scale = SignedLogScale.learn(x) if len(x) else SignedLogScale(np.zeros(0), np.zeros(0))
        live = self.scale.spread > 0
        self.scale = SignedLogScale(self.scale.centre[live], self.scale.spread[live])
        self.keep = self.keep[live]
        self.columns = tuple(rows.columns[j] for j in self.keep)
        self.learnable = rows.two_classes and bool(self.columns)
        self.z = self.scale.apply(x[:, live]) if self.learnable else np.zeros((0, 0))
        self.y = rows.y
        self._model: LogisticRegression | None = None

    def fit(self, penalty: float) -> FittedLogistic:
        if not self.learnable:
            intercept = float(logit(np.array([smoothed_rate(self.y)]))[0])
            return FittedLogistic(self.columns, self.scale, np.zeros(len(self.columns)), intercept)
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits

        # Newton steps reach the optimum itself, so the coefficients do not depend on where an approximate
        # solver happened to stop; rounding removes the last bits in which two machines may differ.
        # The next penalty starts from the answer to the one before: fewer steps to the same place.
        model = self._model or LogisticRegression(
            solver="newton-cholesky", tol=1e-8, max_iter=100, warm_start=True
        )
        self._model = model.set_params(C=1.0 / penalty)
        with threadpool_limits(1):
            model.fit(self.z, self.y > 0.5)
        coefficients = np.round(model.coef_[0].astype(np.float64), 10)
        return FittedLogistic(self.columns, self.scale, coefficients, round(float(model.intercept_[0]), 10))


ESTIMATOR = Logistic()
