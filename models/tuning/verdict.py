"""Is the winner better than what ships? Compared on customers the search has not looked at, with an interval."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.estimators._base import Floats
from models.paired import PairedJudge
from models.settings import EvaluationSettings, TrainSettings
from models.tuning.folds import Folds
from models.tuning.space import Values, with_values

logger = logging.getLogger(__name__)

#: Both are learnt with so many seeds: what differs between these is the chance in learning.
SEEDS = 3


def compared(
    one: Folds, train: TrainSettings, values: Values, evaluation: EvaluationSettings
) -> dict[str, float | None]:
    """Compare settings with those of params.yaml on one target.

    Parameters
    ----------
    one : Folds
        The target at past moments.
    train : TrainSettings
        As in params.yaml.
    values : Values
        The settings that won the search.
    evaluation : EvaluationSettings
        Resamples and confidence of the interval.

    Returns
    -------
    dict
        ``default`` and ``best`` (mean log loss, nats), ``gain`` (the former minus the latter; above 0 is better) with
        ``low`` and ``high``. The interval holds the chance of who is judged (customers drawn, the same for both) and
        the chance in learning (seeds).
    """
    numbers = range(len(one.folds))
    kept = [~one.halves(number, train.seed) for number in numbers]
    customers = np.concatenate(
        [one.folds[n].customer_id[mine] for n, mine in zip(numbers, kept, strict=True)]
    )
    y = np.concatenate([one.folds[n].judged.y[mine] for n, mine in zip(numbers, kept, strict=True)])
    judge = PairedJudge.of(y, customers, evaluation)
    losses = {
        name: np.stack([_losses(one, _seeded(settings, seed), kept) for seed in range(SEEDS)])
        for name, settings in (("default", train), ("best", with_values(train, values)))
    }
    differences = losses["default"] - losses["best"]
    error = float(differences.mean(axis=1).std(ddof=1) / np.sqrt(SEEDS))
    gain = judge.mean(differences.mean(axis=0), error=error)
    means = {name: float(found.mean()) for name, found in losses.items()}
    return means | {"gain": gain["value"], "low": gain["low"], "high": gain["high"]}


def verdict(found: Mapping[str, Mapping[str, Any]], asked: Sequence[str]) -> str:
    """Tell what to do with the winner.

    Parameters
    ----------
    found : mapping
        Per target what `compared` gave.
    asked : sequence of str
        The targets that were tuned; the others share the settings.

    Returns
    -------
    {"better", "noise", "harms"}
        ``better``: a tuned target gains beyond noise and no target loses beyond noise.

    Examples
    --------
    >>> clear, nothing = {"low": 0.001, "high": 0.003}, {"low": -0.002, "high": 0.001}
    >>> verdict({"churn": clear, "readiness": nothing}, ["churn"])
    'better'
    >>> verdict({"churn": nothing, "readiness": clear}, ["churn"])
    'noise'
    >>> verdict({"churn": clear, "readiness": {"low": -0.004, "high": -0.001}}, ["churn"])
    'harms'
    """
    if not any((found[target]["low"] or 0.0) > 0 for target in asked):
        return "noise"
    return "harms" if any((one["high"] or 0.0) < 0 for one in found.values()) else "better"


def _seeded(settings: TrainSettings, seed: int) -> TrainSettings:
    return settings.model_copy(update={"seed": settings.seed + seed})


def _losses(one: Folds, settings: TrainSettings, kept: Sequence[Any]) -> Floats:
    return np.concatenate([one.losses(number, settings)[mine] for number, mine in enumerate(kept)])
