"""PR AUC (average precision): how pure the top of the list is, over all list lengths."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from models.metrics._metric import Floats, Metric, Ranked, divided, once, rank


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
    positives = ranked.per_run(weights * ranked.y)
    so_far = np.cumsum(ranked.per_run(weights), axis=1)
    precision = np.divide(np.cumsum(positives, axis=1), so_far, out=np.zeros_like(so_far), where=so_far > 0)
    return divided((positives * precision).sum(axis=1), positives.sum(axis=1))


METRIC = Metric(
    "pr_auc", pr_auc, resampled, bigger_is_better=True, needs="positives", unit="share",
    reference="Davis and Goadrich (2006)", best=1.0,
)  # fmt: skip
