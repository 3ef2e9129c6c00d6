"""Frequency: how often the customer buys and does other things, per window."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from features.families._base import Family, Measure, Scope, windowed
from features.history import Floats, History

#: Kinds that a family of their own tells more about: here only in the longest window of a kind.
TOLD_ELSEWHERE = (
    "ad_click", "email_open", "email_click", "ticket_open", "chat", "review", "survey", "referral", "share",
    "loyalty_earn", "loyalty_redeem", "subscribe", "unsubscribe",
)  # fmt: skip


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    if "purchase" in scope.kinds:
        yield from _orders(history, scope)
    if not scope.other_behaviour:
        return
    behaviour = history.only(kinds=scope.behaviour)
    yield from windowed("active_days", behaviour.by_day.count(), history, "days",
                        "Days with any activity in the last {days} days",
                        "Dagen met activiteit in de laatste {days} dagen")  # fmt: skip
    of_kinds = scope.kind_windows_days or history.frame.windows_days
    counts = history.count(by=history.by_kind(scope.behaviour))
    for kind, count in zip(scope.behaviour, counts, strict=True):
        if kind != "purchase":
            yield from windowed(kind, count, history, "events",
                                f"Events of kind {kind} in the last {{days}} days",
                                f"Gebeurtenissen {kind} in de laatste {{days}} dagen",
                                only=of_kinds[-1:] if kind in TOLD_ELSEWHERE else of_kinds)  # fmt: skip


def _orders(history: History, scope: Scope) -> Iterator[Measure]:
    orders = history.orders
    yield from windowed("orders", orders.count(), history, "orders", "Orders in the last {days} days",
                        "Bestellingen in de laatste {days} dagen")  # fmt: skip
    yield Measure("orders", orders.total(), "orders", "Orders in the whole look-back",
                  "Bestellingen in de hele terugblik")  # fmt: skip
    yield from windowed("order_days", orders.by_day.count(), history, "days",
                        "Days with an order in the last {days} days",
                        "Dagen met een bestelling in de laatste {days} dagen",
                        only=scope.kind_windows_days)  # fmt: skip
    yield from windowed("orders_decayed", decayed(orders), history, "orders",
                        "Orders, each weighing half as much for every {days} days of age",
                        "Bestellingen, half zo zwaar per {days} dagen ouderdom")  # fmt: skip


def decayed(history: History, name: str | None = None) -> Floats:
    """Sum events (or a column), halved for every window length of age; shape (windows, customers)."""
    age = history.frame.cutoff_day - 1 - history.column("day").astype(np.int64, copy=False)
    weight = np.ones(len(age)) if name is None else history.floats(name)
    tables = (_halving(days, history.frame.lookback_days) for days in history.frame.windows_days)
    return np.array([history.total(weight * table[age]) for table in tables])


@cache
def _halving(days: int, lookback_days: int) -> Floats:
    # A table by whole days, because a vectorised power may differ in its last bit by place in the array.
    return np.array([0.5 ** (age / days) for age in range(lookback_days + 1)])


FAMILY = Family(_measures)
