"""PR AUC (average precision): how pure the top of the list is, over all list lengths."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from models.metrics._metric import Floats, Metric, Ranked, divided, once, rank
from models.metrics._runs import Runs


def pr_auc(y: ArrayLike, p: ArrayLike) -> float:
    """Precision averaged over the customers with outcome 1, walking down the list (no interpolation).

    Parameters
    ----------
    y : array_like of shape (rows,)
        Outcomes, 0 or 1; one row per customer and cutoff.
    p : array_like of shape (rows,)
        Probabilities in [0, 1].

    Returns
    -------
    float
        The base rate is guessing, 1 is perfect; NaN if outcome 1 does not occur.

    References
    ----------
    Davis and Goadrich (2006), "The relationship between Precision-Recall and ROC curves", ICML.

    Examples
    --------
    >>> round(pr_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
    0.8333
    """
    ranked = rank(y, p)
    return float(resampled(ranked, once(ranked))[0])


def resampled(ranked: Ranked, weights: Floats) -> Floats:
    """Give the metric for each resample, see ``Metric.resampled``."""
    return of_runs(Runs.of(ranked, weights))


def of_runs(runs: Runs) -> Floats:
    """Give the metric for each resample, see ``Metric.of_runs``."""
    precision = np.divide(runs.caught, runs.reach, out=np.zeros_like(runs.reach), where=runs.reach > 0)
    return divided((runs.positives * precision).sum(axis=1), runs.total_positives)


METRIC = Metric(
    "pr_auc", pr_auc, resampled, bigger_is_better=True, needs="positives", unit="share",
    reference="Davis and Goadrich (2006)", best=1.0,
    of_runs=of_runs, scale="log odds",
)  # fmt: skip
