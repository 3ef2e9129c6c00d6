"""How good the models are, out of time: every metric per target and phase, beside the baselines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.contract import DAY_US
from models.bootstrap import CustomerBootstrap, Floats, interval
from models.curves import calibration_points, gain_curve, threshold_points
from models.metrics import Metric, Ranked, rank, registered, shortest_lift
from models.metrics.ece import noise_floor
from models.reporting.tournament_view import tournament_gain
from models.segments import too_small
from models.settings import EvaluationSettings

#: The column of the model's probabilities; the baselines are the columns ``p_<baseline>``.
MODEL = "model"
Resampled = dict[str, dict[str, Floats]]


def evaluate_target(
    predictions: pd.DataFrame, settings: EvaluationSettings, phase_keys: Sequence[str] = ()
) -> dict[str, Any]:
    """Judge one target: all phases together, each phase, and the mean over the phases.

    Parameters
    ----------
    predictions : DataFrame
        One row per customer and test cutoff, predicted by what was known then: ``customer_id``,
        ``cutoff_us``, ``phase``, ``y`` (0 or 1), ``p``, and the baselines ``p_*``.
    settings : EvaluationSettings
        Top shares, resamples, confidence, minimum cell, seed.
    phase_keys : sequence of str
        Phases in journey order; phases that do not occur are left out.

    Returns
    -------
    dict
        ``cutoffs`` (dates), ``phases`` (``all`` first; per phase ``n``, ``customers``, ``positives``,
        ``base_rate``, ``note``, ``metrics`` by metric and scorer, ``gain`` over the best baseline by metric,
        ``noise_floor`` of the calibration error, ``ece_above_noise``, ``gain_curve``, ``calibration``,
        ``thresholds``), and ``mean`` over the phases.
    """
    days = sorted({int(cutoff) // DAY_US for cutoff in predictions["cutoff_us"].unique()})
    found: dict[str, Any] = {
        "cutoffs": [str(np.datetime64(day, "D")) for day in days],
        "phases": {},
        "mean": {},
    }
    if predictions.empty:
        return found
    identity = predictions["customer_id"].to_numpy()
    boot = CustomerBootstrap.draw(identity, settings.resamples, settings.seed)
    ranked = _ranked(predictions)
    phase = predictions["phase"].astype(str).to_numpy()
    present = [key for key in phase_keys if (phase == key).any()]
    present += sorted(set(phase) - set(present))
    metrics = list(registered(settings.top_shares).values())
    kept: dict[str, Resampled] = {}
    for key in ["all", *present]:
        inside = np.ones(len(phase), dtype=bool) if key == "all" else phase == key
        some = {scorer: one.take(inside[one.order]) for scorer, one in ranked.items()}
        found["phases"][key], kept[key] = _phase(some, identity, boot, metrics, settings)
    found["mean"] = _mean(found["phases"], kept, present, metrics, settings)
    return found


def headline(
    targets: Mapping[str, Mapping[str, Any]], tournament: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Pick at most eight numbers for ``dvc metrics diff``.

    Parameters
    ----------
    targets : mapping
        Target to the outcome of ``evaluate_target``.
    tournament : mapping or None
        The content of ``artifacts/next_action/tournament.json``.

    Returns
    -------
    dict
        ``{"churn": {"lift10 mean", "auc", "log_loss"}, ..., "next_action": {"gain", "gain over none"}}``:
        lift is that of the shortest list, the mean over phases; AUC and log loss are over all customers,
        gains: ``tournament_gain``. What is not known is left out.
    """
    numbers: dict[str, Any] = {}
    for target, found in targets.items():
        everybody = found["phases"].get("all", {}).get("metrics", {})
        lift = shortest_lift(found["mean"])
        picked = {
            f"{lift} mean": found["mean"].get(lift, {}).get(MODEL, {}).get("value"),
            "auc": everybody.get("roc_auc", {}).get(MODEL, {}).get("value"),
            "log_loss": everybody.get("log_loss", {}).get(MODEL, {}).get("value"),
        }
        numbers[target] = {name: value for name, value in picked.items() if value is not None}
    gains = tournament_gain(tournament or {})
    if gains:
        numbers["next_action"] = gains
    rounded: dict[str, Any] = cleaned(numbers)
    return rounded


