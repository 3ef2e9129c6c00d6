"""Monetary: what the customer spends, keeps and saves, per window and per order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.families._base import Family, Measure, Scope, windowed
from features.history import Floats, History, ratio


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    orders = history.orders
    number, spent = orders.total(), orders.total("value")
    mean = ratio(spent, number)
    yield from windowed("spend", orders.sum("value"), history, "money", "Spend in the last {days} days",
                        "Besteding in de laatste {days} dagen")  # fmt: skip
    yield Measure("order_value", mean, "money", "Mean value of an order", "Gemiddelde bestelwaarde")
    yield Measure("spend_per_day", spent / np.maximum(orders.first_days(), 7.0), "money per day",
                  "Spend per day since the first order (at least a week)",
                  "Besteding per dag sinds de eerste bestelling (minstens een week)")  # fmt: skip
    yield from _order_values(orders, number, mean)
    if "return" in scope.kinds:
        yield from _returns(history, scope, spent)
    if "discount" in scope.kinds:
        given = history.only(kinds=("discount",)).total("value")
        yield Measure("discount_share", ratio(given, spent + given), "share",
                      "Money off / what the orders would have cost without",
                      "Korting / wat de bestellingen zonder hadden gekost")  # fmt: skip


def _order_values(orders: History, number: Floats, mean: Floats) -> Iterator[Measure]:
    away = orders.floats("value") - orders.spread(mean)
    spread = np.sqrt(ratio(orders.total(away * away), number))
    last = orders.nth_last("value", 1, 0.0)
    recent = sum(orders.nth_last("value", n, mean) for n in (2, 3)) + np.where(number > 0, last, mean)
    yield Measure("order_value_spread", spread, "money", "Standard deviation of the order values",
                  "Standaardafwijking van de bestelwaarden")  # fmt: skip
    yield Measure("order_value_variation", ratio(spread, mean), "ratio", "Spread / mean of the order values",
                  "Spreiding / gemiddelde van de bestelwaarden")  # fmt: skip
    yield Measure("order_value_top", orders.top("value"), "money", "Largest order", "Grootste bestelling")
    yield Measure("order_value_last", last, "money", "Value of the last order",
                  "Waarde van de laatste bestelling")  # fmt: skip
    yield Measure("order_value_last_share", ratio(last, mean, default=1.0), "ratio",
                  "Value of the last order / mean order value",
                  "Waarde laatste bestelling / gemiddelde bestelwaarde")  # fmt: skip
    yield Measure("order_value_last_3_share", ratio(recent / 3.0, mean, default=1.0), "ratio",
                  "Mean value of the last three orders / mean order value",
                  "Gemiddelde van de laatste drie bestellingen / gemiddelde bestelwaarde")  # fmt: skip


def _returns(history: History, scope: Scope, spent: Floats) -> Iterator[Measure]:
    # What comes back has a value below zero.
    returns = history.only(kinds=("return",))
    returned = returns.total("value")
    yield from windowed("net_spend", history.orders.sum("value") + returns.sum("value"), history, "money",
                        "Spend less what came back in the last {days} days",
                        "Besteding min wat terugkwam in de laatste {days} dagen",
                        only=scope.kind_windows_days)  # fmt: skip
    yield Measure("net_spend", spent + returned, "money", "Spend less what came back in the whole look-back",
                  "Besteding min wat terugkwam in de hele terugblik")  # fmt: skip
    yield Measure("returned_share", ratio(-returned, spent), "share", "Money returned / money spent",
                  "Teruggestuurd bedrag / besteed bedrag")  # fmt: skip


FAMILY = Family(_measures, needs=("purchase",))
