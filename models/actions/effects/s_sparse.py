"""S on the log-odds, linear: one baseline for all actions, and per action the few columns that change it.

How strongly each column is held to zero is not cross-validated but learnt by maximising the evidence, a strength
per column (automatic relevance determination): most columns drop out, and what stays is hardly shrunk. One Newton
step from the baseline, which the action's own rate of success has been added to, stands in for the full logistic
fit. No propensities: rare actions bring no large weights.

References
----------
MacKay (1992), Bayesian interpolation; Tipping (2001), Sparse Bayesian learning and the relevance vector machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.actions.action_effects import DECIMALS
from models.actions.effects._base import Evidence, Features, against_none
from models.actions.effects._baseline import Baseline, baseline_json, chance
from models.signed_log import weighted_sums

FloatArray = NDArray[np.float64]

#: Columns considered per action: those that tell its successes apart best, one by one.
MOST_COLUMNS = 80
#: Rounds of evidence maximisation.
ROUNDS = 30
#: Strength of the ridge on a column: first guess, weakest, and the strength at which the column drops out.
FIRST, WEAKEST, OUT = 100.0, 1.0, 1e6
#: Fewer decisions with an action say nothing about whom it suits.
ENOUGH = 100


@dataclass(frozen=True)
class SparseEffects:
    """Baseline log-odds, and per action a shift and sparse slopes: ``coefficients`` is (arms, columns)."""

    baseline: Baseline
    shifts: FloatArray
    coefficients: FloatArray

    def predict(self, x: Features, z: FloatArray) -> FloatArray:
        """Give the effect on the probability of success against none: array (rows, arms)."""
        del x
        odds = self.baseline.log_odds(z)[:, None] + self.shifts
        live = np.flatnonzero(self.coefficients.any(axis=0))
        return against_none(chance(odds + weighted_sums(z[:, live], self.coefficients[:, live])))

    def to_json(self) -> dict[str, Any]:
        """Only the slopes that are not zero, by position."""
        slopes = [{str(at): float(row[at]) for at in np.flatnonzero(row)} for row in self.coefficients]
        return {**baseline_json(self.baseline, self.shifts), "slopes": slopes}


class SparseLearner:
    """Learns `SparseEffects`."""

    serves = True

    def learn(self, evidence: Evidence) -> SparseEffects:
        """Learn shift and slopes of every action from the decisions that got it."""
        shifts = evidence.shifts.copy()
        slopes = np.zeros((evidence.arms, evidence.z.shape[1]))
        for position in range(evidence.arms):
            given = evidence.arm == position
            if given.sum() < ENOUGH:
                continue
            expected = chance(evidence.shifted[given, position])
            centre, slopes[position] = sparse_step(
                evidence.z[given], evidence.outcome[given] - expected, expected * (1.0 - expected)
            )
            shifts[position] -= float(centre @ slopes[position])
        return SparseEffects(evidence.baseline, shifts.round(DECIMALS), slopes)

    def from_json(self, saved: dict[str, Any]) -> SparseEffects:
        """Back from `SparseEffects.to_json`, bit for bit."""
        baseline = Baseline(np.array(saved["baseline"]))
        slopes = np.zeros((len(saved["shifts"]), len(baseline.coefficients) - 1))
        for position, row in enumerate(saved["slopes"]):
            for at, slope in row.items():
                slopes[position, int(at)] = slope
        return SparseEffects(baseline, np.array(saved["shifts"]), slopes)


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
    spread, pull = weight @ (alone * alone), alone.T @ residual
    strength = np.where(spread > 1e-6, np.abs(pull) / np.sqrt(np.maximum(spread, 1e-6)), 0.0)
    order = np.lexsort((np.arange(len(strength)), -strength))
    kept = np.sort(order[:MOST_COLUMNS][strength[order[:MOST_COLUMNS]] > 0])
    alone = alone[:, kept]
    information, pull = (alone * weight[:, None]).T @ alone, pull[kept]
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
