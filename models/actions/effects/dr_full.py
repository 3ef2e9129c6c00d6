"""Doubly robust with a full-size boosted last stage: a diagnostic of what too flexible a stage costs."""

from __future__ import annotations

from typing import Any

from models.actions.effects._base import Evidence
from models.actions.effects._small_trees import FULL
from models.actions.effects._tree_regressions import Target, TreeRegressions, regressed
from models.actions.outcome_models import smallest_leaf


class FullDoublyRobustLearner:
    """Learns one boosted regression of doubly robust contrasts per action."""

    serves = False

    def learn(self, evidence: Evidence) -> TreeRegressions:
        """Regress the contrast of scores on the features, where the action was possible."""
        targets = []
        for position in range(1, evidence.arms):
            able = evidence.eligible[:, position]
            targets.append(Target(able, evidence.scores[able, position] - evidence.scores[able, 0]))
        return regressed(evidence.x, targets, smallest_leaf(len(evidence.x)), evidence, FULL)

    def from_json(self, saved: dict[str, Any]) -> TreeRegressions:
        """Back from `TreeRegressions.to_json`, bit for bit."""
        return TreeRegressions.from_json(saved)


LEARNER = FullDoublyRobustLearner()
