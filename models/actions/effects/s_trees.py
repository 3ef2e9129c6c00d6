"""S on the log-odds, with trees: one baseline for all actions, and per action a few small trees on top of it.

The trees start from the linear baseline moved to the action's own rate of success, so that all they have to say is
where the action does better or worse than that: thresholds and interactions that a linear stage cannot see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.actions.effects._base import Evidence, Features, against_none
from models.actions.effects._baseline import Baseline, baseline_json, chance
from models.actions.effects._small_trees import SmallTrees, learn_small_trees

FloatArray = NDArray[np.float64]

#: A leaf holds a 25th of an action's decisions, within these bounds.
LEAF_SHARE, SMALLEST_LEAF, LARGEST_LEAF = 25, 20, 200


@dataclass(frozen=True)
class TreeEffects:
    """Baseline log-odds, and per action a shift and small trees."""

    baseline: Baseline
    shifts: FloatArray
    trees: tuple[SmallTrees, ...]

    def predict(self, x: Features, z: FloatArray) -> FloatArray:
        """Give the effect on the probability of success against none: array (rows, arms)."""
        odds = self.baseline.log_odds(z)[:, None] + self.shifts
        return against_none(chance(odds + np.column_stack([one.predict(x) for one in self.trees])))

    def to_json(self) -> dict[str, Any]:
        """Numbers, and the trees as LightGBM's text."""
        return {**baseline_json(self.baseline, self.shifts), "trees": [one.text for one in self.trees]}


class TreeLearner:
    """Learns `TreeEffects`."""

    serves = True

    def learn(self, evidence: Evidence) -> TreeEffects:
        """Boost every action's trees on the decisions that got it."""
        trees = []
        for position in range(evidence.arms):
            given = evidence.arm == position
            leaf = int(np.clip(given.sum() // LEAF_SHARE, SMALLEST_LEAF, LARGEST_LEAF))
            trees.append(
                learn_small_trees(
                    evidence.x[given],
                    evidence.outcome[given],
                    "binary",
                    leaf,
                    evidence.seed,
                    evidence.num_threads,
                    start=evidence.shifted[given, position],
                )
            )
        return TreeEffects(evidence.baseline, evidence.shifts, tuple(trees))

    def from_json(self, saved: dict[str, Any]) -> TreeEffects:
        """Back from `TreeEffects.to_json`, bit for bit."""
        trees = tuple(SmallTrees(text) for text in saved["trees"])
        return TreeEffects(Baseline(np.array(saved["baseline"])), np.array(saved["shifts"]), trees)


LEARNER = TreeLearner()
