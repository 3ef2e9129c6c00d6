"""Boosted trees (LightGBM) with one output per exit, number of rounds chosen on later rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from features.labels.exits import EXITS
from models.estimators._base import varying
from models.estimators.lightgbm import REFIT_ROUNDS, parameters, trees_only
from models.exits.probabilities import Floats, Ints
from models.json_files import read_json, write_json
from models.settings import ExitSettings, TrainSettings

if TYPE_CHECKING:
    import lightgbm

TEXT, FILE = "lightgbm.txt", "lightgbm.json"


@dataclass(frozen=True)
class FittedTrees:
    """One booster; it is always the one read from its text, so saving and loading cannot change a bit."""

    columns: tuple[str, ...]
    text: str
    booster: lightgbm.Booster

    def predict(self, x: npt.NDArray[np.float32]) -> Floats:
        """Give a probability per exit and row of ``x`` (n, len(columns))."""
        if not len(x):
            return np.zeros((0, len(EXITS)))
        return np.asarray(self.booster.predict(x, num_threads=1), dtype=np.float64)

    def to_files(self, folder: Path) -> None:
        """Write ``lightgbm.txt`` and ``lightgbm.json``."""
        (folder / TEXT).write_text(self.text, encoding="utf-8")
        write_json(folder / FILE, {"columns": list(self.columns)})


def tune(
    x: npt.NDArray[np.float32], y: Ints, columns: tuple[str, ...], later: npt.NDArray[np.float32],
    later_y: Ints, settings: ExitSettings,
) -> tuple[float, Floats]:  # fmt: skip
    """Choose the number of rounds with the lowest log loss on later rows.

    Returns
    -------
    tuple of (float, float array of shape (n, exits))
        The rounds, and the probabilities of the later rows.
    """
    import lightgbm

    wanted, keep = _parameters(settings), varying(x)
    data = lightgbm.Dataset(x[:, keep], label=y, params=wanted, feature_name=[columns[j] for j in keep])
    valid = lightgbm.Dataset(later[:, keep], label=later_y, reference=data, params=wanted)
    stop = lightgbm.early_stopping(settings.lightgbm.patience, verbose=False)
    rounds = settings.lightgbm.max_rounds
    booster = lightgbm.train(wanted, data, rounds, valid_sets=[valid], callbacks=[stop])
    p = booster.predict(
        later[:, keep], num_iteration=booster.best_iteration, num_threads=settings.num_threads
    )
    return float(booster.best_iteration), np.asarray(p, dtype=np.float64)


def fit(
    x: npt.NDArray[np.float32], y: Ints, columns: tuple[str, ...], rounds: float, settings: ExitSettings
) -> FittedTrees:
    """Learn from all rows; the rounds grow because there are more rows than there were to choose on."""
    import lightgbm

    wanted, keep = _parameters(settings), varying(x)
    names = [columns[j] for j in keep]
    data = lightgbm.Dataset(x[:, keep], label=y, params=wanted, feature_name=names)
    booster = lightgbm.train(wanted, data, max(1, round(rounds * REFIT_ROUNDS)))
    return _load(tuple(names), trees_only(booster.model_to_string()))


def from_files(folder: Path) -> FittedTrees:
    """Load what ``to_files`` wrote."""
    columns = read_json(folder / FILE)["columns"]
    return _load(tuple(columns), (folder / TEXT).read_text(encoding="utf-8"))


def _load(columns: tuple[str, ...], text: str) -> FittedTrees:
    import lightgbm

    return FittedTrees(columns, text, lightgbm.Booster(model_str=text))


def _parameters(settings: ExitSettings) -> dict[str, Any]:
    as_training = TrainSettings(
        seed=settings.seed, num_threads=settings.num_threads, lightgbm=settings.lightgbm
    )
    classes = {"objective": "multiclass", "metric": "multi_logloss", "num_class": len(EXITS)}
    return parameters(as_training, settings.seed) | classes
