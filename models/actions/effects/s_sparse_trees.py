"""S on the log-odds, sparse slopes first, then half as many trees as `s_trees`.

What is linear costs trees many splits; what is left for them here are thresholds and interactions.
"""

from __future__ import annotations

from typing import Any

from models.actions.effects._base import Evidence
from models.actions.effects._joint_effects import JointEffects
from models.actions.effects._joint_trees import grown_trees
from models.actions.effects._small_trees import TreeShape
from models.actions.effects.s_sparse import SparseLearner

SHAPE = TreeShape(40, 3, 20.0)


class SparseTreeLearner:
    """Learns `JointEffects` with slopes and trees."""

    serves = True

    def learn(self, evidence: Evidence) -> JointEffects:
        """Learn the slopes of `s_sparse`, and grow every action's trees on top of them."""
        return grown_trees(evidence, SparseLearner().learn(evidence), SHAPE)

    def from_json(self, saved: dict[str, Any]) -> JointEffects:
        """Back from `JointEffects.to_json`, bit for bit."""
        return JointEffects.from_json(saved)


LEARNER = SparseTreeLearner()
