"""P x C x V x L: the arbitration formula of a well-known closed product, as a contender.

Priority = P x C x V x L, highest first. P: propensity to accept given the action; C: context weight; V: value
of the action; L: business lever. C and L are typed in (``next_action.tournament``), 1 by default. V here is the
mean money of a success after the action minus the action's cost, learnt on other customers: the formula wants one
number per action. Doing nothing is not ranked, so every customer with an eligible action of positive value
gets one, whether it changes anything or not: that is what the comparison shows.

References
----------
Pega Customer Decision Hub user guide 8.5-8.7, "Arbitration": Priority = Final propensity x Context weight x
Value x Weight, where Weight = 1 + (sum of the business weights) / 100.
"""

from __future__ import annotations

import numpy as np

from models.actions.contenders._base import FloatArray, Proposal, View, best_eligible, one_action


class Pcvl:
    """The eligible action with the highest priority; ``none`` where no priority is above 0."""

    def propose(self, view: View) -> Proposal:
        """Rank the actions of every customer by priority, and the customers by their highest."""
        weights = _weights(view.arms, view.settings.context) * _weights(view.arms, view.settings.lever)
        choice, score = best_eligible(view.response * (weights * (view.worth - view.cost)), view)
        return one_action(np.where(score > 0, choice, 0), score, len(view.arms))


def _weights(arms: tuple[str, ...], given: dict[str, float]) -> FloatArray:
    return np.array([given.get(arm, 1.0) for arm in arms])


CONTENDER = Pcvl()
