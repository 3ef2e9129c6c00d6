"""Estimated propensities held against what was done: one temperature, and reliability per action.

References
----------
Guo, Pleiss, Sun & Weinberger (2017), On calibration of modern neural networks (temperature scaling).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: Below 1 the model was too sure, above 1 too careful.
COLDEST, HOTTEST = 0.25, 4.0
#: Halvings of that range; the temperature is kept to the digits they give.
HALVINGS, DIGITS = 30, 6
#: Decisions per group of like chances; at most so many groups.
GROUP, GROUPS = 100, 10


def calibrated(every: FloatArray, arm: IntArray, fold: IntArray) -> tuple[FloatArray, float]:
    """Raise all probabilities to one power that fits what was done, each fold by the power of the others.

    Parameters
    ----------
    every : array (rows, arms)
        Cross-fitted probabilities, 0 where an arm was not eligible; rows sum to 1.
    arm : array, one per decision
        What was done.
    fold : array, one per decision

    Returns
    -------
    array (rows, arms)
        Rows sum to 1; 0 stays 0.
    float
        The mean power over the folds: 1 where nothing had to be mended.

    Examples
    --------
    >>> sure = np.tile([0.9, 0.1], (400, 1))
    >>> arm = np.tile([0, 0, 0, 1], 100)
    >>> calibrated(sure, arm, np.arange(400) // 200)[0][0].round(3).tolist()
    [0.75, 0.25]
    """
    logs = np.log(np.where(every > 0, every, 1.0))
    out = np.empty_like(every)
    powers = []
    for held_out in np.unique(fold):
        inside = fold == held_out
        power = _power(logs[~inside], every[~inside] > 0, arm[~inside])
        out[inside] = _raised(logs[inside], every[inside] > 0, power)
        powers.append(power)
    return out, float(np.mean(powers))


def reliability(chance: FloatArray, took: BoolArray) -> dict[str, Any]:
    """Compare what was estimated with what happened, among decisions of like chances.

    Parameters
    ----------
    chance : array
        Estimated probability of one action, of the decisions in which it was possible.
    took : bool array
        Whether it was taken.

    Returns
    -------
    dict
        ``groups`` (rising: ``n``, mean ``estimated``, share ``taken``) and ``error``, the mean distance between the
        two, weighted by ``n``; None without a decision.

    Examples
    --------
    >>> reliability(np.full(200, 0.5), np.arange(200) % 4 == 0)["error"]
    0.25
    """
    if not len(chance):
        return {"groups": [], "error": None}
    order = np.argsort(chance, kind="stable")
    parts = np.array_split(order, int(np.clip(len(chance) // GROUP, 1, GROUPS)))
    groups = [
        {"n": len(rows), "estimated": float(chance[rows].mean()), "taken": float(took[rows].mean())}
        for rows in parts
    ]
    apart = sum(one["n"] * abs(one["estimated"] - one["taken"]) for one in groups)
    return {"groups": groups, "error": apart / len(chance)}


def _power(logs: FloatArray, able: BoolArray, arm: IntArray) -> float:
    """Find the power under which what was done is likeliest: the log-likelihood is concave in it."""
    if not len(arm):
        return 1.0
    done = float(logs[np.arange(len(arm)), arm].mean())
    low, high = COLDEST, HOTTEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        expected = float((_raised(logs, able, middle) * logs).sum(axis=1).mean())
        low, high = (middle, high) if done > expected else (low, middle)
    return round((low + high) / 2, DIGITS)


def _raised(logs: FloatArray, able: BoolArray, power: float) -> FloatArray:
    shares = np.where(able, np.exp(power * logs), 0.0)
    raised: FloatArray = shares / shares.sum(axis=1, keepdims=True)
    return raised
