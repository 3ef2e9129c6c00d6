"""S on the log-odds, with trees: a baseline of doing nothing, and per action a few small trees on top of it.

The trees start from the linear baseline moved to the action's own rate of success, and the baseline is fitted again
while they grow, so that all they have to say is where the action does better or worse than that: thresholds and
interactions that a linear stage cannot see.
"""

from __future__ import annotations

from typing import Any

from models.actions.effects._base import Evidence
from models.actions.effects._joint_effects import JointEffects
from models.actions.effects._joint_trees import grown_trees, without_slopes
from models.actions.effects._small_trees import TreeShape

SHAPE = TreeShape(80, 3, 20.0)


class TreeLearner:
    """Learns `JointEffects` without slopes."""

    serves = True

    def learn(self, evidence: Evidence) -> JointEffects:
        """Grow every action's trees on the decisions that got it."""
        return grown_trees(evidence, without_slopes(evidence), SHAPE)

    def from_json(self, saved: dict[str, Any]) -> JointEffects:
        """Back from `JointEffects.to_json`, bit for bit."""
        return JointEffects.from_json(saved)


LEARNER = TreeLearner()
