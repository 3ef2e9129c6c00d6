"""The grade of the predicted value: how many more of the high-value customers it finds than the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bootstrap import CustomerBootstrap, interval
from models.settings import EvaluationSettings
from models.value.deviance import Floats

#: From this relative gain on the grade is A.
A_FROM = 0.05


@dataclass(frozen=True)
class Found:
    """High-value customers, and how surely each stands among as many customers of the highest prediction.

    Attributes
    ----------
    high, model, baseline : float array, shape (n,)
        1 for a high-value customer; the chance (1, 0, or between for ties) that they are found.
    """

    high: Floats
    model: Floats
    baseline: Floats


def high_value(y: Floats, share: float) -> npt.NDArray[np.bool_]:
    """Mark the fewest customers that brought ``share`` of the money.

    Parameters
    ----------
    y : float array, shape (n,)
        Net money of each customer.
    share : float
        Of the money above zero; Dynamics 365 takes 0.8 unless told otherwise.

    Examples
    --------
    >>> high_value(np.array([1.0, 6.0, 0.0, 3.0]), 0.8).tolist()
    [False, True, False, True]
    """
    money = np.maximum(y, 0.0)
    order = np.argsort(-money, kind="stable")
    before = money[order].cumsum() - money[order]
    high = np.zeros(len(y), dtype=np.bool_)
    high[order] = (before < share * money.sum()) & (money[order] > 0)
    return high


def in_top(predicted: Floats, number: int) -> Floats:
    """Give the chance of each customer to be among the ``number`` highest predictions, ties drawn by lot.

    Examples
    --------
    >>> in_top(np.array([1.0, 9.0, 1.0, 0.0]), 2).tolist()
    [0.5, 1.0, 0.5, 0.0]
    """
    if number <= 0:
        return np.zeros(len(predicted))
    edge = np.sort(predicted)[-number]
    above, tied = predicted > edge, predicted == edge
    left = (number - int(above.sum())) / int(tied.sum())
    return np.where(above, 1.0, np.where(tied, left, 0.0))


def find(cutoff_us: npt.NDArray[np.int64], y: Floats, model: Floats, baseline: Floats, share: float) -> Found:
    """Look for the high-value customers of each test cutoff by two predictions."""
    high, ours, theirs = np.zeros(len(y)), np.zeros(len(y)), np.zeros(len(y))
    for cutoff in np.unique(cutoff_us):
        rows = cutoff_us == cutoff
        mask = high_value(y[rows], share)
        number = int(mask.sum())
        high[rows] = mask
        ours[rows] = mask * in_top(model[rows], number)
        theirs[rows] = mask * in_top(baseline[rows], number)
    return Found(high, ours, theirs)


def letter(ours: float, theirs: float) -> str:
    """Give the grade: A, at least 5 % more high-value customers found than by the baseline; B, 0-5 %; C, fewer.

    References
    ----------
    Microsoft, Dynamics 365 Customer Insights, Predict customer lifetime value (CLV): model performance.

    Examples
    --------
    >>> letter(105.0, 100.0), letter(100.0, 100.0), letter(99.0, 100.0)
    ('A', 'B', 'C')
    """
    if ours < theirs:
        return "C"
    return "A" if ours > 0 and ours >= (1.0 + A_FROM) * theirs else "B"


def grade(
    found: Found, drawn: CustomerBootstrap, rows: npt.NDArray[np.int64], settings: EvaluationSettings
) -> dict[str, Any]:
    """Grade a model.

    Parameters
    ----------
    found : Found
        Of the rows in question.
    drawn : CustomerBootstrap
        Resamples of the customers.
    rows : int array
        Where the rows of ``found`` stand among those of ``drawn``.
    settings : EvaluationSettings
        Confidence of the interval.

    Returns
    -------
    dict
        ``grade``, ``high_value`` (number of customers x cutoffs), ``success`` and ``baseline_success`` (share of
        them found), ``gain`` (relative change) with ``gain_low`` and ``gain_high``. Empty if there is no money.
    """
    number = float(found.high.sum())
    if not number:
        return {}
    ours, theirs = float(found.model.sum()), float(found.baseline.sum())
    resampled = np.concatenate([_gains(found, weights) for weights in drawn.blocks(rows)])
    gain = ours / theirs - 1.0 if theirs > 0 else None
    low, high = interval(np.nan if gain is None else gain, resampled, settings.confidence)
    return {
        "grade": letter(ours, theirs), "high_value": int(number), "success": ours / number,
        "baseline_success": theirs / number, "gain": gain, "gain_low": None if np.isnan(low) else low,
        "gain_high": None if np.isnan(high) else high,
    }  # fmt: skip


def _gains(found: Found, weights: Floats) -> Floats:
    ours, theirs = (np.einsum("ij,j->i", weights, one) for one in (found.model, found.baseline))
    gains: Floats = np.divide(ours, theirs, out=np.full(len(ours), np.nan), where=theirs > 0) - 1.0
    return gains
