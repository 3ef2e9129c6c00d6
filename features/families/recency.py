"""Recency: how long ago the customer last did something."""

from __future__ import annotations

from collections.abc import Iterator

from features.families._base import Family, Measure, Scope
from features.history import History


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    days = history.last_days_by(history.by_kind(scope.behaviour))
    yield Measure("behaviour", days.min(axis=0), "days", "Days since the customer last did anything",
                  "Dagen sinds de klant voor het laatst iets deed")  # fmt: skip
    if "purchase" in scope.kinds:
        for n, en, nl in ((1, "last", "laatste"), (2, "second last", "op één na laatste"),
                          (4, "fourth last", "op drie na laatste")):  # fmt: skip
            yield Measure("order" if n == 1 else f"order_{n}", history.orders.last_days(n), "days",
                          f"Days since the {en} order", f"Dagen sinds de {nl} bestelling")  # fmt: skip
    for kind, since in zip(scope.behaviour, days, strict=True):
        if kind != "purchase":
            yield Measure(
                kind, since, "days", f"Days since the last {kind}", f"Dagen sinds de laatste {kind}"
            )


FAMILY = Family(_measures)
