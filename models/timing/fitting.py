"""Fit several labels on the same rows: columns are binned and standardised once, whatever the number of labels."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.estimators._base import Fitted, Floats, logit, sigmoid, smoothed_rate, varying
from models.estimators.base_rate import FittedBaseRate
from models.estimators.lightgbm import REFIT_ROUNDS, FittedLightGBM, parameters, trees_only
from models.estimators.logistic import FittedLogistic
from models.settings import TrainSettings
from models.signed_log import SignedLogScale
from models.timing.settings import TimingSettings

if TYPE_CHECKING:
    import lightgbm
    from sklearn.linear_model import LogisticRegression

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float32]
#: How simple each kind of model is; lower is simpler.
SIMPLICITY = {"logistic": 1, "lightgbm": 2}


class SharedRows:
    """Training rows of every horizon, prepared once.

    Parameters
    ----------
    x : float32 array, shape (n, k)
        Rows that are known for the shortest horizon: those of the other horizons are some of them.
    columns : tuple of str
        Names of the k columns.
    settings : TimingSettings
        Of the estimators.
    """

    def __init__(self, x: Matrix, columns: tuple[str, ...], settings: TimingSettings) -> None:
        keep = varying(x) if len(x) else np.zeros(0, dtype=np.intp)
        self.x = np.ascontiguousarray(np.nan_to_num(x[:, keep], nan=0.0))
        self.columns = tuple(columns[j] for j in keep)
        self.settings = settings
        own = TrainSettings(seed=settings.seed, num_threads=settings.num_threads, lightgbm=settings.lightgbm)
        self._parameters = parameters(own, settings.seed)

    @cached_property
    def binned(self) -> lightgbm.Dataset:
        """The rows in bins; which bins is a matter of the columns alone, not of any label."""
        import lightgbm

        data = lightgbm.Dataset(
            self.x, label=np.zeros(len(self.x)), params=self._parameters, feature_name=list(self.columns),
            free_raw_data=False,
        )  # fmt: skip
        return data.construct()

    @cached_property
    def scale(self) -> SignedLogScale:
        """The scale of the linear model."""
        return SignedLogScale.learn(self.x)

    @cached_property
    def z(self) -> Floats:
        """The rows on that scale."""
        return self.scale.apply(self.x)

    def tried(self, fit: Mask, later: Mask, y: Labels) -> dict[str, dict[float, Floats]]:
        """Fit each kind of model on some rows and predict later ones.

        Parameters
        ----------
        fit, later : bool array, shape (n,)
            Rows to learn from and rows to judge on.
        y : float32 array, shape (n,)
            0 or 1; read on those rows only.

        Returns
        -------
        dict of str to dict of float to float array
            By kind, and by setting, the probabilities of the later rows: ``logistic`` at each penalty (the strongest
            first), ``lightgbm`` at the number of rounds with the lowest log loss on the later rows.
        """
        linear, model = {}, self._solver()
        for penalty in sorted(self.settings.penalties, reverse=True):
            # The next penalty starts from the answer to the one before: fewer steps to the same place.
            linear[penalty] = self._logistic(fit, y, penalty, model).predict(self.x[later])
        return {"logistic": linear, "lightgbm": self._rounds(fit, later, y)}

    def fitted(self, kind: str, chosen: float, rows: Mask, y: Labels) -> Fitted:
        """Fit one kind of model with what was chosen; without anything to tell apart it is the base rate."""
        if not self.columns or not len(y[rows]) or y[rows].min() == y[rows].max():
            rate = smoothed_rate(y[rows])
            return constant(rate) if kind == "logistic" else FittedBaseRate(rate, file="lightgbm.json")
        return (
            self._logistic(rows, y, chosen, self._solver())
            if kind == "logistic"
            else self._trees(rows, y, chosen)
        )

    def _solver(self) -> LogisticRegression:
        from sklearn.linear_model import LogisticRegression

        # Newton steps reach the optimum itself, so the coefficients do not depend on where a solver stopped.
        return LogisticRegression(solver="newton-cholesky", tol=1e-6, max_iter=50, warm_start=True)

    def _logistic(self, rows: Mask, y: Labels, penalty: float, model: LogisticRegression) -> FittedLogistic:
        if not self.columns:
            return constant(smoothed_rate(y[rows]))
        model.set_params(C=1.0 / penalty).fit(self.z[rows], y[rows] > 0.5)
        coefficients = np.round(model.coef_[0].astype(np.float64), 8)
        return FittedLogistic(self.columns, self.scale, coefficients, round(float(model.intercept_[0]), 8))

    def _rounds(self, fit: Mask, later: Mask, y: Labels) -> dict[float, Floats]:
        if not self.columns:
            return {1.0: np.full(int(later.sum()), smoothed_rate(y[fit]))}
        import lightgbm

        own = self.settings.lightgbm
        stop = lightgbm.early_stopping(own.patience, verbose=False)
        booster = lightgbm.train(
            self._parameters,
            self._of(fit, y),
            own.max_rounds,
            valid_sets=[self._of(later, y)],
            callbacks=[stop],
        )
        best = booster.best_iteration
        raw = booster.predict(
            self.x[later], raw_score=True, num_iteration=best, num_threads=self.settings.num_threads
        )
        return {float(best): sigmoid(np.asarray(raw, dtype=np.float64))}

    def _trees(self, rows: Mask, y: Labels, rounds: float) -> FittedLightGBM:
        import lightgbm

        booster = lightgbm.train(self._parameters, self._of(rows, y), max(1, round(rounds * REFIT_ROUNDS)))
        text = trees_only(booster.model_to_string())
        # Predictions come from the text, so saving and loading cannot change a bit.
        again = lightgbm.Booster(model_str=text)
        return FittedLightGBM(self.columns, (again,), (text,), self.settings.num_threads)

    def _of(self, rows: Mask, y: Labels) -> lightgbm.Dataset:
        part = self.binned.subset(np.flatnonzero(rows).tolist()).construct()
        return part.set_label(y[rows])


def constant(rate: float) -> FittedLogistic:
    """Give a linear model of no column: the same probability for everybody."""
    nothing = SignedLogScale(np.zeros(0), np.zeros(0))
    return FittedLogistic((), nothing, np.zeros(0), float(logit(np.array([rate]))[0]))
