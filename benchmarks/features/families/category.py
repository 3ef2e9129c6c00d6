"""Events per top category, in the longer windows."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.features.task import CATEGORY_WINDOWS, TOP_CATEGORIES
from features.families._base import Family, Measure, Scope, windowed
from features.history import History


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    counts = history.count(by=history.by_category(TOP_CATEGORIES))
    for category, values in zip(TOP_CATEGORIES, counts, strict=True):
        yield from windowed(category, values, history, "events", f"{category}, {{days}} days",
                            f"{category}, {{days}} dagen", only=CATEGORY_WINDOWS)  # fmt: skip


FAMILY = Family(_measures)
