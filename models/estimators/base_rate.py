"""The fallback: everybody gets the share of label 1 among the training rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.estimators._base import Floats, Rows, Tuned, log_losses, logit, smoothed_rate
from models.json_files import read_json, write_json
from models.settings import TrainSettings


@dataclass(frozen=True)
class FittedBaseRate:
    """One number for everybody; ``file`` is the name it is saved under."""

    rate: float
    columns: tuple[str, ...] = ()
    file: str = "base_rate.json"

    def predict(self, x: npt.NDArray[np.float32]) -> Floats:
        """Give the rate, once per row of ``x``."""
        return np.full(len(x), self.rate)

    def contributions(self, x: npt.NDArray[np.float32]) -> tuple[Floats, float]:
        """Give no part to any column."""
        return np.zeros((len(x), 0)), float(logit(np.array([self.rate]))[0])

    def to_files(self, folder: Path) -> None:
        """Write the one file."""
        write_json(folder / self.file, {"rate": self.rate})


class BaseRate:
    """Share of label 1, with one row of either label added so that it is never exactly 0 or 1.

    Examples
    --------
    >>> rows = Rows(np.zeros((3, 0), np.float32), np.array([1, 0, 0], np.float32), ())
    >>> BaseRate().fit(rows, {}, TrainSettings()).rate
    0.4
    """

    simplicity = 0

    def tune(self, fit: Rows, valid: Rows, settings: TrainSettings) -> tuple[Tuned, Floats]:
        """Choose nothing."""
        p = self.fit(fit, {}, settings).predict(valid.x)
        return {"loss": float(log_losses(valid.y, p).mean())}, p

    def defaults(self, settings: TrainSettings) -> Tuned:
        """Choose nothing."""
        return {}

    def fit(self, rows: Rows, tuned: Tuned, settings: TrainSettings) -> FittedBaseRate:
        """Count; without any row the rate is one half."""
        return FittedBaseRate(smoothed_rate(rows.y))

    def from_files(self, folder: Path) -> FittedBaseRate:
        """Load ``base_rate.json``."""
        return FittedBaseRate(float(read_json(folder / "base_rate.json")["rate"]))


ESTIMATOR = BaseRate()