def cleaned(value: Any) -> Any:
    """Make a result fit for JSON: six significant digits, and null for what is not defined.

    Examples
    --------
    >>> cleaned({"auc": np.float64(0.123456789), "low": float("nan")})
    {'auc': 0.123457, 'low': None}
    """
    if isinstance(value, Mapping):
        return {str(key): cleaned(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [cleaned(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _ranked(predictions: pd.DataFrame) -> dict[str, Ranked]:
    """Rank the rows by each scorer; the model first."""
    columns = {MODEL: "p"} | {name[2:]: name for name in predictions.columns if name.startswith("p_")}
    y = predictions["y"].to_numpy(dtype=np.float64)
    return {scorer: rank(y, predictions[column].to_numpy()) for scorer, column in columns.items()}


def _phase(
    ranked: Mapping[str, Ranked],
    identity: NDArray[np.int64],
    boot: CustomerBootstrap,
    metrics: Sequence[Metric],
    settings: EvaluationSettings,
) -> tuple[dict[str, Any], Resampled]:
    """Judge one phase; nothing but counts when it is too small."""
    model = ranked[MODEL]
    note = too_small(model, identity, settings.min_cell)
    found: dict[str, Any] = {
        "n": len(model.y), "customers": len(np.unique(identity[model.order])),
        "positives": int(model.y.sum()), "base_rate": float(model.y.mean()), "note": note,
    }  # fmt: skip
    if note:
        return found, {}
    told = [metric for metric in metrics if metric.has_interval]
    resampled = {scorer: boot.of(told, one) for scorer, one in ranked.items()}
    found["metrics"] = {
        metric.name: {
            scorer: _with_interval(
                metric, metric.function(one.y, one.p), resampled[scorer].get(metric.name), settings
            )
            for scorer, one in ranked.items()
        }
        for metric in metrics
    }
    found["gain"] = _gains(found["metrics"], resampled, metrics, settings)
    found["noise_floor"] = noise_floor(model.p)
    found["ece_above_noise"] = max(0.0, found["metrics"]["ece"][MODEL]["value"] - found["noise_floor"])
    found["gain_curve"] = {scorer: gain_curve(one) for scorer, one in ranked.items()}
    found["calibration"] = calibration_points(model, settings.confidence)
    found["thresholds"] = threshold_points(model)
    return found, resampled


def _mean(
    phases: Mapping[str, Any],
    kept: Mapping[str, Resampled],
    present: Sequence[str],
    metrics: Sequence[Metric],
    settings: EvaluationSettings,
) -> dict[str, Any]:
    """Give the plain mean over the phases that could be judged, with an interval of that mean."""
    judged = [key for key in present if "metrics" in phases[key]]
    if not judged:
        return {}
    scorers = list(kept[judged[0]])
    means: dict[str, Any] = {}
    for metric in metrics:
        means[metric.name] = {}
        for scorer in scorers:
            value = float(np.mean([phases[key]["metrics"][metric.name][scorer]["value"] for key in judged]))
            draws = None
            if metric.has_interval:
                draws = np.mean([kept[key][scorer][metric.name] for key in judged], axis=0)
            means[metric.name][scorer] = _with_interval(metric, value, draws, settings)
    return means


def _with_interval(
    metric: Metric, value: float, draws: Floats | None, settings: EvaluationSettings
) -> dict[str, float]:
    if draws is None:
        return {"value": value}
    low, high = interval(value, draws, settings.confidence)
    return {"value": value, "low": low, "high": high}


def _gains(
    known: Mapping[str, Any], resampled: Resampled, metrics: Sequence[Metric], settings: EvaluationSettings
) -> dict[str, Any]:
    """Compare the model with the best baseline, metric by metric; above 0 the model is better."""
    gains: dict[str, Any] = {}
    for metric in metrics:
        values = {s: one["value"] for s, one in known[metric.name].items() if s != MODEL}
        values = {s: value for s, value in values.items() if math.isfinite(value)}
        if metric.bigger_is_better is None or not metric.has_interval or not values:
            continue
        sign = 1.0 if metric.bigger_is_better else -1.0
        best = max(sorted(values), key=lambda scorer: sign * values[scorer])
        value = sign * (known[metric.name][MODEL]["value"] - values[best])
        draws = sign * (resampled[MODEL][metric.name] - resampled[best][metric.name])
        low, high = interval(value, draws, settings.confidence)
        gains[metric.name] = {"over": best, "value": value, "low": low, "high": high}
    return gains
