"""Response ranking: the best single action, those most likely to respond to it first.

The usual campaign selection: a model of who responds, sorted. It knows no effect - whoever would have bought
anyway stands on top. Without a contact budget the order does not matter and it is the best single action for all.
"""

from __future__ import annotations

import numpy as np

from models.actions.contenders._base import Proposal, View, one_action


class Response:
    """The best single action, ranked by the probability of success given that action."""

    def propose(self, view: View) -> Proposal:
        """Give everybody the best single action; want the likeliest responders most."""
        choice = np.where(view.eligible[:, view.single], view.single, 0)
        return one_action(choice, view.response[:, view.single], len(view.arms))


CONTENDER = Response()
