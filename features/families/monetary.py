"""Monetary: what the customer spends, per window and per order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.families._base import Family, Measure, Scope, windowed
from features.history import History, ratio


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    orders = history.orders
    number, spent = orders.total(), orders.total("value")
    mean = ratio(spent, number)
    away = orders.floats("value") - orders.spread(mean)
    last = orders.nth_last("value", 1, 0.0)
    yield from windowed("spend", orders.sum("value"), history, "money", "Spend in the last {days} days",
                        "Besteding in de laatste {days} dagen")  # fmt: skip
    yield Measure("order_value", mean, "money", "Mean value of an order", "Gemiddelde bestelwaarde")
    yield Measure("order_value_spread", np.sqrt(ratio(orders.total(away * away), number)), "money",
                  "Standard deviation of the order values",
                  "Standaardafwijking van de bestelwaarden")  # fmt: skip
    yield Measure("order_value_top", orders.top("value"), "money", "Largest order", "Grootste bestelling")
    yield Measure("order_value_last", last, "money", "Value of the last order",
                  "Waarde van de laatste bestelling")  # fmt: skip
    yield Measure("order_value_last_share", ratio(last, mean, default=1.0), "ratio",
                  "Value of the last order / mean order value",
                  "Waarde laatste bestelling / gemiddelde bestelwaarde")  # fmt: skip
    yield Measure("spend_per_day", spent / np.maximum(orders.first_days(), 7.0), "money per day",
                  "Spend per day since the first order (at least a week)",
                  "Besteding per dag sinds de eerste bestelling (minstens een week)")  # fmt: skip
    if "return" in scope.kinds:
        returned = history.only(kinds=("return",))
        yield Measure("returned_share", ratio(-returned.total("value"), spent), "share",
                      "Money returned / money spent", "Teruggestuurd bedrag / besteed bedrag")  # fmt: skip


FAMILY = Family(_measures, needs=("purchase",))
