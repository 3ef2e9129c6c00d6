"""Contact caps: who was reached often enough lately, over the channel of the action or over all, is left alone."""

from __future__ import annotations

from features.settings import Words
from models.policies.rule import Batch, BoolArray, Rule
from models.policies.rules.consent import channel_words

_NAME = "contact_cap"


def _blocks(action: str, batch: Batch) -> dict[str, BoolArray]:
    found: dict[str, BoolArray] = {}
    for cap, contacts in zip(batch.settings.contact_caps, batch.contacts, strict=True):
        # An action without a channel may well reach the customer: only caps over one channel spare it.
        if cap.channel is None or batch.channels.get(action) == cap.channel:
            name = _NAME if cap.channel is None else f"{_NAME}_{cap.channel}"
            over = contacts >= cap.most
            found[name] = found[name] | over if name in found else over
    return found


def _words(name: str) -> Words | None:
    if name == _NAME:
        return {"en": "reached often enough lately", "nl": "de laatste tijd vaak genoeg benaderd"}
    if not name.startswith(f"{_NAME}_"):
        return None
    channel = channel_words(name.removeprefix(f"{_NAME}_"))
    return {
        "en": f"reached often enough lately over {channel['en']}",
        "nl": f"de laatste tijd vaak genoeg benaderd via {channel['nl']}",
    }


RULE = Rule(rank=40, blocks=_blocks, words=_words)
