"""Consent: a stated refusal of the channel, or of personalisation, blocks. Unknown does not."""

from __future__ import annotations

from features.settings import Words
from models.policies.rule import Batch, BoolArray, Rule

#: Who refuses this (attribute ``consent_personalisation``) gets no action at all.
PERSONALISATION = "personalisation"
_PREFIX = "consent_"
_CHANNELS: dict[str, Words] = {
    PERSONALISATION: {"en": "personalisation", "nl": "personalisatie"},
    "email": {"en": "e-mail", "nl": "e-mail"},
    "mail": {"en": "post", "nl": "post"},
    "phone": {"en": "phone", "nl": "telefoon"},
    "sms": {"en": "text messages", "nl": "sms"},
    "push": {"en": "push messages", "nl": "pushberichten"},
    "display": {"en": "advertisements", "nl": "advertenties"},
}


def channel_words(channel: str) -> Words:
    """Say a channel as a marketer reads it."""
    return _CHANNELS.get(channel, {"en": channel, "nl": channel})


def _blocks(action: str, batch: Batch) -> dict[str, BoolArray]:
    # `== False` and not `not`: unknown consent is None, and only a stated refusal blocks.
    return {
        f"{_PREFIX}{channel}": batch.consent[channel] == False  # noqa: E712
        for channel in (PERSONALISATION, batch.channels.get(action, ""))
        if channel in batch.consent
    }


def _words(name: str) -> Words | None:
    if not name.startswith(_PREFIX):
        return None
    channel = channel_words(name.removeprefix(_PREFIX))
    return {"en": f"refused {channel['en']}", "nl": f"{channel['nl']} geweigerd"}


RULE = Rule(rank=10, blocks=_blocks, words=_words)
