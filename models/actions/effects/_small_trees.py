"""Small boosted trees kept as text: learnt slowly, read row by row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.actions.outcome_models import SAFE_TREES
from models.estimators.lightgbm import trees_only

if TYPE_CHECKING:
    import lightgbm

FloatArray = NDArray[np.float64]
Features = NDArray[np.float32]


@dataclass(frozen=True)
class TreeShape:
    """How many trees, leaves per tree, and the ridge on a leaf."""

    trees: int
    leaves: int
    ridge: float


SMALL = TreeShape(60, 4, 50.0)
#: As the models behind doubly robust scores: too much for an effect, which is why it serves in diagnostics only.
FULL = TreeShape(120, 8, 10.0)


@dataclass(frozen=True)
class SmallTrees:
    """Boosted trees as LightGBM writes them; no text: 0 for everybody."""

    text: str | None = None

    @cached_property
    def _booster(self) -> lightgbm.Booster:
        import lightgbm

        return lightgbm.Booster(model_str=self.text)

    def predict(self, x: Features) -> FloatArray:
        """Give the raw sum of the leaves per row."""
        if self.text is None or not len(x):
            return np.zeros(len(x))
        return np.asarray(self._booster.predict(x, raw_score=True, num_threads=1), dtype=np.float64)

    def __getstate__(self) -> dict[str, Any]:
        """Give the text, which is the model: a booster is not sent to another process."""
        return {"text": self.text}


def learn_small_trees(
    x: Features,
    target: FloatArray,
    objective: Literal["binary", "regression"],
    smallest_leaf: int,
    seed: int,
    num_threads: int,
    shape: TreeShape = SMALL,
    weight: FloatArray | None = None,
) -> SmallTrees:
    """Boost trees from nothing.

    Too few rows to split, or one class only, give trees that say nothing.
    """
    import lightgbm

    if len(x) < 2 * smallest_leaf or len(np.unique(target)) < 2:
        return SmallTrees()
    settings = {
        **SAFE_TREES,
        "objective": objective,
        "num_leaves": shape.leaves,
        "lambda_l2": shape.ridge,
        "min_child_samples": smallest_leaf,
        "num_threads": num_threads,
        "seed": seed,
    }
    data = lightgbm.Dataset(x, label=target, weight=weight, params=settings)
    return SmallTrees(
        trees_only(lightgbm.train(settings, data, num_boost_round=shape.trees).model_to_string())
    )
