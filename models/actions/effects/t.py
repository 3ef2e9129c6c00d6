"""T: one full-size model of the outcome per action, on that action's decisions alone; a diagnostic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.actions.effects._base import Evidence, Features, FloatArray, against_none
from models.actions.effects._baseline import chance
from models.actions.effects._small_trees import FULL, SmallTrees, learn_small_trees
from models.actions.outcome_models import smallest_leaf


@dataclass(frozen=True)
class SeparateModels:
    """Log-odds of success per action: a constant, and trees."""

    constants: tuple[float, ...]
    trees: tuple[SmallTrees, ...]

    def predict(self, x: Features, z: FloatArray) -> FloatArray:
        """Give the effect on the probability of success against none: array (rows, arms)."""
        del z
        odds = [start + one.predict(x) for start, one in zip(self.constants, self.trees, strict=True)]
        return against_none(chance(np.column_stack(odds)))

    def to_json(self) -> dict[str, Any]:
        """Numbers, and the trees as LightGBM's text."""
        return {"constants": list(self.constants), "trees": [one.text for one in self.trees]}


class TLearner:
    """Learns `SeparateModels`."""

    serves = False

    def learn(self, evidence: Evidence) -> SeparateModels:
        """Boost every action's model; its mean log-odds serve where there is too little to split."""
        trees, constants = [], []
        for position in range(evidence.arms):
            given = evidence.arm == position
            learnt = learn_small_trees(
                evidence.x[given],
                evidence.outcome[given],
                "binary",
                smallest_leaf(int(given.sum())),
                evidence.seed,
                evidence.num_threads,
                shape=FULL,
            )
            trees.append(learnt)
            rate = (evidence.outcome[given].sum() + 0.5) / (given.sum() + 1.0)
            constants.append(0.0 if learnt.text else float(np.log(rate / (1.0 - rate))))
        return SeparateModels(tuple(constants), tuple(trees))

    def from_json(self, saved: dict[str, Any]) -> SeparateModels:
        """Back from `SeparateModels.to_json`, bit for bit."""
        return SeparateModels(tuple(saved["constants"]), tuple(SmallTrees(text) for text in saved["trees"]))


LEARNER = TLearner()
