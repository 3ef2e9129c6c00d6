"""Apply every rule to every customer and action: who may get what, and the name of what forbids it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.actions.decision_log import NONE
from models.policies.rule import Batch, BoolArray, rules


@dataclass(frozen=True)
class HardMasks:
    """What each customer may get.

    Attributes
    ----------
    arms : tuple of str
        ``none`` first, then by name.
    names : tuple of str
        Of what may forbid an action; the first is empty.
    code : int16 array (customers, arms)
        Position in ``names``; 0: free.
    """

    arms: tuple[str, ...]
    names: tuple[str, ...]
    code: NDArray[np.int16]

    @property
    def free(self) -> BoolArray:
        """Where no rule forbids: bool array (customers, arms); ``none`` always is."""
        free: BoolArray = self.code == 0
        return free

    def also(self, blocked: NDArray[np.int16], names: tuple[str, ...]) -> HardMasks:
        """Add reasons (positions in ``names`` from 1; 0: none) where nothing forbade yet."""
        moved = np.where(blocked > 0, blocked + np.int16(len(self.names) - 1), np.int16(0))
        code = np.where(self.code == 0, moved, self.code).astype(np.int16)
        return HardMasks(self.arms, (*self.names, *names), code)

    def lists(self) -> NDArray[np.object_]:
        """Build lists of ``action:rule`` per customer; there are few different ones, so each is built once."""
        code = np.zeros(len(self.code), dtype=np.int64)
        for column in self.code.T:
            _, code = np.unique(code * len(self.names) + column, return_inverse=True)
        _, first, code = np.unique(code, return_index=True, return_inverse=True)
        built = np.empty(len(first), dtype=object)
        for place, row in enumerate(first):
            pairs = zip(self.arms, self.code[row], strict=True)
            built[place] = [f"{arm}:{self.names[one]}" for arm, one in pairs if one]
        lists = np.empty(len(self.code), dtype=object)
        lists[:] = built[code]
        return lists


def hard_masks(batch: Batch) -> HardMasks:
    """Ask every rule about every action that the policies or the journey know.

    Parameters
    ----------
    batch : Batch

    Examples
    --------
    >>> here = Batch(np.array([1, 2]), np.array(["decision"] * 2, object), {}, allowed={"decision": ["none", "mail"]},
    ...     consent={"post": np.array([None, False], object)}, channels={"mail": "post"})
    >>> hard_masks(here).lists().tolist()
    [['mail:no_evidence'], ['mail:consent_post']]
    """
    known = {arm for one in batch.policies.values() for arm in (*one.cost, *one.dropped)}
    known |= {arm for listed in batch.allowed.values() for arm in listed}
    arms = (NONE, *sorted(known - {NONE}))
    names: dict[str, int] = {"": 0}
    code = np.zeros((len(batch), len(arms)), dtype=np.int16)
    for column, arm in enumerate(arms[1:], start=1):
        # The rule that is named first goes last, over the others.
        for rule in reversed(rules()):
            for name, blocked in rule.blocks(arm, batch).items():
                if blocked.any():
                    code[blocked, column] = names.setdefault(name, len(names))
    return HardMasks(arms, tuple(names), code)
