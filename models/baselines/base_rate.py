"""Base rate: everybody gets the share of label 1 at the newest matured cutoff."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.settings import LabelContract
from models.baselines._base import Floats, Part, newest
from models.estimators._base import smoothed_rate
from models.panel import Panel


@dataclass(frozen=True)
class FittedBaseRate:
    """One number for everybody."""

    rate: float

    def predict(self, panel: Panel) -> Floats:
        """Give the rate once per row."""
        return np.full(len(panel), self.rate)


class BaseRate:
    """The share of label 1; without any row one half."""

    reads: tuple[Part, ...] = ()

    def fit(self, rows: Panel, contract: LabelContract) -> FittedBaseRate:
        """Count the labels."""
        return FittedBaseRate(smoothed_rate(newest(rows).y))


BASELINE = BaseRate()
