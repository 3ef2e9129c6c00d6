"""Doubly robust: score contrasts by cross-fitted nuisances, then a ridge per action.

The only learner here that uses the propensities. Unbiased where they are known, and the most variable: a rare action
brings weights of 1 / propensity.

References
----------
Kennedy (2023), Towards optimal doubly robust estimation of heterogeneous causal effects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.actions.action_effects import RidgeEffect, learn_ridge_effect
from models.actions.effects._base import Evidence, Features, FloatArray
from models.signed_log import weighted_sums


@dataclass(frozen=True)
class LinearEffects:
    """One linear effect on the probability per action after ``none``."""

    effects: tuple[RidgeEffect, ...]

    def predict(self, x: Features, z: FloatArray) -> FloatArray:
        """Give the effect on the probability of success against none: array (rows, arms)."""
        del x
        slopes = np.stack([one.coefficients for one in self.effects])
        linear = weighted_sums(z, slopes) + np.array([one.intercept for one in self.effects])
        return np.hstack([np.zeros((len(z), 1)), linear])

    def to_json(self) -> dict[str, Any]:
        """Plain lists."""
        return {
            "effects": [
                {"intercept": one.intercept, "coefficients": one.coefficients.tolist(), "alpha": one.alpha}
                for one in self.effects
            ]
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> LinearEffects:
        """Back from `to_json`, bit for bit."""
        return cls(
            tuple(
                RidgeEffect(one["intercept"], np.array(one["coefficients"]), one["alpha"])
                for one in saved["effects"]
            )
        )


class DoublyRobustLearner:
    """Learns `LinearEffects` from doubly robust scores."""

    serves = False

    def learn(self, evidence: Evidence) -> LinearEffects:
        """Regress the contrast of scores on the columns, where the action was possible."""
        scores, effects = evidence.scores, []
        for position in range(1, evidence.arms):
            able = evidence.eligible[:, position]
            contrast = scores[able, position] - scores[able, 0]
            effects.append(learn_ridge_effect(evidence.z[able], contrast, evidence.fold[able]))
        return LinearEffects(tuple(effects))

    def from_json(self, saved: dict[str, Any]) -> LinearEffects:
        """Back from `LinearEffects.to_json`, bit for bit."""
        return LinearEffects.from_json(saved)


LEARNER = DoublyRobustLearner()
