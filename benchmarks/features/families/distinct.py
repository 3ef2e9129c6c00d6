"""Distinct days, categories and sessions per window."""

from __future__ import annotations

from collections.abc import Iterator

from features.families._base import Family, Measure, Scope, windowed
from features.history import History


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    found = {
        "days": history.by_day.count(), "categories": history.distinct("category"),
        "sessions": history.distinct("session"),
    }  # fmt: skip
    for what, values in found.items():
        yield from windowed(what, values, history, what, f"Distinct {what}, {{days}} days",
                            f"Verschillende {what}, {{days}} dagen")  # fmt: skip


FAMILY = Family(_measures)
