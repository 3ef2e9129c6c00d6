"""Effects as boosted regressions, one per action after none: the last stage of the diagnostics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.actions.effects._base import Evidence, Features, FloatArray
from models.actions.effects._small_trees import SmallTrees, TreeShape, learn_small_trees


@dataclass(frozen=True)
class Target:
    """What is regressed for one action: the rows used, a noisy effect for each, and its weight."""

    rows: NDArray[np.bool_]
    effect: FloatArray
    weight: FloatArray | None = None


@dataclass(frozen=True)
class TreeRegressions:
    """Effect on the probability per action after ``none``: a constant and trees."""

    constants: tuple[float, ...]
    trees: tuple[SmallTrees, ...]

    def predict(self, x: Features, z: FloatArray) -> FloatArray:
        """Give the effect on the probability of success against none: array (rows, arms)."""
        del z
        voices = [start + one.predict(x) for start, one in zip(self.constants, self.trees, strict=True)]
        return np.column_stack([np.zeros(len(x)), *voices])

    def to_json(self) -> dict[str, Any]:
        """Numbers, and the trees as LightGBM's text."""
        return {"constants": list(self.constants), "trees": [one.text for one in self.trees]}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> TreeRegressions:
        """Back from `to_json`, bit for bit."""
        return cls(tuple(saved["constants"]), tuple(SmallTrees(text) for text in saved["trees"]))


def regressed(
    x: Features, targets: Sequence[Target], smallest_leaf: int, evidence: Evidence, shape: TreeShape
) -> TreeRegressions:
    """Boost one regression per action; where there is too little to split, its mean serves."""
    constants, trees = [], []
    for one in targets:
        learnt = learn_small_trees(
            x[one.rows],
            one.effect,
            "regression",
            smallest_leaf,
            evidence.seed,
            evidence.num_threads,
            shape=shape,
            weight=one.weight,
        )
        mean = float(np.average(one.effect, weights=one.weight)) if len(one.effect) else 0.0
        constants.append(0.0 if learnt.text else mean)
        trees.append(learnt)
    return TreeRegressions(tuple(constants), tuple(trees))
