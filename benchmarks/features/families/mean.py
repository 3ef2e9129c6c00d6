"""Mean money per kind that carries it, and window."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.features.task import VALUED
from features.families._base import Family, Measure, Scope, windowed
from features.history import History, ratio


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    money = history.only(kinds=VALUED)
    by = money.by_kind(VALUED)
    values = ratio(money.sum("value", by), money.count(by))
    for kind, nested in zip(VALUED, values, strict=True):
        yield from windowed(
            kind, nested, history, "money", f"{kind}, {{days}} days", f"{kind}, {{days}} dagen"
        )


FAMILY = Family(_measures)
