"""Sessions: what a basket and a visit look like."""

from __future__ import annotations

from collections.abc import Iterator

from features.families._base import Family, Measure, Scope, windowed
from features.history import History, ratio


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    if "purchase" in scope.kinds:
        yield from _baskets(history)
    if scope.other_behaviour:
        behaviour = history.only(kinds=scope.behaviour)
        visits = behaviour.distinct("session")
        yield from windowed("visits", visits, history, "sessions", "Sessions in the last {days} days",
                            "Sessies in de laatste {days} dagen")  # fmt: skip
        row, counts = behaviour.pair_counts("session")
        number = history.per_row(row)
        depth = history.per_row(row, counts)
        yield Measure("visit_depth", ratio(depth, number), "events", "Mean events per session",
                      "Gemiddeld aantal gebeurtenissen per sessie")  # fmt: skip
        if "purchase" in scope.kinds:
            yield Measure("orders_per_visit", ratio(history.orders.total(), number), "orders",
                          "Orders per session", "Bestellingen per sessie")  # fmt: skip


def _baskets(history: History) -> Iterator[Measure]:
    orders = history.orders
    number = orders.total()
    lines = ratio(orders.total("lines"), number)
    last = orders.nth_last("lines", 1, 0.0)
    yield from windowed("lines", orders.sum("lines"), history, "lines", "Order lines in the last {days} days",
                        "Bestelregels in de laatste {days} dagen")  # fmt: skip
    yield Measure("basket_lines", lines, "lines", "Mean lines per order",
                  "Gemiddeld aantal regels per bestelling")  # fmt: skip
    yield Measure("basket_lines_last", last, "lines", "Lines of the last order",
                  "Regels van de laatste bestelling")  # fmt: skip
    yield Measure("basket_lines_last_share", ratio(last, lines, default=1.0), "ratio",
                  "Lines of the last order / mean lines",
                  "Regels laatste bestelling / gemiddelde")  # fmt: skip
    yield Measure("basket_items", ratio(orders.total("quantity"), number), "items", "Mean items per order",
                  "Gemiddeld aantal artikelen per bestelling")  # fmt: skip
    yield Measure("item_price", ratio(orders.total("value"), orders.total("quantity")), "money",
                  "Mean price of an item", "Gemiddelde artikelprijs")  # fmt: skip


FAMILY = Family(_measures)
