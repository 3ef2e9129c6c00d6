"""Effect: per customer the action that earns most after costs; the contender that the gate judges.

Score = value x probability - cost, the probability with the effect of the action in it. It is what scoring does when
the gate opens, choice by choice: no margin is kept, for one was measured to cost more gain than it made proof easier
(`models.actions.margin`). ``none`` wins ties.
"""

from __future__ import annotations

import numpy as np

from models.actions.contenders._base import BoolArray, FloatArray, Proposal, View, one_action


def best_net(net: FloatArray, eligible: BoolArray) -> Proposal:
    """Choose per decision the eligible action that earns most; what it earns over doing nothing is its lead.

    Parameters
    ----------
    net : array (rows, arms)
        Money after costs; ``none`` first.
    eligible : bool array (rows, arms)

    Examples
    --------
    >>> best_net(np.array([[1.0, 3.0], [1.0, 3.0]]), np.array([[True, True], [True, False]])).lead.tolist()
    [2.0, 0.0]
    """
    choice = np.argmax(np.where(eligible, net, -np.inf), axis=1)
    lead = net[np.arange(len(choice)), choice] - net[:, 0]
    return one_action(choice, lead, net.shape[1])


class Personalised:
    """The eligible action with the highest net value, ranked by what it earns over doing nothing."""

    def propose(self, view: View) -> Proposal:
        """Choose by money after costs."""
        return best_net(view.net, view.eligible)


CONTENDER = Personalised()
