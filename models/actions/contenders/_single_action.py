"""One action for everybody, ``none`` among them: what any rule must beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.actions.contenders._base import Proposal, View, one_action


@dataclass(frozen=True)
class SingleAction:
    """The action at ``position`` for everybody who can have it, ``none`` for the others."""

    position: int

    def propose(self, view: View) -> Proposal:
        """Want every contact equally: under a budget a random part is contacted."""
        choice = np.where(view.eligible[:, self.position], self.position, 0)
        return one_action(choice, np.zeros(len(choice)), len(view.arms))
