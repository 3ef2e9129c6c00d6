"""Boosted trees (LightGBM) whose raw score is the logarithm of money."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from models.estimators._base import Tuned, varying
from models.estimators.lightgbm import REFIT_ROUNDS, parameters, trees_only
from models.json_files import read_json, write_json
from models.value.deviance import POWER
from models.value.estimators._base import FittedConstant, Floats, MoneyRows
from models.value.settings import ValueSettings

if TYPE_CHECKING:
    import lightgbm

TEXT, FILE = "lightgbm.txt", "lightgbm.json"


@dataclass(frozen=True)
class FittedBoosted:
    """One booster times a factor; it is always read from its text, so saving and loading cannot change a bit."""

    columns: tuple[str, ...]
    text: str
    booster: lightgbm.Booster
    factor: float

    def predict(self, x: npt.NDArray[np.float32]) -> Floats:
        """Give the expected money per row of ``x`` (n, len(columns))."""
        if not len(x):
            return np.zeros(0)
        return self.factor * np.asarray(self.booster.predict(x, num_threads=1), dtype=np.float64)

    def to_files(self, folder: Path) -> None:
        """Write ``lightgbm.txt`` and ``lightgbm.json``."""
        (folder / TEXT).write_text(self.text, encoding="utf-8")
        write_json(folder / FILE, {"columns": list(self.columns), "factor": self.factor})


class Boosted:
    """Trees with the deviance of a Tweedie (zeros allowed) or a gamma distribution (money above zero).

    Money below zero counts as zero here; what that leaves out is put right for everybody alike
    (``models.value.bundle.Mix``). Shrunken trees with a logarithmic link say too little on the whole: a factor makes
    the predictions of the rows learnt from add up to their money.

    Examples
    --------
    >>> x = np.repeat(np.array([[0], [9]], np.float32), 300, axis=0)
    >>> rows = MoneyRows(x, np.repeat([1.0, 5.0], 300), ("orders",))
    >>> found = Boosted("gamma").fit(rows, {"amount_rounds": 60}, ValueSettings()).predict(x)
    >>> bool(found[-1] > 3 * found[0])
    True

    References
    ----------
    Yang, Qian and Zou (2018), Insurance premium prediction via gradient tree-boosted Tweedie compound Poisson
    models, Journal of Business & Economic Statistics 36. Ke et al. (2017), LightGBM, NeurIPS 30. Denuit, Charpentier
    and Trufin (2021), Autocalibration and Tweedie-dominance for insurance pricing with machine learning, Insurance:
    Mathematics and Economics 101 (the factor).
    """

    def __init__(self, objective: Literal["tweedie", "gamma"]) -> None:
        self.objective = objective

    def tune(
        self, fit: MoneyRows, later: MoneyRows, settings: ValueSettings
    ) -> tuple[Tuned, FittedBoosted | FittedConstant]:
        """Choose the number of rounds with the lowest deviance on ``later``."""
        keep = varying(fit.x)
        if fit.constant or not len(keep) or not len(later.y):
            return self.defaults(settings), FittedConstant.of(fit, FILE)
        import lightgbm

        wanted = self._parameters(settings)
        names = [fit.columns[j] for j in keep]
        data = lightgbm.Dataset(fit.x[:, keep], label=_money(fit), params=wanted, feature_name=names)
        valid = lightgbm.Dataset(later.x[:, keep], label=_money(later), reference=data, params=wanted)
        stop = lightgbm.early_stopping(settings.lightgbm.patience, verbose=False)
        booster = lightgbm.train(
            wanted, data, settings.lightgbm.max_rounds, valid_sets=[valid], callbacks=[stop]
        )
        rounds = booster.best_iteration
        text = trees_only(booster.model_to_string(num_iteration=rounds))
        return {"amount_rounds": float(rounds)}, _balanced(tuple(names), text, fit.x[:, keep], fit)

    def defaults(self, settings: ValueSettings) -> Tuned:
        """Take the number of rounds that suits a few thousand rows at this learning rate."""
        return {"amount_rounds": float(max(1, round(5.0 / settings.lightgbm.learning_rate)))}

    def fit(self, rows: MoneyRows, tuned: Tuned, settings: ValueSettings) -> FittedBoosted | FittedConstant:
        """Learn from all rows; the rounds grow because there are more rows than there were to choose on."""
        keep = varying(rows.x)
        if rows.constant or not len(keep):
            return FittedConstant.of(rows, FILE)
        import lightgbm

        wanted, names = self._parameters(settings), [rows.columns[j] for j in keep]
        data = lightgbm.Dataset(rows.x[:, keep], label=_money(rows), params=wanted, feature_name=names)
        booster = lightgbm.train(wanted, data, max(1, round(tuned["amount_rounds"] * REFIT_ROUNDS)))
        return _balanced(tuple(names), trees_only(booster.model_to_string()), rows.x[:, keep], rows)

    def from_files(self, folder: Path) -> FittedBoosted | FittedConstant:
        """Load what ``to_files`` wrote."""
        content = read_json(folder / FILE)
        if "amount" in content:
            return FittedConstant(float(content["amount"]), FILE)
        text = (folder / TEXT).read_text(encoding="utf-8")
        return _load(tuple(content["columns"]), text, float(content["factor"]))

    def _parameters(self, settings: ValueSettings) -> dict[str, Any]:
        own: dict[str, Any] = {"objective": self.objective, "metric": self.objective}
        if self.objective == "tweedie":
            own["tweedie_variance_power"] = POWER
        return parameters(settings.training, settings.seed) | own


def _money(rows: MoneyRows) -> Floats:
    return np.maximum(rows.y, 0.0)


def _balanced(
    columns: tuple[str, ...], text: str, x: npt.NDArray[np.float32], rows: MoneyRows
) -> FittedBoosted:
    """Give the booster the factor that makes it right on the whole of ``rows``."""
    plain = _load(columns, text, 1.0)
    return _load(columns, text, float(_money(rows).sum() / plain.predict(x).sum()))


def _load(columns: tuple[str, ...], text: str, factor: float) -> FittedBoosted:
    import lightgbm

    return FittedBoosted(columns, text, lightgbm.Booster(model_str=text), factor)
