"""What every estimator of money offers, and the rows it learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from features.errors import InputError
from models.estimators._base import Rows, Tuned
from models.json_files import write_json
from models.value.settings import ValueSettings

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MoneyRows:
    """Labelled rows: ``x`` float32 (n, k), ``y`` (n,) net money in units of its mean, ``columns`` the k names."""

    x: npt.NDArray[np.float32]
    y: Floats
    columns: tuple[str, ...]

    @property
    def whether(self) -> Rows:
        """The same rows, asked whether there was any money."""
        return Rows(self.x, (self.y > 0).astype(np.float32), self.columns)

    @property
    def bought(self) -> MoneyRows:
        """The rows with money."""
        some = self.y > 0
        return MoneyRows(self.x[some], self.y[some], self.columns)

    @property
    def constant(self) -> bool:
        """Whether there is nothing to tell apart."""
        return not len(self.y) or bool(self.y.min() == self.y.max())


class FittedMoney(Protocol):
    """A fitted estimator: total, independent of the batch, equal to the bit after saving and loading."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns it needs, in the order ``predict`` wants them."""

    def predict(self, x: npt.NDArray[np.float32]) -> Floats:
        """Give the expected money, 0 or more, per row of ``x`` (n, len(columns)); never NaN."""

    def to_files(self, folder: Path) -> None:
        """Write text files into an existing folder."""


class AmountEstimator(Protocol):
    """Money of whom it is asked about: of everybody, or of who bought at all."""

    def tune(self, fit: MoneyRows, later: MoneyRows, settings: ValueSettings) -> tuple[Tuned, FittedMoney]:
        """Choose on later rows what must be chosen; give it, and what was learnt from ``fit``."""

    def defaults(self, settings: ValueSettings) -> Tuned:
        """Give what is used when there are no later rows to choose on."""

    def fit(self, rows: MoneyRows, tuned: Tuned, settings: ValueSettings) -> FittedMoney:
        """Learn from all rows with what was chosen."""

    def from_files(self, folder: Path) -> FittedMoney:
        """Load what ``to_files`` wrote."""


class ValueEstimator(Protocol):
    """One way to predict the money of everybody. ``simplicity``: lower is simpler, and wins within noise."""

    simplicity: int

    def attempt(self, fit: MoneyRows, later: MoneyRows, settings: ValueSettings) -> tuple[Tuned, Floats]:
        """Choose on later rows what must be chosen; give it, and the money predicted for those rows."""

    def defaults(self, settings: ValueSettings) -> Tuned:
        """Give what is used when there are no later rows to choose on."""

    def fit(self, rows: MoneyRows, tuned: Tuned, settings: ValueSettings) -> FittedMoney:
        """Learn from all rows with what was chosen."""

    def from_files(self, folder: Path) -> FittedMoney:
        """Load what ``to_files`` wrote."""


@dataclass(frozen=True)
class FittedConstant:
    """One amount for everybody: what is left when nothing tells rows apart; ``file`` is where it is saved."""

    amount: float
    file: str
    columns: tuple[str, ...] = ()

    def predict(self, x: npt.NDArray[np.float32]) -> Floats:
        """Give the amount, once per row of ``x``."""
        return np.full(len(x), self.amount)

    def to_files(self, folder: Path) -> None:
        """Write the one file."""
        write_json(folder / self.file, {"amount": self.amount})

    @classmethod
    def of(cls, rows: MoneyRows, file: str) -> FittedConstant:
        """Take the mean, what is below zero counted as zero; without any row 0."""
        return cls(float(np.maximum(rows.y, 0.0).mean()) if len(rows.y) else 0.0, file)


def net_share(y: Floats) -> float:
    """Give net money / money above zero, within 0 and 1: what estimators that count no money below zero miss.

    Examples
    --------
    >>> net_share(np.array([4.0, 0.0, -1.0]))
    0.75
    """
    above = float(np.maximum(y, 0.0).sum())
    return min(max(float(y.sum()) / above, 0.0), 1.0) if above > 0 else 1.0


def picked(
    x: npt.NDArray[np.float32], columns: Sequence[str], wanted: Sequence[str]
) -> npt.NDArray[np.float32]:
    """Take some columns by name, in the order wanted.

    Raises
    ------
    InputError
        If one is missing.

    Examples
    --------
    >>> picked(np.array([[1, 2, 3]], np.float32), ("a", "b", "c"), ("c", "a")).tolist()
    [[3.0, 1.0]]
    """
    place = {name: j for j, name in enumerate(columns)}
    missing = [name for name in wanted if name not in place]
    if missing:
        raise InputError(
            f"the model of the value needs column {missing[0]!r} ({len(missing)} of {len(wanted)} are missing); use "
            "the features settings it was trained with, or train again: klantreis train value"
        )
    return np.take(x, [place[name] for name in wanted], axis=1)
