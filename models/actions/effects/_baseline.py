"""Log-odds of success when nothing is done: what every action's own part is added to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.actions.action_effects import DECIMALS
from models.signed_log import weighted_sums

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Strength of the ridge on the shared slopes.
RIDGE = 10.0
#: No rate of success is told from another one further away than this, in log-odds.
FURTHEST = 8.0
#: Halvings of the bracket around a shift: 16 / 2^40 is far below any coefficient that counts.
HALVINGS = 40


@dataclass(frozen=True)
class Baseline:
    """Linear log-odds in standardised columns; the constant last."""

    coefficients: FloatArray

    def log_odds(self, z: FloatArray) -> FloatArray:
        """Give the log-odds of success under ``none`` per row."""
        odds: FloatArray = weighted_sums(z, self.coefficients[None, :-1])[:, 0] + self.coefficients[-1]
        return odds


def chance(odds: FloatArray) -> FloatArray:
    """Log-odds to probability."""
    probability: FloatArray = 1.0 / (1.0 + np.exp(-odds))
    return probability


def learn_baseline(z: FloatArray, arm: IntArray, outcome: FloatArray, arms: int) -> Baseline:
    """Learn the log-odds of success under ``none``: all actions help, each with a shift of its own.

    Parameters
    ----------
    z : array (rows, columns)
        Standardised.
    arm, outcome : array, one per row
        Position of the action (-1: no candidate, left out), 0/1.
    arms : int
    """
    from sklearn.linear_model import LogisticRegression

    used = arm >= 0
    if not used.any():
        return Baseline(np.zeros(z.shape[1] + 1))
    rate = float(np.clip(outcome[used].mean(), 1e-4, 1 - 1e-4))
    if len(np.unique(outcome[used])) < 2:
        return Baseline(np.append(np.zeros(z.shape[1]), np.log(rate / (1 - rate))))
    shifts = np.eye(arms)[arm[used]][:, 1:]
    # Newton steps reach the optimum itself: the coefficients do not depend on where a solver stopped.
    model = LogisticRegression(C=1.0 / RIDGE, solver="newton-cholesky", tol=1e-8, max_iter=100)
    model.fit(np.hstack([z[used], shifts]), outcome[used])
    learnt: FloatArray = np.append(model.coef_[0, : z.shape[1]], model.intercept_[0])
    return Baseline(learnt.round(DECIMALS))


def shift_for(odds: FloatArray, outcome: FloatArray) -> float:
    """Find what to add to all log-odds for the expected successes to equal those seen.

    One made-up decision at the expected rate is added: without failures (or successes) the shift stays finite,
    and without decisions it is 0.

    Examples
    --------
    >>> round(shift_for(np.zeros(1000), np.r_[np.ones(750), np.zeros(250)]), 2)
    1.1
    >>> shift_for(np.zeros(0), np.zeros(0))
    0.0
    """
    if not len(odds):
        return 0.0
    expected = chance(odds)
    wanted = (outcome.sum() + expected.mean()) / (len(odds) + 1)
    low, high = -FURTHEST, FURTHEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if chance(odds + middle).mean() < wanted:
            low = middle
        else:
            high = middle
    return round((low + high) / 2, DECIMALS)


def baseline_json(baseline: Baseline, shifts: FloatArray) -> dict[str, Any]:
    """Save what learners on the log-odds share."""
    return {"baseline": baseline.coefficients.tolist(), "shifts": shifts.tolist()}
