"""Multinomial logistic regression of the exits on signed-log, standardised features."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from features.labels.exits import EXITS
from models.estimators._base import varying
from models.exits.probabilities import Floats, Ints, losses, softmax
from models.json_files import read_json, write_json
from models.settings import ExitSettings
from models.signed_log import SignedLogScale, weighted_sums

FILE = "logistic.json"
#: Rows are standardised this many at a time: few enough to stay in the cache of a processor.
BATCH = 1024
#: The log weight of an exit that was never seen.
NEVER = -12.0


@dataclass(frozen=True)
class FittedLogistic:
    """Coefficients per exit; ``intercepts`` (exits,), ``coefficients`` (exits, columns)."""

    columns: tuple[str, ...]
    scale: SignedLogScale
    coefficients: Floats
    intercepts: Floats

    def predict(self, x: npt.NDArray[np.float32]) -> Floats:
        """Give a probability per exit and row of ``x`` (n, len(columns))."""
        scores = np.tile(self.intercepts, (len(x), 1))
        for start in range(0, len(x) if self.columns else 0, BATCH):
            z = self.scale.apply(np.nan_to_num(x[start : start + BATCH], nan=0.0))
            scores[start : start + BATCH] += weighted_sums(z, self.coefficients)
        return softmax(scores)

    def to_files(self, folder: Path) -> None:
        """Write ``logistic.json``."""
        content = {
            "columns": list(self.columns), "centre": self.scale.centre.tolist(),
            "spread": self.scale.spread.tolist(), "coefficients": self.coefficients.tolist(),
            "intercepts": self.intercepts.tolist(),
        }  # fmt: skip
        write_json(folder / FILE, content)


class Prepared:
    """Training rows, standardised once for every penalty tried."""

    def __init__(self, x: npt.NDArray[np.float32], y: Ints, columns: tuple[str, ...]) -> None:
        keep = varying(x)
        known = np.nan_to_num(x[:, keep], nan=0.0)
        scale = SignedLogScale.learn(known)
        live = scale.spread > 0
        self.keep = keep[live]
        self.scale = SignedLogScale(scale.centre[live], scale.spread[live])
        self.columns = tuple(columns[j] for j in self.keep)
        self.z, self.y = self.scale.apply(known[:, live]), y

    def fit(self, penalty: float) -> FittedLogistic:
        """Fit with ``penalty / 2 * |w|^2`` added to the summed log loss."""
        counts = np.bincount(self.y, minlength=len(EXITS))
        seen = np.flatnonzero(counts)
        coefficients = np.zeros((len(EXITS), len(self.columns)))
        intercepts = np.where(counts > 0, np.log(np.maximum(counts, 1) / len(self.y)), NEVER)
        if len(seen) > 1 and self.columns:
            from sklearn.exceptions import ConvergenceWarning
            from sklearn.linear_model import LogisticRegression
            from threadpoolctl import threadpool_limits

            model = LogisticRegression(C=1.0 / penalty, tol=1e-3, max_iter=200)
            with threadpool_limits(1), warnings.catch_warnings():
                # Stopping a little early only shrinks a little more; what counts is judged on later rows.
                warnings.simplefilter("ignore", ConvergenceWarning)
                model.fit(self.z, self.y)
            # Of two classes scikit-learn gives one row: the log-odds of the second over the first.
            pair = len(seen) == 2
            found, shift = model.coef_, model.intercept_
            coefficients[seen] = np.vstack([np.zeros_like(found), found]) if pair else found
            intercepts[seen] = np.concatenate([[0.0], shift]) if pair else shift
        return FittedLogistic(self.columns, self.scale, coefficients.round(8), intercepts.round(8))


def tune(
    fit: Prepared, later: npt.NDArray[np.float32], y: Ints, settings: ExitSettings
) -> tuple[float, Floats]:
    """Choose the penalty with the lowest log loss on later rows; the stronger one if equal.

    Returns
    -------
    tuple of (float, float array of shape (n, exits))
        The penalty, and the probabilities of the later rows.
    """
    tried = []
    for penalty in sorted(settings.penalties, reverse=True):
        p = fit.fit(penalty).predict(later[:, fit.keep])
        tried.append((float(losses(p, y).mean()), penalty, p))
    best = min(range(len(tried)), key=lambda i: tried[i][0])
    return tried[best][1], tried[best][2]


def from_files(folder: Path) -> FittedLogistic:
    """Load ``logistic.json``."""
    content = read_json(folder / FILE)
    parts = {name: np.asarray(content[name], dtype=np.float64) for name in ("centre", "spread", "intercepts")}
    coefficients = np.asarray(content["coefficients"], dtype=np.float64).reshape(len(EXITS), -1)
    scale = SignedLogScale(parts["centre"], parts["spread"])
    return FittedLogistic(tuple(content["columns"]), scale, coefficients, parts["intercepts"])
