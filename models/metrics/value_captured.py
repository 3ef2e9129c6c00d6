"""Value captured at the top k: how much of the net money the top of the list brought."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from models.metrics._metric import Floats, Metric, Ranked, divided, once, rank
from models.metrics._runs import Runs


def value_captured(y: ArrayLike, p: ArrayLike, money: ArrayLike | None = None, k: float = 0.1) -> float:
    """Share of all net money that came from the top share ``k`` of the list; ties as in ``lift_at``.

    Parameters
    ----------
    y : array_like of shape (rows,)
        Outcomes, 0 or 1; one row per customer and cutoff.
    p : array_like of shape (rows,)
        Probabilities in [0, 1].
    money : array_like of shape (rows,), optional
        Net money that each row brought in its window (what came back subtracted, so it can be below 0).
    k : float
        Share of the list, in (0, 1].

    Returns
    -------
    float
        ``k`` is guessing; NaN if money is not known, or if all of it together is not above 0.

    References
    ----------
    Berry and Linoff (2004), "Data Mining Techniques", 2nd edition, chapter 3 (gains in money).

    Examples
    --------
    >>> value_captured([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], money=[30.0, 70.0, 0.0, 0.0], k=0.25)
    0.3
    """
    ranked = rank(y, p)
    known = None if money is None else np.asarray(money, dtype=np.float64)[ranked.order]
    return float(at_share(Runs.of(ranked, once(ranked), known), k)[0])


def at_share(runs: Runs, k: float) -> Floats:
    """Give the metric for each resample at one share, see ``Metric.of_runs``."""
    if runs.money is None:
        return np.full(len(runs.rows), np.nan)
    return divided(runs.within(k, runs.money), runs.money.sum(axis=1))


def _unknown(_: Ranked, weights: Floats) -> Floats:
    return np.full(len(weights), np.nan)


def for_share(k: float) -> Metric:
    """Make the metric for one top share: 0.1 gives ``value_captured10``."""
    return Metric(
        f"value_captured{k * 100:g}",
        lambda y, p: value_captured(y, p, None, k),
        _unknown,
        bigger_is_better=True,
        needs="positives",
        unit="share",
        reference="Berry and Linoff (2004)",
        k=k,
        at=for_share,
        of_runs=lambda runs: at_share(runs, k),
        scale="log odds",
        segments_only=True,
        money=True,
    )


METRIC = for_share(0.1)
