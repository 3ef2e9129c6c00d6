"""Events per window."""

from __future__ import annotations

from collections.abc import Iterator

from features.families._base import Family, Measure, Scope, windowed
from features.history import History


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    yield from windowed("all", history.count(), history, "events", "Events, {days} days",
                        "Gebeurtenissen, {days} dagen")  # fmt: skip


FAMILY = Family(_measures)
