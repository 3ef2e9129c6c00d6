"""Channel: where the customer does most of what they do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from features.contract import CHANNELS
from models.segment_dimensions._base import UNKNOWN, Dimension, Known, Segments

_WORDS = {
    "web": ("Website", "Website"), "app": ("App", "App"), "store": ("Store", "Winkel"), "email": ("E-mail", "E-mail"),
    "mail": ("Post", "Post"), "phone": ("Phone", "Telefoon"), "chat": ("Chat", "Chat"), "sms": ("SMS", "Sms"),
    "push": ("Push message", "Pushbericht"), "social": ("Social media", "Sociale media"),
    "display": ("Display advertising", "Display-advertenties"), "paid_search": ("Paid search", "Betaald zoeken"),
    "organic_search": ("Organic search", "Organisch zoeken"), "referral": ("Referral", "Verwijzing"),
    "affiliate": ("Affiliate", "Affiliate"), "direct": ("Direct visit", "Direct bezoek"),
    "partner": ("Partner", "Partner"), "other": ("Other", "Overig"),
}  # fmt: skip


def main_channel(shares: Sequence[NDArray[np.floating]], channels: Sequence[str]) -> Segments:
    """Name the channel with the largest share; at a tie the first, at no use ``unknown``.

    Examples
    --------
    >>> main_channel([np.array([0.4, 0.0]), np.array([0.6, 0.0])], ["web", "store"]).tolist()
    ['store', 'unknown']
    """
    share = np.asarray(shares)
    named = np.asarray(channels, dtype=str)[share.argmax(axis=0)]
    return np.where(share.max(axis=0) > 0, named, UNKNOWN)


def _segments(known: Known) -> dict[str, Segments]:
    used = [channel for channel in CHANNELS if f"channel__{channel}_share" in known.column_names]
    if not used:
        return {}
    names = [f"channel__{channel}_share" for channel in used]
    return known.relative(names, lambda *shares: main_channel(shares, used))


DIMENSION = Dimension(
    _segments,
    name={"en": "Main channel", "nl": "Voornaamste kanaal"},
    words={channel: {"en": _WORDS[channel][0], "nl": _WORDS[channel][1]} for channel in CHANNELS},
    place=40,
)
