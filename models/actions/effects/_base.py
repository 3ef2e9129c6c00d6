"""What a learner of effects sees and offers, and what the learners share so that it is learnt once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.actions.action_effects import arm_scores
from models.actions.effects._baseline import Baseline, learn_baseline, shift_for
from models.actions.effects._refit import inverse_curvature
from models.actions.outcome_models import cross_fitted_means

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Features = NDArray[np.float32]


@dataclass(frozen=True)
class Evidence:
    """The decisions of one phase as learners of effects see them.

    Attributes
    ----------
    arms : int
        Number of candidate actions; position 0 is ``none``.
    x : float32 array (rows, columns)
        Features as they are, for trees.
    z : array (rows, columns)
        The same, standardised (`models.signed_log.SignedLogScale`), for linear stages.
    circumstances : float32 array
        Features and the day: what the models behind doubly robust scores see.
    arm, outcome, propensity : array, one per row
        Position of what was given (-1: no candidate), 0/1, the chance of what was given.
    eligible : bool array (rows, arms)
    fold : array, one per row
        By customer: no model that judges a row has seen its customer.
    floor : float
        Smallest propensity used.
    seed, num_threads : int
    """

    arms: int
    x: Features
    z: FloatArray
    circumstances: Features
    arm: IntArray
    outcome: FloatArray
    propensity: FloatArray
    eligible: BoolArray
    fold: IntArray
    floor: float
    seed: int
    num_threads: int

    @cached_property
    def baseline(self) -> Baseline:
        """Log-odds of success under ``none``, learnt from all actions."""
        return learn_baseline(self.z, self.arm, self.outcome, self.arms)

    @cached_property
    def shifts(self) -> FloatArray:
        """How far the baseline must move to meet the successes of every action: array (arms,), ``none`` 0."""
        odds = self.baseline.log_odds(self.z)
        given = [self.arm == position for position in range(1, self.arms)]
        return np.array([0.0, *(shift_for(odds[rows], self.outcome[rows]) for rows in given)])

    @cached_property
    def inverse_curvature(self) -> FloatArray:
        """Of the baseline's fit beside those shifts: what `Refit` steps by."""
        odds = self.baseline.log_odds(self.z) + self.shifts[np.maximum(self.arm, 0)]
        return inverse_curvature(self.z, odds, self.arm >= 0)

    @cached_property
    def binned(self) -> dict[int, Any]:
        """Decisions per action as LightGBM sees them, binned once for all learners that grow trees on them."""
        return {}

    @cached_property
    def means(self) -> FloatArray:
        """Cross-fitted probability of success of every row under every action: array (rows, arms)."""
        seen = (self.circumstances, self.arm, self.outcome, self.fold, self.arms)
        return cross_fitted_means(*seen, "probability", self.seed, self.num_threads)

    @cached_property
    def scores(self) -> FloatArray:
        """Doubly robust scores of the outcome: array (rows, arms), NaN where not eligible."""
        return arm_scores(self.means, self.arm, self.outcome, self.propensity, self.eligible, self.floor)


class FittedEffects(Protocol):
    """Effects that were learnt: total, independent of the batch, equal to the bit after saving and loading."""

    def predict(self, x: Features, z: FloatArray) -> FloatArray:
        """Give the effect on the probability of success against none: array (rows, arms), column 0 all 0."""

    def to_json(self) -> dict[str, Any]:
        """Plain lists, numbers and text."""


class EffectLearner(Protocol):
    """One way to learn effects. ``serves``: part of the mean that serves; else a diagnostic."""

    serves: bool

    def learn(self, evidence: Evidence) -> FittedEffects:
        """Learn every action's effect; thin evidence gives the average effect or none, never NaN."""

    def from_json(self, saved: dict[str, Any]) -> FittedEffects:
        """Back from `FittedEffects.to_json`, bit for bit."""


def against_none(success: FloatArray) -> FloatArray:
    """Subtract the first column from all: probabilities per action to effects."""
    return success - success[:, [0]]
