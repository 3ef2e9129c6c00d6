"""Buying behaviour: recency, frequency and money together."""

from __future__ import annotations

from models.rfm import BANDS, RFM_COLUMNS, rfm_bands
from models.segment_dimensions._base import Dimension, Known, Segments

_WORDS = {
    "recent_frequent_high": {"en": "Recent, often, big spend", "nl": "Recent, vaak, veel besteed"},
    "recent_frequent": {"en": "Recent, often", "nl": "Recent, vaak"},
    "recent_rare": {"en": "Recent, seldom", "nl": "Recent, zelden"},
    "silent_frequent": {"en": "Silent, bought often", "nl": "Stil, kocht vaak"},
    "silent_rare": {"en": "Silent, bought seldom", "nl": "Stil, kocht zelden"},
    "no_order": {"en": "No order yet", "nl": "Nog geen bestelling"},
}


def _segments(known: Known) -> dict[str, Segments]:
    return known.relative(RFM_COLUMNS["purchase"], rfm_bands)


DIMENSION = Dimension(
    _segments,
    name={"en": "Buying behaviour (RFM)", "nl": "Koopgedrag (RFM)"},
    words={band: _WORDS[band] for band in BANDS},
    place=10,
)
