"""Beta calibration: low and high probabilities are stretched by weights of their own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.calibrators._base import Floats, Numbers, fitted_weights
from models.estimators._base import sigmoid

#: As in ``models.estimators._base.logit``.
EDGE = 1e-9


class Beta:
    """Three numbers: log-odds = ``low`` * log(p) - ``high`` * log(1 - p) + ``shift``.

    References
    ----------
    Kull, Silva Filho and Flach (2017), "Beta calibration: a well-founded and easily implemented improvement on
    logistic calibration for binary classifiers", AISTATS.

    Examples
    --------
    >>> numbers = {"low": (1.0,), "high": (1.0,), "shift": (0.0,)}
    >>> Beta().apply(numbers, np.array([0.25])).round(6).tolist()
    [0.25]
    """

    simplicity = 2

    def fit(self, p: Floats, y: npt.NDArray[np.float32]) -> Numbers:
        """Learn the three by maximum likelihood."""
        weights, shift = fitted_weights(np.column_stack(_sides(p)), y)
        return {"low": (float(weights[0]),), "high": (float(weights[1]),), "shift": (shift,)}

    def apply(self, numbers: Numbers, p: Floats) -> Floats:
        """Weigh both sides."""
        low, high = _sides(p)
        return sigmoid(numbers["low"][0] * low + numbers["high"][0] * high + numbers["shift"][0])


def _sides(p: Floats) -> tuple[Floats, Floats]:
    inside = np.clip(p, EDGE, 1.0 - EDGE)
    return np.log(inside), -np.log(1.0 - inside)


CALIBRATOR = Beta()
