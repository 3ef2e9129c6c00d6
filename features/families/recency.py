"""Recency: how long ago the customer last did something."""

from __future__ import annotations

from collections.abc import Iterator

from features.families._base import Family, Measure, Scope
from features.history import History


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    behaviour = history.only(kinds=scope.behaviour)
    yield Measure("behaviour", behaviour.last_days(), "days", "Days since the customer last did anything",
                  "Dagen sinds de klant voor het laatst iets deed")  # fmt: skip
    if "purchase" in scope.kinds:
        for n, en, nl in ((1, "last", "laatste"), (2, "second last", "op één na laatste"),
                          (4, "fourth last", "op drie na laatste")):  # fmt: skip
            yield Measure("order" if n == 1 else f"order_{n}", history.orders.last_days(n), "days",
                          f"Days since the {en} order", f"Dagen sinds de {nl} bestelling")  # fmt: skip
    for kind in scope.other_behaviour:
        yield Measure(kind, history.only(kinds=(kind,)).last_days(), "days", f"Days since the last {kind}",
                      f"Dagen sinds de laatste {kind}")  # fmt: skip


FAMILY = Family(_measures)
