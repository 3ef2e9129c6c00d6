"""ROC AUC: how often a customer with the outcome is ranked above one without."""

from __future__ import annotations

from numpy.typing import ArrayLike

from models.metrics._metric import Floats, Metric, Ranked, divided, once, rank
from models.metrics._runs import Runs


def roc_auc(y: ArrayLike, p: ArrayLike) -> float:
    """Chance that a random customer with outcome 1 scores above a random one without (ties count half).

    Parameters
    ----------
    y : array_like of shape (rows,)
        Outcomes, 0 or 1; one row per customer and cutoff.
    p : array_like of shape (rows,)
        Probabilities in [0, 1].

    Returns
    -------
    float
        0.5 is guessing, 1 is perfect; NaN if only one outcome occurs.

    References
    ----------
    Hanley and McNeil (1982), "The meaning and use of the area under a ROC curve", Radiology 143.

    Examples
    --------
    >>> roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    ranked = rank(y, p)
    return float(resampled(ranked, once(ranked))[0])


def resampled(ranked: Ranked, weights: Floats) -> Floats:
    """Give the metric for each resample, see ``Metric.resampled``."""
    return of_runs(Runs.of(ranked, weights))


def of_runs(runs: Runs) -> Floats:
    """Give the metric for each resample, see ``Metric.of_runs``."""
    negatives = runs.rows - runs.positives
    total = runs.total - runs.total_positives
    below = total[:, None] - (runs.reach - runs.caught) + negatives / 2
    return divided((runs.positives * below).sum(axis=1), runs.total_positives * total)


METRIC = Metric(
    "roc_auc", roc_auc, resampled, bigger_is_better=True, needs="both", unit="share",
    reference="Hanley and McNeil (1982)", best=1.0,
    of_runs=of_runs, scale="log odds",
)  # fmt: skip
