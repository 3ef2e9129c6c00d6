"""Trend: does the customer do more or less than before.

Two ways: the pace of one window against a longer one, and the least-squares slope over the last periods of four
weeks, of which only those count that lie wholly after the customer's first.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.families._base import Family, Measure, Scope
from features.history import Floats, History, ratio

#: Length (days) and number of the periods of a slope.
PERIOD_DAYS = 28
PERIODS = 6


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    one = np.ones(history.frame.customers)
    if "purchase" in scope.kinds:
        orders = history.orders
        usual = ratio(orders.total("value"), orders.total(), default=1.0)
        yield from _ratios("orders", orders.count(), one, history, "Orders", "Bestellingen")
        yield from _ratios("spend", orders.sum("value"), usual, history, "Spend", "Besteding")
        yield _slope("orders", orders, None, one, "Orders", "Bestellingen")
        yield _slope("spend", orders, orders.floats("value"), usual, "Spend", "Besteding")
    if scope.other_behaviour:
        active = history.only(kinds=scope.behaviour).by_day
        yield from _ratios("active_days", active.count(), one, history, "Active days", "Actieve dagen")
        yield _slope("active_days", active, None, one, "Active days", "Actieve dagen")


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


def _slope(name: str, view: History, values: Floats | None, usual: Floats, en: str, nl: str) -> Measure:
    """Least-squares slope per period / mean level of the periods, drawn to 0 by one usual unit."""
    # The period of the first event is not whole: with it everybody who is new would seem to rise.
    periods = np.minimum(np.floor(view.first_days() / PERIOD_DAYS), PERIODS)
    period = (view.frame.cutoff_day - 1 - view.column("day").astype(np.int64, copy=False)) // PERIOD_DAYS
    middle = (periods - 1.0) / 2.0
    inside = period < view.spread(periods)
    amount = np.where(inside, 1.0 if values is None else values, 0.0)
    # Period 0 is the newest: what lies before the middle in number pulls up.
    pull = view.total(amount * (view.spread(middle) - period))
    slope = ratio(pull, periods * (periods * periods - 1.0) / 12.0)
    return Measure(f"{name}_slope", ratio(slope * periods, view.total(amount) + usual), "per period",
                   f"{en}: change per four weeks / usual level, over at most {PERIODS} periods of four weeks",
                   f"{nl}: verandering per vier weken / gewoon niveau, over hoogstens {PERIODS} keer vier weken"
                   )  # fmt: skip


FAMILY = Family(_measures)
