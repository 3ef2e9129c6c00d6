"""Logistic calibration (Platt): the log-odds stretched and shifted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.calibrators._base import Floats, Numbers, fitted_weights
from models.estimators._base import logit, sigmoid


class Logistic:
    """Two numbers: ``slope`` of the log-odds (below 1 takes back overconfidence) and ``shift``.

    References
    ----------
    Platt (1999), "Probabilistic outputs for support vector machines"; on log-odds: Cox (1958), "Two further
    applications of a model for binary regression", Biometrika 45.

    Examples
    --------
    >>> Logistic().apply({"slope": (1.0,), "shift": (0.0,)}, np.array([0.25])).round(6).tolist()
    [0.25]
    """

    simplicity = 1

    def fit(self, p: Floats, y: npt.NDArray[np.float32]) -> Numbers:
        """Learn slope and shift by maximum likelihood."""
        weights, shift = fitted_weights(logit(p)[:, None], y)
        return {"slope": (float(weights[0]),), "shift": (shift,)}

    def apply(self, numbers: Numbers, p: Floats) -> Floats:
        """Stretch and shift the log-odds."""
        return sigmoid(numbers["slope"][0] * logit(p) + numbers["shift"][0])


CALIBRATOR = Logistic()
