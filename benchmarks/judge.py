"""Scores of several models on one task: mean over test cutoffs, intervals paired over customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bootstrap import CustomerBootstrap, interval
from models.metrics import Metric, rank, registered
from models.metrics.ece import noise_floor

#: What is reported; ``ece_above_noise`` comes beside it.
METRICS = ("roc_auc", "log_loss", "pr_auc", "brier", "lift10")


@dataclass(frozen=True)
class Judged:
    """One test cutoff: who, what happened, and what each model said.

    Attributes
    ----------
    customer_id : int64 array, shape (rows,)
        One row per customer.
    y : float array, shape (rows,)
        Outcome, 0 or 1.
    p : mapping of str to float array, shape (rows,)
        Probability by model.
    """

    customer_id: NDArray[np.int64]
    y: NDArray[np.float64]
    p: Mapping[str, NDArray[np.float64]]


def judge(
    cutoffs: Sequence[Judged], against: Sequence[str], resamples: int, seed: int
) -> dict[str, dict[str, Any]]:
    """Score every model, and the first one against others.

    Parameters
    ----------
    cutoffs : sequence of Judged
        Every one holds the same models; the first is ours.
    against : sequence of str
        Models to give the difference with.
    resamples, seed : int
        Of the bootstrap over customers: all rows of a customer, at every cutoff, are drawn together, and the
        same draws serve every model.

    Returns
    -------
    dict
        Per model, per metric ``value`` (mean over the cutoffs), ``low`` and ``high`` (95 %); for ours also
        ``minus <other>`` with the same keys, and whether it is ``better``: by more than the interval, or not.
    """
    metrics = [registered((0.1,))[name] for name in METRICS]
    boot = CustomerBootstrap.draw(np.concatenate([one.customer_id for one in cutoffs]), resamples, seed)
    places = np.cumsum([0] + [len(one.y) for one in cutoffs])
    models = list(cutoffs[0].p)
    points = {model: dict.fromkeys(METRICS, 0.0) for model in models}
    draws = {model: {name: np.zeros(resamples) for name in METRICS} for model in models}
    for one, start, end in zip(cutoffs, places, places[1:], strict=False):
        here = CustomerBootstrap(boot.counts, boot.customer[start:end])
        for model in models:
            ranked = rank(one.y, one.p[model])
            for name, drawn in here.of(metrics, ranked).items():
                draws[model][name] += drawn / len(cutoffs)
            for metric in metrics:
                points[model][metric.name] += metric.function(one.y, one.p[model]) / len(cutoffs)
    found: dict[str, dict[str, Any]] = {
        model: {name: _spread(points[model][name], draws[model][name]) for name in METRICS}
        for model in models
    }
    for model in models:
        found[model]["ece_above_noise"] = float(np.mean([_excess(one.y, one.p[model]) for one in cutoffs]))
    ours = models[0]
    for other in against:
        found[ours][f"minus {other}"] = {
            metric.name: _difference(metric, points[ours], points[other], draws[ours], draws[other])
            for metric in metrics
        }
    return found


def _excess(y: NDArray[np.float64], p: NDArray[np.float64]) -> float:
    """Give the calibration error above what chance alone would show, not below 0."""
    return max(0.0, registered()["ece"].function(y, p) - noise_floor(p))


def _spread(value: float, drawn: NDArray[np.float64]) -> dict[str, float]:
    low, high = interval(value, drawn)
    return {"value": value, "low": low, "high": high}


def _difference(
    metric: Metric,
    ours: Mapping[str, float],
    theirs: Mapping[str, float],
    our_draws: Mapping[str, NDArray[np.float64]],
    their_draws: Mapping[str, NDArray[np.float64]],
) -> dict[str, Any]:
    name = metric.name
    found = _spread(ours[name] - theirs[name], our_draws[name] - their_draws[name])
    low, high = (found["low"], found["high"]) if metric.bigger_is_better else (-found["high"], -found["low"])
    return {**found, "better": "yes" if low > 0 else "no" if high < 0 else "within noise"}
