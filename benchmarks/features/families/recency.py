"""Days since the last event of each kind and channel."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.features.task import CHANNELS8, KINDS15
from features.families._base import Family, Measure, Scope
from features.history import History


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    groups = ((KINDS15, history.by_kind(KINDS15)), (CHANNELS8, history.by_channel(CHANNELS8)))
    for words, by in groups:
        for word, days in zip(words, history.last_days_by(by), strict=True):
            yield Measure(word, days, "days", f"Days since {word}", f"Dagen sinds {word}")


FAMILY = Family(_measures)
