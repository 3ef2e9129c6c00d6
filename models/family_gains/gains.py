"""What each feature family brings: how much worse the forecast gets without it, with an interval."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from models.bootstrap import CustomerBootstrap, interval
from models.estimators._base import Floats
from models.family_gains.trial import Trial
from models.settings import EvaluationSettings
from models.side_by_side import side_by_side

logger = logging.getLogger(__name__)


def gains(
    trials: Sequence[Trial], groups: Mapping[str, Sequence[str]], evaluation: EvaluationSettings, workers: int
) -> dict[str, dict[str, Any]]:
    """Learn every target with all columns, and once without each group of columns.

    Parameters
    ----------
    trials : sequence of Trial
        One per target.
    groups : mapping of str to sequence of str
        The columns of each family.
    evaluation : EvaluationSettings
        Resamples and confidence of the intervals.
    workers : int
        Models learnt at the same time; changes nothing in the result.

    Returns
    -------
    dict
        Per target: ``base_loss``, ``loss`` (with all columns), ``gain`` (of all over the base rate) and ``groups``, per
        group ``value`` (mean log loss without it minus with all, nats; above 0: it helps), ``low`` and ``high``, and
        ``share``, ``share_low``, ``share_high`` (of ``gain``). The interval holds the chance of who is judged (drawn
        customers, the same for all groups) and the chance of who is learnt from (``learning_error``, nats: the standard
        error of a value, from how much the two halves differ, in the mean of all groups).
    """
    without: list[tuple[Trial, str]] = [(trial, name) for name in ("", *groups) for trial in trials]
    logger.info("features report: %d models with a group of columns left out", len(without))
    tasks = [
        partial(trial.losses, [name for name in trial.columns if name not in set(groups.get(left, ()))])
        for trial, left in without
    ]
    losses = dict(
        zip([(one.target, name) for one, name in without], side_by_side(tasks, workers), strict=True)
    )
    return {trial.target: _of_target(trial, losses, groups, evaluation) for trial in trials}


def _of_target(
    trial: Trial,
    losses: Mapping[tuple[str, str], Floats],
    groups: Mapping[str, Sequence[str]],
    evaluation: EvaluationSettings,
) -> dict[str, Any]:
    whole, base = losses[trial.target, ""], trial.base_losses()
    drawn = CustomerBootstrap.draw(trial.customer_id, evaluation.resamples, evaluation.seed)
    gain = float(base.mean() - whole.mean())
    differences = {name: losses[trial.target, name] - whole for name in groups}
    error = learning_error([one.mean(axis=1) for one in differences.values()])
    found = {
        name: _gain(one.mean(axis=0), drawn, error, evaluation.confidence)
        for name, one in differences.items()
    }
    for one in found.values():
        # A share of nothing says nothing.
        shares = {"share": "value", "share_low": "low", "share_high": "high"}
        one |= {share: one[key] / gain if gain > 0 else None for share, key in shares.items()}
    return {
        "base_loss": float(base.mean()),
        "loss": float(whole.mean()),
        "gain": gain,
        "learning_error": error,
        "groups": found,
    }


def learning_error(values: Sequence[Floats]) -> float:
    """Give the standard error of a mean over halves, from how much the halves differ in the mean of all groups.

    Parameters
    ----------
    values : sequence of float array, shape (halves,)
        One per group.

    Examples
    --------
    >>> learning_error([np.array([1.0, 3.0]), np.array([2.0, 4.0])])
    1.0
    """
    variances = [one.var(ddof=1) / len(one) for one in values]
    return float(np.sqrt(np.mean(variances))) if variances else 0.0


def _gain(difference: Floats, drawn: CustomerBootstrap, error: float, confidence: float) -> dict[str, Any]:
    """Give a mean difference and its interval."""
    from scipy.stats import norm

    rows = np.arange(len(difference))
    resampled = np.concatenate(
        [(weights * difference).sum(axis=1) / weights.sum(axis=1) for weights in drawn.blocks(rows)]
    )
    value = float(difference.mean())
    low, high = interval(value, resampled, confidence)
    reach = float(norm.ppf((1 + confidence) / 2)) * error
    # Who is judged and who is learnt from are drawn apart: their variances add up.
    return {
        "value": value,
        "low": value - float(np.hypot(value - low, reach)),
        "high": value + float(np.hypot(high - value, reach)),
    }
