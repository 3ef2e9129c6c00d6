"""R: residual of the outcome on residual of the action, per pair of an action and none; a diagnostic.

References
----------
Nie & Wager (2021), Quasi-oracle estimation of heterogeneous treatment effects.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from models.actions.effects._base import Evidence, FloatArray
from models.actions.effects._small_trees import FULL
from models.actions.effects._tree_regressions import Target, TreeRegressions, regressed
from models.actions.outcome_models import smallest_leaf

#: A chance of the action among the pair is held this far from 0 and 1.
EDGE = 0.05


class RLearner:
    """Learns one weighted boosted regression per action."""

    serves = False

    def learn(self, evidence: Evidence) -> TreeRegressions:
        """Regress outcome residual over action residual, weighted by its square."""
        targets = []
        for position in range(1, evidence.arms):
            given = evidence.arm == position
            rows = given | ((evidence.arm == 0) & evidence.eligible[:, position])
            share = _share_given(evidence, position)[rows]
            low, high = evidence.means[rows, 0], evidence.means[rows, position]
            expected = low + share * (high - low)
            away = given[rows] - share
            targets.append(Target(rows, (evidence.outcome[rows] - expected) / away, away**2))
        return regressed(evidence.x, targets, smallest_leaf(len(evidence.x)), evidence, FULL)

    def from_json(self, saved: dict[str, Any]) -> TreeRegressions:
        """Back from `TreeRegressions.to_json`, bit for bit."""
        return TreeRegressions.from_json(saved)


def _share_given(evidence: Evidence, position: int) -> FloatArray:
    """Chance of the action among the pair, by a ridge on the columns learnt on other customers.

    Only the chance of what was given is in the log, not that of the other action of the pair.
    """
    given = (evidence.arm == position).astype(np.float64)
    rows = (evidence.arm == position) | (evidence.arm == 0)
    share = np.full(len(given), 0.5)
    for held_out in np.unique(evidence.fold):
        seen = rows & (evidence.fold != held_out)
        if not seen.any():
            continue
        inside, centre, mean = evidence.z[seen], evidence.z[seen].mean(axis=0), given[seen].mean()
        gram = (inside - centre).T @ (inside - centre) + 10.0 * np.eye(inside.shape[1])
        slope = np.linalg.solve(gram, (inside - centre).T @ (given[seen] - mean))
        held = evidence.fold == held_out
        share[held] = mean + (evidence.z[held] - centre) @ slope
    held_off: FloatArray = np.clip(share, EDGE, 1.0 - EDGE)
    return held_off


LEARNER = RLearner()
