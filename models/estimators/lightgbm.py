"""Boosted trees (LightGBM), strongly regularised, number of rounds chosen on later rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.estimators._base import Floats, Rows, Tuned, log_losses, sigmoid, smoothed_rate, varying
from models.estimators.base_rate import FittedBaseRate
from models.json_files import read_json, write_json
from models.settings import TrainSettings

if TYPE_CHECKING:
    import lightgbm

#: More rows carry more rounds: the model refitted with the validation rows added gets this many times the
#: rounds that were best without them.
REFIT_ROUNDS = 1.1


@dataclass(frozen=True)
class FittedLightGBM:
    """Boosters that differ in seed only; their log-odds are averaged."""

    columns: tuple[str, ...]
    boosters: tuple[lightgbm.Booster, ...]
    texts: tuple[str, ...]
    num_threads: int = 1
    name: str = "lightgbm"

    def log_odds(self, x: npt.NDArray[np.float32]) -> Floats:
        """Give the log-odds per row of ``x`` (n, len(columns))."""
        total = np.zeros(len(x))
        for booster in self.boosters:
            # LightGBM's own column check cannot see names in a plain array; the width it does check.
            total += booster.predict(x, raw_score=True, num_threads=self.num_threads)
        return total / len(self.boosters)

    def predict(self, x: npt.NDArray[np.float32]) -> Floats:
        """Give the probability of label 1 per row of ``x`` (n, len(columns))."""
        return sigmoid(self.log_odds(x)) if len(x) else np.zeros(0)

    def contributions(self, x: npt.NDArray[np.float32]) -> tuple[Floats, float]:
        """Give the exact part of each column (TreeSHAP) and the average of the trees."""
        total = np.zeros((len(x), len(self.columns) + 1))
        for booster in self.boosters:
            total += booster.predict(x, pred_contrib=True, num_threads=self.num_threads)
        total /= len(self.boosters)
        return total[:, :-1], float(total[0, -1]) if len(x) else 0.0

    def to_files(self, folder: Path) -> None:
        """Write ``<name>_<n>.txt``, one per seed, and ``<name>.json``."""
        files = [f"{self.name}_{number}.txt" for number in range(len(self.texts))]
        for file, text in zip(files, self.texts, strict=True):
            (folder / file).write_text(text, encoding="utf-8")
        write_json(folder / f"{self.name}.json", {"boosters": files, "columns": list(self.columns)})


class LightGBM:
    """Gradient boosted trees with log loss.

    Parameters
    ----------
    name : str
        Under which it is saved: the name of the file in ``models/estimators``.
    special : mapping
        Parameters of LightGBM that make it another kind of trees.
    simplicity : int
        Lower is simpler.

    Examples
    --------
    >>> x = np.repeat(np.array([[0], [9]], np.float32), 200, axis=0)
    >>> rows = Rows(x, np.repeat([0, 1], 200).astype(np.float32), ("orders",))
    >>> fitted = LightGBM().fit(rows, {"rounds": 40}, TrainSettings(num_threads=1))
    >>> bool(fitted.predict(x)[-1] > 0.7)
    True

    References
    ----------
    Ke et al. (2017), LightGBM: a highly efficient gradient boosting decision tree, NeurIPS 30.
    """

    def __init__(
        self, name: str = "lightgbm", special: Mapping[str, Any] | None = None, simplicity: int = 2
    ) -> None:
        self.name, self.special, self.simplicity = name, dict(special or {}), simplicity

    def tune(self, fit: Rows, valid: Rows, settings: TrainSettings) -> tuple[Tuned, Floats]:
        """Choose the number of rounds with the lowest log loss on ``valid``."""
        keep = varying(fit.x)
        if not fit.two_classes or not len(keep):
            p = self.fit(fit, {"rounds": 1}, settings).predict(valid.x[:, keep[:0]])
            return {"rounds": 1, "loss": float(log_losses(valid.y, p).mean())}, p
        import lightgbm

        wanted = parameters(settings, settings.seed) | self.special
        columns = [fit.columns[j] for j in keep]
        data = lightgbm.Dataset(fit.x[:, keep], label=fit.y, params=wanted, feature_name=columns)
        later = lightgbm.Dataset(valid.x[:, keep], label=valid.y, reference=data, params=wanted)
        stop = lightgbm.early_stopping(settings.lightgbm.patience, verbose=False)
        booster = lightgbm.train(
            wanted, data, settings.lightgbm.max_rounds, valid_sets=[later], callbacks=[stop]
        )
        raw = booster.predict(
            valid.x[:, keep],
            raw_score=True,
            num_iteration=booster.best_iteration,
            num_threads=settings.num_threads,
        )
        p = sigmoid(np.asarray(raw, dtype=np.float64))
        return {"rounds": float(booster.best_iteration), "loss": float(log_losses(valid.y, p).mean())}, p

    def defaults(self, settings: TrainSettings) -> Tuned:
        """Take the number of rounds that suits a few thousand rows at this learning rate."""
        return {"rounds": float(max(1, round(5.0 / settings.lightgbm.learning_rate)))}

    def fit(self, rows: Rows, tuned: Tuned, settings: TrainSettings) -> FittedLightGBM | FittedBaseRate:
        """Learn from all rows; the rounds grow because there are more rows than there were to choose on."""
        keep = varying(rows.x)
        if not rows.two_classes or not len(keep):
            return self._constant(smoothed_rate(rows.y))
        import lightgbm

        columns = tuple(rows.columns[j] for j in keep)
        rounds = max(1, round(tuned["rounds"] * REFIT_ROUNDS))
        first = parameters(settings, settings.seed) | self.special
        data = lightgbm.Dataset(
            rows.x[:, keep], label=rows.y, params=first, feature_name=list(columns), free_raw_data=False
        )
        texts = []
        for number in range(settings.lightgbm.seeds):
            wanted = parameters(settings, settings.seed + number) | self.special
            booster = lightgbm.train(wanted, data, rounds)
            texts.append(trees_only(booster.model_to_string()))
        return self._load(columns, tuple(texts), settings.num_threads)

    def from_files(self, folder: Path) -> FittedLightGBM | FittedBaseRate:
        """Load what ``to_files`` wrote."""
        content = read_json(folder / f"{self.name}.json")
        if "rate" in content:
            return self._constant(float(content["rate"]))
        texts = tuple((folder / file).read_text(encoding="utf-8") for file in content["boosters"])
        return self._load(tuple(content["columns"]), texts)

    def _constant(self, rate: float) -> FittedBaseRate:
        """Give what is left when there is one class, or no column that varies."""
        return FittedBaseRate(rate, file=f"{self.name}.json")

    def _load(self, columns: tuple[str, ...], texts: tuple[str, ...], num_threads: int = 1) -> FittedLightGBM:
        import lightgbm

        # Predictions come from the text even right after fitting, so saving and loading cannot change a bit.
        boosters = tuple(lightgbm.Booster(model_str=text) for text in texts)
        return FittedLightGBM(columns, boosters, texts, num_threads, self.name)


def parameters(settings: TrainSettings, seed: int) -> dict[str, Any]:
    """Give the parameters of LightGBM: the settings, and what makes a run repeatable."""
    own = settings.lightgbm
    return {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": own.learning_rate,
        "num_leaves": own.num_leaves,
        "min_child_samples": own.min_child_samples,
        "feature_fraction": own.feature_fraction,
        "bagging_fraction": own.bagging_fraction,
        "bagging_freq": 1,
        "lambda_l2": own.lambda_l2,
        "max_bin": own.max_bin,
        "deterministic": True,
        # Row-wise gives the same bits and took 1.2 to 2 times as long (800 to 1,000,000 rows, 30 to 284 columns).
        "force_col_wise": True,
        # The histograms of a node are the same for one thread and for many, but two threads on a busy
        # two-core machine spin: always said, never left to OpenMP.
        "num_threads": settings.num_threads,
        "seed": seed,
        # The bins belong to the data, not to the repetition: one seed for all boosters of a model.
        "data_random_seed": settings.seed,
        "verbosity": -1,
    }


def trees_only(text: str) -> str:
    """Cut the training parameters (number of threads, paths): same trees, same bytes."""
    return text[: text.index("\nparameters:")] + "\n"


ESTIMATOR = LightGBM()
