"""One action for everybody, ``none`` among them: what any rule must beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.actions.contenders._base import BoolArray, Proposal, View, one_action


def one_for_all(position: int, eligible: BoolArray) -> Proposal:
    """Choose one action wherever it is eligible, ``none`` elsewhere; every contact is wanted alike.

    Examples
    --------
    >>> one_for_all(1, np.array([[True, True], [True, False]])).target.tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    choice = np.where(eligible[:, position], position, 0)
    return one_action(choice, np.zeros(len(choice)), eligible.shape[1])


@dataclass(frozen=True)
class SingleAction:
    """The action at ``position`` for everybody who can have it, ``none`` for the others."""

    position: int

    def propose(self, view: View) -> Proposal:
        """Want every contact equally: under a budget a random part is contacted."""
        return one_for_all(self.position, view.eligible)
