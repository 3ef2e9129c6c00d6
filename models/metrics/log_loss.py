"""Log loss: how surprised the probabilities are by what happened."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from models.metrics._metric import Floats, Metric, Ranked, mean_of_rows, mean_of_sums, once, rank

#: Probabilities are moved into [CLIP, 1 - CLIP], so that one customer cannot decide the mean.
CLIP = 1e-4


def log_loss(y: ArrayLike, p: ArrayLike) -> float:
    """Mean negative log likelihood of the outcomes, probabilities clipped to [1e-4, 1 - 1e-4].

    Parameters
    ----------
    y : array_like of shape (rows,)
        Outcomes, 0 or 1; one row per customer and cutoff.
    p : array_like of shape (rows,)
        Probabilities in [0, 1].

    Returns
    -------
    float
        In nats; 0 is perfect, ``log(2) = 0.693`` is "fifty-fifty" for everybody.

    References
    ----------
    Good (1952), "Rational decisions", Journal of the Royal Statistical Society B 14.

    Examples
    --------
    >>> round(log_loss([1, 0], [0.8, 0.4]), 4)
    0.367
    """
    ranked = rank(y, p)
    return float(resampled(ranked, once(ranked))[0])


def resampled(ranked: Ranked, weights: Floats) -> Floats:
    """Give the metric for each resample, see ``Metric.resampled``."""
    return mean_of_rows(columns(ranked.y, ranked.p)[0], weights)


def columns(y: Floats, p: Floats) -> Floats:
    """Give the loss of every row, see ``Metric.columns``."""
    clipped = np.clip(p, CLIP, 1.0 - CLIP)
    return -np.where(y == 1, np.log(clipped), np.log1p(-clipped))[None, :]


METRIC = Metric(
    "log_loss", log_loss, resampled, bigger_is_better=False, needs="rows", unit="nats",
    reference="Good (1952)", best=0.0,
    columns=columns, of_sums=mean_of_sums, scale="log",
)  # fmt: skip
