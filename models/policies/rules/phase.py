"""The journey: an action that a phase does not name is not for who is in it."""

from __future__ import annotations

import numpy as np

from features.settings import Words
from models.policies.rule import Batch, BoolArray, Rule


def _blocks(action: str, batch: Batch) -> dict[str, BoolArray]:
    closed = [phase for phase, listed in batch.allowed.items() if len(listed) and action not in listed]
    return {"phase": np.isin(batch.phase.astype(str), closed)}


def _words(name: str) -> Words | None:
    if name != "phase":
        return None
    return {"en": "not for this phase of the journey", "nl": "niet voor deze fase van de reis"}


RULE = Rule(rank=20, blocks=_blocks, words=_words)
