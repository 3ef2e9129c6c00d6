"""Effect: per customer the action that earns most after costs; the contender that the gate judges.

Score = value x probability - cost, the probability with the effect of the action in it. It is what scoring does when
the gate opens, choice by choice: no margin is kept, for one was measured to cost more gain than it made proof easier
(`models.actions.margin`). ``none`` wins ties.
"""

from __future__ import annotations

import numpy as np

from models.actions.contenders._base import Proposal, View, one_action


class Personalised:
    """The eligible action with the highest net value, ranked by what it earns over doing nothing."""

    def propose(self, view: View) -> Proposal:
        """Choose by money after costs."""
        choice = np.argmax(np.where(view.eligible, view.net, -np.inf), axis=1)
        lead = view.net[np.arange(len(choice)), choice] - view.net[:, 0]
        return one_action(choice, lead, len(view.arms))


CONTENDER = Personalised()
