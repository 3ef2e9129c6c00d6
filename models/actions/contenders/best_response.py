"""Best response: per customer the action after which success is likeliest, as recommenders choose.

An action is always shown: doing nothing is no candidate, and neither cost nor value count.
"""

from __future__ import annotations

from models.actions.contenders._base import Proposal, View, best_eligible, one_action


class BestResponse:
    """The eligible action with the highest probability of success, ranked by that probability."""

    def propose(self, view: View) -> Proposal:
        """Choose by P(success | customer, action) alone."""
        choice, score = best_eligible(view.response, view)
        return one_action(choice, score, len(view.arms))


CONTENDER = BestResponse()
