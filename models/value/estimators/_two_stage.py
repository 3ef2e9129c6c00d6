"""Two stages: the chance of any money, times the money of who brings some."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.estimators._base import Estimator, Fitted, Tuned
from models.value.estimators._base import AmountEstimator, FittedMoney, Floats, MoneyRows, picked
from models.value.settings import ValueSettings

CHANCE, AMOUNT = "chance", "amount"


@dataclass(frozen=True)
class FittedTwoStage:
    """P(buys at all) x E[money | buys]."""

    chance: Fitted
    amount: FittedMoney

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column either stage needs."""
        return tuple(sorted({*self.chance.columns, *self.amount.columns}))

    def predict(self, x: npt.NDArray[np.float32]) -> Floats:
        """Give the expected money per row of ``x`` (n, len(columns))."""
        known = self.columns
        p = self.chance.predict(picked(x, known, self.chance.columns))
        return np.asarray(p * self.amount.predict(picked(x, known, self.amount.columns)), dtype=np.float64)

    def to_files(self, folder: Path) -> None:
        """Write a folder per stage."""
        for name, stage in ((CHANCE, self.chance), (AMOUNT, self.amount)):
            (folder / name).mkdir()
            stage.to_files(folder / name)


class TwoStage:
    """A probability model and a model of money, each tuned on its own rows.

    References
    ----------
    Cragg (1971), Some statistical models for limited dependent variables with application to the demand for
    durable goods, Econometrica 39 (two-part model).
    """

    def __init__(self, simplicity: int, chance: Estimator, amount: AmountEstimator) -> None:
        self.simplicity, self.chance, self.amount = simplicity, chance, amount

    def attempt(self, fit: MoneyRows, later: MoneyRows, settings: ValueSettings) -> tuple[Tuned, Floats]:
        """Choose for either stage on later rows; the second sees only who bought."""
        first, p = self.chance.tune(fit.whether, later.whether, settings.training)
        second, amount = self.amount.tune(fit.bought, later.bought, settings)
        money = amount.predict(picked(later.x, later.columns, amount.columns))
        return {f"chance_{key}": value for key, value in first.items()} | second, p * money

    def defaults(self, settings: ValueSettings) -> Tuned:
        """Give the defaults of either stage."""
        first = self.chance.defaults(settings.training)
        return {f"chance_{key}": value for key, value in first.items()} | self.amount.defaults(settings)

    def fit(self, rows: MoneyRows, tuned: Tuned, settings: ValueSettings) -> FittedTwoStage:
        """Learn either stage from all its rows."""
        first = {
            key.removeprefix("chance_"): value for key, value in tuned.items() if key.startswith("chance_")
        }
        chance = self.chance.fit(rows.whether, first, settings.training)
        return FittedTwoStage(chance, self.amount.fit(rows.bought, tuned, settings))

    def from_files(self, folder: Path) -> FittedTwoStage:
        """Load both stages."""
        return FittedTwoStage(
            self.chance.from_files(folder / CHANCE), self.amount.from_files(folder / AMOUNT)
        )
