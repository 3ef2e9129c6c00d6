"""Hybrid of effect and response: effect where it says something, response order where it does not.

Where the best action leads the best constant by more than the margin (`models.actions.margin`), the customer gets
that action, the highest gains first. Everybody else gets the best constant, the likeliest responders first: where
effects are small against their error, outcome predictions can rank better than they do.

References
----------
Fernandez-Loria & Provost (2022), Causal decision making and causal effect estimation are not the same... and why
it matters.
"""

from __future__ import annotations

import numpy as np

from models.actions.contenders._base import Proposal, View, one_action
from models.actions.margin import learn_margin, with_margin


class Hybrid:
    """The rule where its lead is above the margin, else the best constant in the order of response."""

    def propose(self, view: View) -> Proposal:
        """Choose by money after costs, the best constant where it hardly matters."""
        margin = learn_margin(view.net, view.eligible, view.constant)
        choice = with_margin(view.net, view.eligible, view.constant, margin)
        row = np.arange(len(choice))
        instead = np.where(view.eligible[:, view.constant], view.constant, 0)
        gain = view.net[row, choice] - view.net[:, 0]
        # A probability is at most 1: whoever is chosen by effect comes before whoever is not.
        lead = np.where(choice != instead, 1.0 + gain, view.response[row, choice])
        return one_action(choice, lead, len(view.arms))


CONTENDER = Hybrid()
