"""X: what each decision would have come to under the other action, imputed, then small trees per action.

A diagnostic: in the mean that serves it cost gain in the near-linear simulated world and won none in the other.

References
----------
Künzel et al. (2019), Metalearners for estimating heterogeneous treatment effects using machine learning.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from models.actions.effects._base import Evidence
from models.actions.effects._small_trees import SMALL
from models.actions.effects._tree_regressions import Target, TreeRegressions, regressed
from models.actions.outcome_models import smallest_leaf


class XLearner:
    """Learns one regression of imputed effects per action, on the decisions with it and those with none."""

    serves = False

    def learn(self, evidence: Evidence) -> TreeRegressions:
        """Impute by the cross-fitted means; both sides of a pair in one regression, so the larger weighs more."""
        targets = []
        for position in range(1, evidence.arms):
            given, means = evidence.arm == position, evidence.means
            imputed = np.where(given, evidence.outcome - means[:, 0], means[:, position] - evidence.outcome)
            rows = given | ((evidence.arm == 0) & evidence.eligible[:, position])
            targets.append(Target(rows, imputed[rows]))
        return regressed(evidence.x, targets, smallest_leaf(len(evidence.x)), evidence, SMALL)

    def from_json(self, saved: dict[str, Any]) -> TreeRegressions:
        """Back from `TreeRegressions.to_json`, bit for bit."""
        return TreeRegressions.from_json(saved)


LEARNER = XLearner()
