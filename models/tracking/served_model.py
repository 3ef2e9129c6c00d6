"""The code inside every logged churn and readiness model: text boosters and JSON to one probability per row.

MLflow stores this file with the model and runs it when the model is loaded, on a machine where this
repository may be absent. So it imports nothing of the repository; a test holds it equal, bit for bit, to
``models/bundle.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

Predict = Callable[[np.ndarray], np.ndarray]
#: The same constants as in the repository, where their reasons stand.
EDGE, REACH, BATCH, TILT = 1e-9, 4.0, 65_536, 1e-4


def _sigmoid(log_odds: np.ndarray) -> np.ndarray:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * log_odds)))


def _log_odds(p: np.ndarray) -> np.ndarray:
    inside = np.clip(p, EDGE, 1 - EDGE)
    return np.asarray(np.log(inside / (1.0 - inside)))


def _constant(rate: float) -> Predict:
    return lambda x: np.full(len(x), rate)


def base_rate(folder: Path, content: dict[str, Any]) -> Predict:
    """One number for everybody."""
    return _constant(float(content["rate"]))


def logistic(folder: Path, content: dict[str, Any]) -> Predict:
    """Logistic regression on signed logs, standardised and held within ``REACH`` standard deviations."""
    centre, spread = (np.asarray(content[key], dtype=np.float64) for key in ("centre", "spread"))
    coefficients = np.asarray([content["coefficients"]], dtype=np.float64)
    live = spread > 0

    def predict(x: np.ndarray) -> np.ndarray:
        total = np.full(len(x), float(content["intercept"]))
        if not len(spread):
            return _sigmoid(total)
        for start in range(0, len(x), BATCH):
            wide = np.nan_to_num(x[start : start + BATCH], nan=0.0).astype(np.float64)
            scaled = (np.sign(wide) * np.log1p(np.abs(wide)) - centre) / np.where(live, spread, 1.0)
            # The memory layout decides the order of summation, so the last bit: always row by row.
            z = np.ascontiguousarray(np.where(live, np.clip(scaled, -REACH, REACH), 0.0))
            total[start : start + BATCH] += np.einsum("ij,kj->ik", z, coefficients)[:, 0]
        return _sigmoid(total)

    return predict


def boosted_trees(folder: Path, content: dict[str, Any]) -> Predict:
    """Mean log-odds of one or more LightGBM boosters."""
    # Here, because MLflow runs this file when a model is logged too, and nothing is predicted then.
    import lightgbm

    if "rate" in content:
        return _constant(float(content["rate"]))
    texts = [(folder / name).read_text(encoding="utf-8") for name in content["boosters"]]
    boosters = [lightgbm.Booster(model_str=text) for text in texts]

    def predict(x: np.ndarray) -> np.ndarray:
        total = np.zeros(len(x))
        for booster in boosters:
            total += booster.predict(x, raw_score=True, num_threads=1)
        return _sigmoid(total / len(boosters))

    return predict


#: How to read ``<estimator>.json``; a new estimator in ``models/estimators`` needs its line here.
READERS: dict[str, Callable[[Path, dict[str, Any]], Predict]] = {
    "base_rate": base_rate,
    "extra_trees": boosted_trees,
    "lightgbm": boosted_trees,
    "logistic": logistic,
}


def calibrated(calibration: dict[str, Any] | None, p: np.ndarray) -> np.ndarray:
    """Put a calibration behind a probability, as ``models/calibrators`` does."""
    if calibration is None or not len(p):
        return p
    numbers = {name: np.asarray(values, dtype=np.float64) for name, values in calibration["numbers"].items()}
    if calibration["kind"] == "logistic":
        return _sigmoid(numbers["slope"][0] * _log_odds(p) + numbers["shift"][0])
    if calibration["kind"] == "beta":
        inside = np.clip(p, EDGE, 1.0 - EDGE)
        low, high = np.log(inside), -np.log(1.0 - inside)
        return _sigmoid(numbers["low"][0] * low + numbers["high"][0] * high + numbers["shift"][0])
    if calibration["kind"] == "isotonic":
        return _read_curve(numbers["raw"], numbers["calibrated"], p)
    raise ValueError(f"unknown calibration {calibration['kind']!r}")


def _read_curve(raw: np.ndarray, calibrated: np.ndarray, p: np.ndarray) -> np.ndarray:
    if len(raw) == 1:
        level = np.full(len(p), calibrated[0])
    else:
        held = np.clip(p, raw[0], raw[-1])
        right = np.clip(np.searchsorted(raw, held, side="right"), 1, len(raw) - 1)
        left = right - 1
        way = (held - raw[left]) / (raw[right] - raw[left])
        level = np.minimum(calibrated[left] + way * (calibrated[right] - calibrated[left]), calibrated[right])
    return np.asarray((1.0 - TILT) * level + TILT * p)


class PhaseProbability(PythonModel):
    """Probability of label 1 for customers in one phase."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the folder that ``models/bundle.py`` wrote."""
        folder = Path(context.artifacts["model"])
        self.members: list[tuple[float, list[str], Predict]] = []
        saved = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        self.calibration = saved.get("calibration")
        for member in saved["members"]:
            name = member["estimator"]
            content = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            reader = READERS[name](folder, content)
            self.members.append((float(member["weight"]), content.get("columns", []), reader))

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Give column ``p``, one row per row of ``model_input`` (feature columns, any order)."""
        parts = [
            (
                weight,
                predict(model_input[columns].to_numpy(dtype=np.float32)) if len(model_input) else np.zeros(0),
            )
            for weight, columns, predict in self.members
        ]
        if len(parts) == 1:
            p = parts[0][1]
        else:
            total = np.zeros(len(model_input))
            for weight, part in parts:
                total += weight * _log_odds(part)
            p = _sigmoid(total)
        return pd.DataFrame({"p": calibrated(self.calibration, p)}, index=model_input.index)


set_model(PhaseProbability())
