"""The fallback: everybody gets the mean money of their phase."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.estimators._base import Tuned
from models.json_files import read_json, write_json
from models.panel import PHASE_PREFIX
from models.value.estimators._base import Floats, MoneyRows, picked
from models.value.settings import ValueSettings

FILE = "means.json"
#: A phase with as many rows as this counts as much as all phases together.
PRIOR_ROWS = 20.0


@dataclass(frozen=True)
class FittedMeans:
    """One amount per phase; ``overall`` for who is in none."""

    columns: tuple[str, ...]
    amounts: Floats
    overall: float

    def predict(self, x: npt.NDArray[np.float32]) -> Floats:
        """Give the amount of the phase per row of ``x`` (n, phases), one of which is 1."""
        found = np.full(len(x), self.overall)
        for column, amount in enumerate(self.amounts):
            found[x[:, column] > 0.5] = amount
        return found

    def to_files(self, folder: Path) -> None:
        """Write ``means.json``."""
        content = {"columns": list(self.columns), "amounts": self.amounts.tolist(), "overall": self.overall}
        write_json(folder / FILE, content)


class Means:
    """Mean per phase, drawn to the mean of everybody where rows are few.

    Examples
    --------
    >>> rows = MoneyRows(np.zeros((2, 0), np.float32), np.array([1.0, 3.0]), ())
    >>> Means().fit(rows, {}, ValueSettings()).overall
    2.0
    """

    simplicity = 0

    def attempt(self, fit: MoneyRows, later: MoneyRows, settings: ValueSettings) -> tuple[Tuned, Floats]:
        """Choose nothing."""
        found = self.fit(fit, {}, settings)
        return {}, found.predict(picked(later.x, later.columns, found.columns))

    def defaults(self, settings: ValueSettings) -> Tuned:
        """Choose nothing."""
        return {}

    def fit(self, rows: MoneyRows, tuned: Tuned, settings: ValueSettings) -> FittedMeans:
        """Take means; without any row 0."""
        money = np.maximum(rows.y, 0.0)
        overall = float(money.mean()) if len(money) else 0.0
        places = [j for j, name in enumerate(rows.columns) if name.startswith(PHASE_PREFIX)]
        own = [rows.x[:, j] > 0.5 for j in places]
        amounts = [
            (float(money[mask].sum()) + PRIOR_ROWS * overall) / (int(mask.sum()) + PRIOR_ROWS) for mask in own
        ]
        return FittedMeans(tuple(rows.columns[j] for j in places), np.asarray(amounts), overall)

    def from_files(self, folder: Path) -> FittedMeans:
        """Load ``means.json``."""
        content = read_json(folder / FILE)
        amounts = np.asarray(content["amounts"], dtype=np.float64)
        return FittedMeans(tuple(content["columns"]), amounts, float(content["overall"]))


ESTIMATOR = Means()
