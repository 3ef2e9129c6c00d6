"""Vector scaling: a slope and a shift per exit on the logarithms, learnt on rows the models have not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from features.labels.exits import EXITS
from models.exits.probabilities import Floats, Ints, logs, of_what_happened, softmax

#: Draws the slopes to 1 and the shifts to 0: with the weight of this many rows.
PRIOR_ROWS = 20.0


@dataclass(frozen=True)
class Scaling:
    """``softmax(slope * log p + shift)``.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), On calibration of modern neural networks, ICML 34.
    """

    slope: Floats
    shift: Floats

    def apply(self, p: Floats) -> Floats:
        """Recalibrate probabilities (n, exits)."""
        return softmax(logs(p) * self.slope + self.shift)

    def as_json(self) -> dict[str, Any]:
        """Give what ``of_json`` reads."""
        return {"slope": self.slope.tolist(), "shift": self.shift.tolist()}

    @classmethod
    def of_json(cls, content: dict[str, Any]) -> Scaling:
        """Read what ``as_json`` gave."""
        return cls(np.asarray(content["slope"], dtype=np.float64), np.asarray(content["shift"]))

    @classmethod
    def learn(cls, p: Floats, y: Ints) -> Scaling:
        """Learn slopes and shifts by maximum likelihood, drawn to no change.

        Parameters
        ----------
        p : float array, shape (n, exits)
            Predicted by models that had not seen these rows.
        y : int array, shape (n,)
            Places in ``EXITS``.

        Examples
        --------
        >>> random = np.random.default_rng(1)
        >>> y = random.choice(4, 4000, p=[0.5, 0.3, 0.1, 0.1])
        >>> too_sure = np.tile([0.85, 0.13, 0.01, 0.01], (4000, 1))
        >>> Scaling.learn(too_sure, y).apply(too_sure)[0].round(1).tolist()
        [0.5, 0.3, 0.1, 0.1]
        """
        from scipy.optimize import minimize

        number, logarithms = len(EXITS), logs(p)
        happened = np.eye(number)[y]

        def objective(w: Floats) -> tuple[float, Floats]:
            found = softmax(logarithms * w[:number] + w[number:])
            away = w - np.repeat([1.0, 0.0], number)
            loss = -logs(of_what_happened(found, y)[:, None]).sum() + 0.5 * PRIOR_ROWS * (away**2).sum()
            excess = found - happened
            gradient = np.concatenate([(excess * logarithms).sum(axis=0), excess.sum(axis=0)])
            return float(loss), gradient + PRIOR_ROWS * away

        start = np.repeat([1.0, 0.0], number)
        w = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x.round(8)
        return cls(w[:number], w[number:])
