"""Trend: does the customer do more or less than before, from one window to a longer one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.families._base import Family, Measure, Scope
from features.history import Floats, History, ratio


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    behaviour = history.only(kinds=scope.behaviour)
    one = np.ones(history.frame.customers)
    if "purchase" in scope.kinds:
        orders = history.orders
        usual = ratio(orders.total("value"), orders.total(), default=1.0)
        yield from _ratios("orders", orders.count(), one, history, "Orders", "Bestellingen")
        yield from _ratios("spend", orders.sum("value"), usual, history, "Spend", "Besteding")
        yield from _ratios("lines", orders.sum("lines"), one, history, "Order lines", "Bestelregels")
    if scope.other_behaviour:
        yield from _ratios("active_days", behaviour.by_day.count(), one, history, "Active days",
                           "Actieve dagen")  # fmt: skip


def _ratios(
    name: str, nested: Floats, usual: Floats, history: History, en: str, nl: str
) -> Iterator[Measure]:
    """Pace in a window / pace in the window two sizes longer, drawn to 1 by one usual unit."""
    windows = history.frame.windows_days
    for short, long in zip(range(len(windows)), range(2, len(windows)), strict=False):
        part = windows[short] / windows[long]
        value = ratio(nested[short] + usual * part, (nested[long] + usual) * part, default=1.0)
        yield Measure(f"{name}_{windows[short]}_to_{windows[long]}", value, "ratio",
                      f"{en}: pace of the last {windows[short]} days / the last {windows[long]} days",
                      f"{nl}: tempo laatste {windows[short]} / laatste {windows[long]} dagen")  # fmt: skip


FAMILY = Family(_measures)
