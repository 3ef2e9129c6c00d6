"""Everything that was decided on a batch of customers; scores, trace and decision log are views of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.policies.candidate_scores import CandidateScores
from models.policies.hard_masks import HardMasks
from models.policies.rule import Batch, BoolArray, IntArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Decided:
    """Decisions on a batch, with why.

    Attributes
    ----------
    batch : Batch
    masks : HardMasks
        Who could not get what: the rules, and the budgets and stock that went to others.
    scores : CandidateScores
    action : int array, one per customer
        Position in ``masks.arms``.
    explore : bool array
        Whether it was drawn.
    propensity : array (customers, arms)
        Sums to 1; above 0 exactly where the action was possible.
    is_control : bool array
    version : str
        Of the policy.
    """

    batch: Batch
    masks: HardMasks
    scores: CandidateScores
    action: IntArray
    explore: BoolArray
    propensity: FloatArray
    is_control: BoolArray
    version: str

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the actions, ``none`` first."""
        return self.masks.arms

    def names(self) -> NDArray[np.object_]:
        """Name of each customer's action."""
        return np.array(self.arms, dtype=object)[self.action]

    def taken_propensity(self) -> FloatArray:
        """Propensity of each customer's action."""
        taken: FloatArray = self.propensity[np.arange(len(self.action)), self.action]
        return taken

    def cost(self) -> FloatArray:
        """Money that each customer's action costs."""
        spent: FloatArray = self.scores.cost[self.scores.place, self.action]
        return spent

    def possible(self) -> NDArray[np.object_]:
        """List each customer's actions with a propensity above 0; few differ, so each list is built once."""
        able = self.propensity > 0
        code = np.zeros(len(able), dtype=np.int64)
        for column in able.T:
            _, code = np.unique(code * 2 + column, return_inverse=True)
        _, first, code = np.unique(code, return_index=True, return_inverse=True)
        built = np.empty(len(first), dtype=object)
        for place, row in enumerate(first):
            built[place] = [arm for arm, one in zip(self.arms, able[row], strict=True) if one]
        lists = np.empty(len(able), dtype=object)
        lists[:] = built[code]
        return lists
