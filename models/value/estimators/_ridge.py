"""The money of who buys: ridge regression of its logarithm on signed-log features."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.estimators._base import Tuned, varying
from models.json_files import read_json, write_json
from models.signed_log import SignedLogScale, weighted_sums
from models.value.estimators._base import FittedConstant, Floats, MoneyRows
from models.value.exponential import exponential
from models.value.settings import ValueSettings

FILE = "ridge.json"
#: Rows are standardised this many at a time: few enough to stay in the cache of a processor.
BATCH = 1024


@dataclass(frozen=True)
class FittedRidge:
    """``factor * e**(intercept + z . coefficients)``, the power held within ``low`` and ``high``."""

    columns: tuple[str, ...]
    scale: SignedLogScale
    coefficients: Floats
    intercept: float
    low: float
    high: float
    factor: float

    def predict(self, x: npt.NDArray[np.float32]) -> Floats:
        """Give the expected money per row of ``x`` (n, len(columns))."""
        return self.factor * exponential(self.logs(x))

    def logs(self, x: npt.NDArray[np.float32]) -> Floats:
        """Give the predicted logarithm, held within what was seen: nothing is made of an odd customer."""
        total = np.full(len(x), self.intercept)
        for start in range(0, len(x), BATCH):
            z = self.scale.apply(np.nan_to_num(x[start : start + BATCH], nan=0.0))
            total[start : start + BATCH] += weighted_sums(z, self.coefficients[None, :])[:, 0]
        held: Floats = np.clip(total, self.low, self.high)
        return held

    def to_files(self, folder: Path) -> None:
        """Write ``ridge.json``."""
        content = {
            "columns": list(self.columns), "centre": self.scale.centre.tolist(),
            "spread": self.scale.spread.tolist(), "coefficients": self.coefficients.tolist(),
            "intercept": self.intercept, "low": self.low, "high": self.high, "factor": self.factor,
        }  # fmt: skip
        write_json(folder / FILE, content)


class Ridge:
    """Ridge regression whose penalty is chosen on later rows; ``penalty * |w|^2`` is added to the squares.

    The mean of money is not e to the mean of its logarithm: the factor makes the predictions of the rows learnt
    from add up to their money, as Duan's smearing does, without asking that the spread is the same everywhere.

    References
    ----------
    Duan (1983), Smearing estimate: a nonparametric retransformation method, JASA 78.

    Examples
    --------
    >>> rows = MoneyRows(np.array([[0], [0], [9], [9]], np.float32), np.array([1.0, 2.0, 5.0, 8.0]), ("orders",))
    >>> found = Ridge().fit(rows, {"amount_penalty": 1.0}, ValueSettings()).predict(rows.x)
    >>> bool(found[3] > 2 * found[0]), round(float(found.sum()), 6)
    (True, 16.0)
    """

    def tune(
        self, fit: MoneyRows, later: MoneyRows, settings: ValueSettings
    ) -> tuple[Tuned, FittedRidge | FittedConstant]:
        """Choose the penalty with the least squared error of the logarithm; the stronger one if equal."""
        if fit.constant or later.constant:
            return self.defaults(settings), self.fit(fit, self.defaults(settings), settings)
        prepared, best = _Prepared(fit), None
        if not prepared.columns:
            return self.defaults(settings), FittedConstant.of(fit, FILE)
        wanted = np.log(later.y)
        for penalty in sorted(settings.penalties, reverse=True):
            found = prepared.fit(penalty)
            away = found.logs(later.x[:, prepared.keep]) - wanted
            error = float((away * away).mean())
            if best is None or error < best[0]:
                best = (error, penalty, found)
        assert best is not None
        return {"amount_penalty": best[1]}, best[2]

    def defaults(self, settings: ValueSettings) -> Tuned:
        """Take the middle penalty."""
        return {"amount_penalty": sorted(settings.penalties)[len(settings.penalties) // 2]}

    def fit(self, rows: MoneyRows, tuned: Tuned, settings: ValueSettings) -> FittedRidge | FittedConstant:
        """Learn from all rows (each with money) with the chosen penalty."""
        if rows.constant:
            return FittedConstant.of(rows, FILE)
        prepared = _Prepared(rows)
        return prepared.fit(tuned["amount_penalty"]) if prepared.columns else FittedConstant.of(rows, FILE)

    def from_files(self, folder: Path) -> FittedRidge | FittedConstant:
        """Load ``ridge.json``."""
        content = read_json(folder / FILE)
        if "amount" in content:
            return FittedConstant(float(content["amount"]), FILE)
        arrays = {
            name: np.asarray(content[name], dtype=np.float64) for name in ("centre", "spread", "coefficients")
        }
        numbers = {name: float(content[name]) for name in ("intercept", "low", "high", "factor")}
        scale = SignedLogScale(arrays["centre"], arrays["spread"])
        return FittedRidge(tuple(content["columns"]), scale, arrays["coefficients"], **numbers)


class _Prepared:
    """Training rows, standardised once for every penalty tried."""

    def __init__(self, rows: MoneyRows) -> None:
        keep = varying(rows.x)
        known = np.nan_to_num(rows.x[:, keep], nan=0.0)
        scale = SignedLogScale.learn(known)
        live = scale.spread > 0
        self.keep = keep[live]
        self.scale = SignedLogScale(scale.centre[live], scale.spread[live])
        self.columns = tuple(rows.columns[j] for j in self.keep)
        self.x, self.y = rows.x[:, self.keep], rows.y
        self.z, self.logs = self.scale.apply(known[:, live]), np.log(rows.y)

    def fit(self, penalty: float) -> FittedRidge:
        from threadpoolctl import threadpool_limits

        centre, level = self.z.mean(axis=0), float(self.logs.mean())
        away = self.z - centre
        with threadpool_limits(1):
            squares = away.T @ away + penalty * np.eye(len(self.columns))
            # Rounding removes the last bits in which two machines may differ.
            w = np.linalg.solve(squares, away.T @ (self.logs - level)).round(10)
        intercept = round(level - float((centre * w).sum()), 10)
        ends = float(self.logs.min()), float(self.logs.max())
        plain = FittedRidge(self.columns, self.scale, w, intercept, *ends, 1.0)
        factor = float(self.y.sum() / plain.predict(self.x).sum())
        return FittedRidge(self.columns, self.scale, w, intercept, *ends, factor)
