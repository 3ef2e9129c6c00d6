"""Validity: an action is given from its first day up to and including its last."""

from __future__ import annotations

from features.cutoffs import day_of
from features.settings import Words
from models.policies.rule import Batch, BoolArray, Rule


def _blocks(action: str, batch: Batch) -> dict[str, BoolArray]:
    said = batch.settings.of(action)
    if batch.decided_us is None or (said.first_day is None and said.until is None):
        return {}
    today = day_of(batch.decided_us)
    early = said.first_day is not None and today < said.first_day
    late = said.until is not None and today > said.until
    return {"validity": batch.everybody(early or late)}


def _words(name: str) -> Words | None:
    if name != "validity":
        return None
    return {"en": "not on offer on this day", "nl": "op deze dag niet beschikbaar"}


RULE = Rule(rank=50, blocks=_blocks, words=_words)
