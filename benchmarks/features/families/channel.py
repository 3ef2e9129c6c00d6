"""Events per channel and window."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.features.task import CHANNELS8
from features.families._base import Family, Measure, Scope, windowed
from features.history import History


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    counts = history.count(by=history.by_channel(CHANNELS8))
    for channel, values in zip(CHANNELS8, counts, strict=True):
        yield from windowed(channel, values, history, "events", f"{channel}, {{days}} days",
                            f"{channel}, {{days}} dagen")  # fmt: skip


FAMILY = Family(_measures)
