"""Frequency: how often the customer buys and does other things, per window."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.families._base import Family, Measure, Scope, windowed
from features.history import Floats, History


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    if "purchase" in scope.kinds:
        orders = history.orders
        yield from windowed("orders", orders.count(), history, "orders", "Orders in the last {days} days",
                            "Bestellingen in de laatste {days} dagen")  # fmt: skip
        yield Measure("orders", orders.total(), "orders", "Orders in the whole look-back",
                      "Bestellingen in de hele terugblik")  # fmt: skip
        yield from windowed("order_days", orders.by_day.count(), history, "days",
                            "Days with an order in the last {days} days",
                            "Dagen met een bestelling in de laatste {days} dagen")  # fmt: skip
        yield from windowed("orders_decayed", decayed(orders), history, "orders",
                            "Orders, each weighing half as much for every {days} days of age",
                            "Bestellingen, half zo zwaar per {days} dagen ouderdom")  # fmt: skip
    if scope.other_behaviour:
        behaviour = history.only(kinds=scope.behaviour)
        yield from windowed("active_days", behaviour.by_day.count(), history, "days",
                            "Days with any activity in the last {days} days",
                            "Dagen met activiteit in de laatste {days} dagen")  # fmt: skip
    for kind in scope.other_behaviour:
        yield from windowed(kind, history.only(kinds=(kind,)).count(), history, "events",
                            f"Events of kind {kind} in the last {{days}} days",
                            f"Gebeurtenissen {kind} in de laatste {{days}} dagen")  # fmt: skip


def decayed(history: History, name: str | None = None) -> Floats:
    """Sum events (or a column), halved for every window length of age; shape (windows, customers)."""
    age = history.frame.cutoff_day - 1 - history.column("day").astype(np.int64, copy=False)
    ages = np.arange(history.frame.lookback_days + 1)
    weight = np.ones(len(age)) if name is None else history.floats(name)
    # A table by whole days, because a vectorised power may differ in its last bit by place in the array.
    tables = [np.array([0.5 ** (int(a) / days) for a in ages]) for days in history.frame.windows_days]
    return np.array([history.total(weight * table[age]) for table in tables])


FAMILY = Family(_measures)
