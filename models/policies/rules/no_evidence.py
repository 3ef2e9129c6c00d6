"""Evidence: an action on which the log of a phase says too little is neither planned nor drawn there.

A phase that was refused (no log, or one that follows from a fixed rule) knows no action at all, so nothing is drawn in
it either: nobody said what it would cost. Who says so (``trial_cost``) lets it be drawn where the journey names it.
"""

from __future__ import annotations

import numpy as np

from features.settings import Words
from models.policies.rule import Batch, BoolArray, Rule


def _blocks(action: str, batch: Batch) -> dict[str, BoolArray]:
    tried = batch.settings.of(action).trial_cost is not None
    known = [
        phase
        for phase, policy in batch.policies.items()
        if action in policy.cost or (tried and action in batch.allowed.get(phase, ()))
    ]
    return {"no_evidence": ~np.isin(batch.phase.astype(str), known)}


def _words(name: str) -> Words | None:
    if name != "no_evidence":
        return None
    return {"en": "too little is known of it in this phase", "nl": "er is in deze fase te weinig over bekend"}


RULE = Rule(rank=30, blocks=_blocks, words=_words)
