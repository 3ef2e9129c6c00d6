"""Small trees per action on top of a baseline that is fitted again while they grow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.actions.action_effects import DECIMALS
from models.actions.effects._base import Evidence
from models.actions.effects._baseline import chance, shift_for
from models.actions.effects._joint_effects import JointEffects
from models.actions.effects._refit import Refit
from models.actions.effects._small_trees import SmallTrees, TreeShape
from models.actions.outcome_models import SAFE_TREES
from models.estimators.lightgbm import trees_only

if TYPE_CHECKING:
    import lightgbm

FloatArray = NDArray[np.float64]

#: A leaf holds a 25th of an action's decisions, within these bounds.
LEAF_SHARE, SMALLEST_LEAF, LARGEST_LEAF = 25, 20, 200
#: Trees of every action between two refits of the baseline.
EVERY = 5


@dataclass
class _Growing:
    """One action while its trees grow: its decisions, and log-odds on them beside the baseline."""

    rows: NDArray[np.intp]
    outcome: FloatArray
    linear: FloatArray
    shift: float
    trees: FloatArray
    booster: lightgbm.Booster | None

    @property
    def added(self) -> FloatArray:
        return self.shift + self.linear + self.trees

    def grow(self, odds: FloatArray, trees: int) -> None:
        """Add trees, each towards what is missed beside the baseline."""
        if self.booster is None:
            return
        towards = _towards(self.outcome, odds[self.rows] + self.shift + self.linear)
        for _ in range(trees):
            self.booster.update(fobj=towards)
        self.booster.eval_train(self._hear)

    def _hear(self, said: FloatArray, _data: object) -> tuple[str, float, bool]:
        """Take over LightGBM's own sum of the trees, which it shows to a metric: much cheaper than to predict."""
        self.trees = np.array(said, dtype=np.float64)
        return "heard", 0.0, False

    def meet(self, odds: FloatArray) -> None:
        """Move the shift towards the successes seen."""
        if self.booster is None:
            self.shift = shift_for(odds[self.rows] + self.linear, self.outcome)
            return
        expected = chance(odds[self.rows] + self.added)
        # One Newton step, which is enough so close by.
        self.shift += float((self.outcome - expected).sum() / ((expected * (1.0 - expected)).sum() + 1e-6))

    def finished(self) -> SmallTrees:
        if self.booster is None or not self.booster.current_iteration():
            return SmallTrees()
        return SmallTrees(trees_only(self.booster.model_to_string()))


def grown_trees(evidence: Evidence, start: JointEffects, shape: TreeShape) -> JointEffects:
    """Grow every action's trees on the decisions that got it, on top of ``start`` (without trees).

    Too few decisions to split, one outcome only or columns that do not vary give no trees for that action.
    """
    arm, outcome = evidence.arm, evidence.outcome
    linear = start.added(evidence.x, evidence.z)
    actions = range(1, evidence.arms)
    rows = {position: np.flatnonzero(arm == position) for position in actions}
    added = np.zeros(len(arm))
    for position in actions:
        added[rows[position]] = linear[rows[position], position]
    refit = Refit(evidence.z, arm, outcome, start.baseline, evidence.inverse_curvature)
    growing = {
        position: _Growing(
            rows[position],
            outcome[rows[position]],
            linear[rows[position], position] - start.shifts[position],
            float(start.shifts[position]),
            np.zeros(len(rows[position])),
            _booster(evidence, position, rows[position], shape),
        )
        for position in actions
    }
    for _ in range(0, shape.trees, EVERY):
        for one in growing.values():
            one.grow(refit.odds, EVERY)
            added[one.rows] = one.added
        refit.move(added)
        for one in growing.values():
            one.meet(refit.odds)
            added[one.rows] = one.added
    shifts = np.array([0.0, *(growing[position].shift for position in actions)]).round(DECIMALS)
    trees = (SmallTrees(), *(growing[position].finished() for position in actions))
    return replace(start, baseline=refit.baseline, shifts=shifts, trees=trees)


def without_slopes(evidence: Evidence) -> JointEffects:
    """Give the baseline of all actions, and a shift per action against doing nothing: where trees can start."""
    flat = np.zeros((evidence.arms, evidence.z.shape[1]))
    return JointEffects(evidence.baseline, evidence.shifts, flat)


def _booster(
    evidence: Evidence, position: int, rows: NDArray[np.intp], shape: TreeShape
) -> lightgbm.Booster | None:
    import lightgbm

    leaf = int(np.clip(len(rows) // LEAF_SHARE, SMALLEST_LEAF, LARGEST_LEAF))
    outcome = evidence.outcome[rows]
    if len(rows) < 2 * leaf or len(np.unique(outcome)) < 2:
        return None
    settings: dict[str, Any] = {
        **SAFE_TREES,
        "objective": "none",
        "metric": "none",
        "num_leaves": shape.leaves,
        "lambda_l2": shape.ridge,
        "min_child_samples": leaf,
        "num_threads": evidence.num_threads,
        "seed": evidence.seed,
    }
    if position not in evidence.binned:
        binned = lightgbm.Dataset(evidence.x[rows], label=outcome, params=settings)
        evidence.binned[position] = binned.construct()
    data = evidence.binned[position]
    # LightGBM stops with an error where no column can be split.
    if not any(data.feature_num_bin(at) for at in range(evidence.x.shape[1])):
        return None
    return lightgbm.Booster(settings, data)


def _towards(outcome: FloatArray, start: FloatArray) -> Callable[..., tuple[FloatArray, FloatArray]]:
    """Slope and curvature of the log-loss, for LightGBM."""

    def slopes(said: FloatArray, _data: object) -> tuple[FloatArray, FloatArray]:
        expected = chance(start + said)
        return expected - outcome, expected * (1.0 - expected)

    return slopes
