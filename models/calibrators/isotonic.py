"""Isotonic calibration: any rising curve; customers on one step of it stay in their order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.calibrators._base import Floats, Numbers

#: A step is tilted by this share of the raw probability: too little to move a probability that anybody reads,
#: enough to keep the ranking. Without it almost everybody is tied with somebody.
TILT = 1e-4


class Isotonic:
    """Corners of a rising curve: ``raw`` and ``calibrated`` probabilities, level beyond the ends.

    References
    ----------
    Zadrozny and Elkan (2002), "Transforming classifier scores into accurate multiclass probability estimates",
    KDD.

    Examples
    --------
    >>> numbers = {"raw": (0.2, 0.6), "calibrated": (0.1, 0.3)}
    >>> Isotonic().apply(numbers, np.array([0.1, 0.4, 0.9])).round(4).tolist()
    [0.1, 0.2, 0.3001]
    """

    simplicity = 3

    def fit(self, p: Floats, y: npt.NDArray[np.float32]) -> Numbers:
        """Learn the corners; no step is nearer to 0 or 1 than one row more of the other outcome would put it."""
        from sklearn.isotonic import IsotonicRegression

        curve = IsotonicRegression(increasing=True, out_of_bounds="clip").fit(p, y)
        edge = 1.0 / (len(p) + 2.0)
        raw = np.asarray(curve.X_thresholds_, dtype=np.float64)
        calibrated = np.clip(np.asarray(curve.y_thresholds_, dtype=np.float64), edge, 1.0 - edge)
        return {"raw": tuple(raw.tolist()), "calibrated": tuple(calibrated.tolist())}

    def apply(self, numbers: Numbers, p: Floats) -> Floats:
        """Read the curve between its corners."""
        raw, calibrated = (np.asarray(numbers[key], dtype=np.float64) for key in ("raw", "calibrated"))
        held = np.clip(p, raw[0], raw[-1])
        right = np.clip(np.searchsorted(raw, held, side="right"), 1, max(len(raw) - 1, 1))
        if len(raw) == 1:
            level = np.full(len(p), calibrated[0])
        else:
            left = right - 1
            way = (held - raw[left]) / (raw[right] - raw[left])
            risen = calibrated[left] + way * (calibrated[right] - calibrated[left])
            # Rounding must not lift a row above the corner to its right.
            level = np.minimum(risen, calibrated[right])
        return np.asarray((1.0 - TILT) * level + TILT * p, dtype=np.float64)


CALIBRATOR = Isotonic()
