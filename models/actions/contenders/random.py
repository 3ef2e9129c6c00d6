"""Every eligible action with the same chance, ``none`` among them."""

from __future__ import annotations

import numpy as np

from models.actions.contenders._base import Proposal, View


class Random:
    """A draw without any model: what an experiment would do."""

    def propose(self, view: View) -> Proposal:
        """Spread the chance evenly over the eligible actions."""
        chance = view.eligible / view.eligible.sum(axis=1, keepdims=True)
        return Proposal(chance, np.zeros(len(chance)))


CONTENDER = Random()
