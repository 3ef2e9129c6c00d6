"""S on the log-odds, linear: a baseline of doing nothing, and per action the few columns that change it.

How strongly each column is held to zero is not cross-validated but learnt by maximising the evidence, a strength
per column (automatic relevance determination): most columns drop out, and what stays is hardly shrunk. Baseline
(`Refit`) and actions are learnt in turn, an action by one Newton step a turn. No propensities: rare actions bring no
large weights.

A diagnostic, and what `s_sparse_trees` starts from.

References
----------
MacKay (1992), Bayesian interpolation; Tipping (2001), Sparse Bayesian learning and the relevance vector machine.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.actions.action_effects import DECIMALS
from models.actions.effects._base import Evidence
from models.actions.effects._baseline import chance, shift_for
from models.actions.effects._joint_effects import JointEffects
from models.actions.effects._joint_trees import without_slopes
from models.actions.effects._refit import Refit

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Columns considered per action: those that tell its successes apart best, one by one.
MOST_COLUMNS = 80
#: Rounds of evidence maximisation.
ROUNDS = 30
#: Strength of the ridge on a column: first guess, weakest, and the strength at which the column drops out.
FIRST, WEAKEST, OUT = 100.0, 1.0, 1e6
#: Fewer decisions with an action say nothing about whom it suits.
ENOUGH = 100
#: Turns of baseline and actions.
TURNS = 5


class SparseLearner:
    """Learns `JointEffects` without trees."""

    serves = False

    def learn(self, evidence: Evidence) -> JointEffects:
        """Learn baseline, and shift and slopes of every action, in turn."""
        z, arm, outcome = evidence.z, evidence.arm, evidence.outcome
        learnt = without_slopes(evidence)
        added = np.zeros(len(arm))
        refit = Refit(z, arm, outcome, learnt.baseline, evidence.inverse_curvature)
        shifts, slopes = learnt.shifts.copy(), learnt.coefficients.copy()
        given = {position: np.flatnonzero(arm == position) for position in range(1, evidence.arms)}
        columns = {at: _considered(z[rows], outcome[rows], refit.odds[rows]) for at, rows in given.items()}
        seen = {at: z[np.ix_(rows, columns[at])] for at, rows in given.items()}
        for _ in range(TURNS):
            for at, rows in given.items():
                before = slopes[at, columns[at]]
                shifts[at], after = _added(seen[at], outcome[rows], refit.odds[rows], before)
                added[rows] = shifts[at] + seen[at] @ after
                slopes[at, columns[at]] = after
            refit.move(added)
        return JointEffects(refit.baseline, shifts.round(DECIMALS), slopes)

    def from_json(self, saved: dict[str, Any]) -> JointEffects:
        """Back from `JointEffects.to_json`, bit for bit."""
        return JointEffects.from_json(saved)


def _considered(z: FloatArray, outcome: FloatArray, odds: FloatArray) -> IntArray:
    """Positions of the columns that tell an action's successes apart best, at its rate of success."""
    expected = chance(odds + shift_for(odds, outcome))
    weight = expected * (1.0 - expected)
    if len(odds) < ENOUGH:
        return np.zeros(0, dtype=np.int64)
    return _strongest(z - (weight @ z) / weight.sum(), outcome - expected, weight)


def _added(
    z: FloatArray, outcome: FloatArray, odds: FloatArray, before: FloatArray
) -> tuple[float, FloatArray]:
    """Shift and slopes of one action beside the baseline's log-odds, a Newton step on from the slopes before."""
    if len(odds) < ENOUGH:
        return shift_for(odds, outcome), np.zeros(z.shape[1])
    said = z @ before
    expected = chance(odds + said + shift_for(odds + said, outcome))
    weight = expected * (1.0 - expected)
    # What the slopes say already is added back: the step is to slopes, not to a change of them.
    whole = outcome - expected + weight * (said - (weight @ said) / weight.sum())
    _, slopes = sparse_step(z, whole, weight)
    return shift_for(odds + z @ slopes, outcome), slopes


LEARNER = SparseLearner()


def sparse_step(z: FloatArray, residual: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """One Newton step of a logistic regression, with a ridge per column that maximises the evidence.

    Parameters
    ----------
    z : array (rows, columns)
    residual, weight : array, one per row
        Outcome minus expected probability p, and p (1 - p).

    Returns
    -------
    centre, coefficients : array (columns,)
        Weighted centre of the columns, and slopes around it.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> z = rng.normal(size=(4000, 30))
    >>> success = rng.random(4000) < 1 / (1 + np.exp(-0.4 * z[:, 0]))
    >>> _, slopes = sparse_step(z, success - 0.5, np.full(4000, 0.25))
    >>> bool(abs(slopes[0] - 0.4) < 0.1), bool(np.abs(slopes[1:]).max() < 0.1)
    (True, True)
    """
    centre = (weight @ z) / weight.sum()
    slopes = np.zeros(z.shape[1])
    alone = z - centre
    kept = _strongest(alone, residual, weight)
    alone = alone[:, kept]
    information, pull = (alone * weight[:, None]).T @ alone, alone.T @ residual
    alpha = np.full(len(kept), FIRST)
    for _ in range(ROUNDS):
        if not len(kept):
            return centre, slopes
        covariance = np.linalg.inv(information + np.diag(alpha))
        mean = covariance @ pull
        learnt = np.maximum(1.0 - alpha * np.diag(covariance), 1e-6)
        alpha = np.clip(learnt / np.maximum(mean * mean, 1e-12), WEAKEST, OUT)
        live = alpha < OUT
        kept, alpha, pull, information = kept[live], alpha[live], pull[live], information[np.ix_(live, live)]
    slopes[kept] = np.linalg.solve(information + np.diag(alpha), pull)
    return centre, slopes.round(DECIMALS)


def _strongest(alone: FloatArray, residual: FloatArray, weight: FloatArray) -> IntArray:
    """Positions, rising, of the centred columns with the largest score one by one; none that never varies."""
    spread, pull = weight @ (alone * alone), alone.T @ residual
    strength = np.where(spread > 1e-6, np.abs(pull) / np.sqrt(np.maximum(spread, 1e-6)), 0.0)
    order = np.lexsort((np.arange(len(strength)), -strength))
    strongest: IntArray = np.sort(order[:MOST_COLUMNS][strength[order[:MOST_COLUMNS]] > 0])
    return strongest
