"""What every estimator offers, and the rows it learns from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from models.settings import TrainSettings

Floats = npt.NDArray[np.float64]
Tuned = dict[str, float]


@dataclass(frozen=True)
class Rows:
    """Labelled rows: ``x`` float32 (n, k), ``y`` float32 (n,) of 0 and 1, ``columns`` the k names."""

    x: npt.NDArray[np.float32]
    y: npt.NDArray[np.float32]
    columns: tuple[str, ...]

    @property
    def two_classes(self) -> bool:
        """Whether there is anything to tell apart."""
        return len(self.y) > 0 and bool(self.y.min() < self.y.max())


class Fitted(Protocol):
    """A fitted estimator: total, independent of the batch, equal to the bit after saving and loading."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns it needs, in the order ``predict`` wants them."""

    def predict(self, x: npt.NDArray[np.float32]) -> Floats:
        """Give the probability of label 1 per row of ``x`` (n, len(columns)); never NaN."""

    def contributions(self, x: npt.NDArray[np.float32]) -> tuple[Floats, float]:
        """Split the log-odds per row: one part per column (n, len(columns)), and what is the same for all."""

    def to_files(self, folder: Path) -> None:
        """Write text files into an existing folder."""


class Estimator(Protocol):
    """One kind of model. ``simplicity``: lower is simpler, and wins within noise."""

    simplicity: int

    def tune(self, fit: Rows, valid: Rows, settings: TrainSettings) -> tuple[Tuned, Floats]:
        """Choose what must be chosen on later rows; give it and the probabilities of those rows."""

    def defaults(self, settings: TrainSettings) -> Tuned:
        """Give what is used when there are no later rows to choose on."""

    def fit(self, rows: Rows, tuned: Tuned, settings: TrainSettings) -> Fitted:
        """Learn from all rows with what was chosen."""

    def from_files(self, folder: Path) -> Fitted:
        """Load what ``to_files`` wrote."""


def varying(x: npt.NDArray[np.float32], among: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.intp]:
    """Find the columns that tell rows apart: at least two different finite values.

    Parameters
    ----------
    x : float32 array, shape (n, k)
        Training rows.
    among : bool array, shape (k,), optional
        Consider only these columns.

    Returns
    -------
    int array
        Positions, rising.

    Examples
    --------
    >>> varying(np.array([[1, 5, np.nan], [1, 6, 2]], dtype=np.float32)).tolist()
    [1]
    """
    usable = np.ones(x.shape[1], dtype=np.bool_) if among is None else among
    keep = [j for j in np.flatnonzero(usable) if _varies(x[:, j])]
    return np.asarray(keep, dtype=np.intp)


def _varies(values: npt.NDArray[np.float32]) -> bool:
    finite = values[np.isfinite(values)]
    return len(finite) > 0 and bool(finite.min() < finite.max())


def sigmoid(logit: Floats) -> Floats:
    """Turn log-odds into a probability, without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logit)), dtype=np.float64)


def logit(p: Floats) -> Floats:
    """Turn a probability, kept within 1e-9 of the edges, into log-odds."""
    inside = np.clip(p, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(inside / (1.0 - inside)), dtype=np.float64)


def log_losses(y: npt.NDArray[np.float32], p: Floats) -> Floats:
    """Give the log loss of each row, p kept within 1e-4 of the edges (the protocol of the benchmarks)."""
    inside = np.clip(p, 1e-4, 1 - 1e-4)
    return np.asarray(-np.where(y > 0.5, np.log(inside), np.log(1.0 - inside)), dtype=np.float64)


def smoothed_rate(y: npt.NDArray[np.float32]) -> float:
    """Give the share of label 1 with one row of either label added: never exactly 0 or 1; no row, one half.

    Examples
    --------
    >>> smoothed_rate(np.array([1, 0, 0], np.float32))
    0.4
    """
    return float((y.sum(dtype=np.float64) + 1.0) / (len(y) + 2.0))
