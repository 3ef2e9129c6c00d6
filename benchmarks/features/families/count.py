"""Events per kind and window."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.features.task import KINDS15
from features.families._base import Family, Measure, Scope, windowed
from features.history import History


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    counts = history.count(by=history.by_kind(KINDS15))
    for kind, values in zip(KINDS15, counts, strict=True):
        yield from windowed(
            kind, values, history, "events", f"{kind}, {{days}} days", f"{kind}, {{days}} dagen"
        )


FAMILY = Family(_measures)
