"""Funnel: from looking through the cart and the checkout to the order, and what was left in the cart.

Shares are of days, not of events: ten looks in one evening are one wish. A round is what lies between two orders.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from features.contract import DAY_US
from features.families._base import Family, Measure, Scope
from features.history import Floats, History, Ints, Mask

STEPS = ("product_view", "cart_add", "checkout", "purchase")
#: What is assumed of a step of which nothing is known, and how many days that assumption weighs.
SHARE, WEIGHT = 0.25, 2.0
#: Recent conversion is that of the last so many days.
RECENT_DAYS = (28, 84)
#: A cart that was not ordered within so many days is abandoned.
ABANDONED_DAYS = 7
#: What was put in the cart longer ago is not in it any more.
CART_DAYS = 28
#: Days from the first look to the order that are assumed of who never ordered, weighing one order.
USUAL_DAYS = 7.0
#: Days per customer in a combined key; 2**20 days is 2,870 years.
_SPAN = 1 << 20


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    steps = tuple(step for step in STEPS if step in scope.kinds)
    yield from _conversion(history, steps)
    if "cart_add" in steps:
        if "purchase" in steps:
            yield from _abandoned(history)
        yield from _cart(history)
    yield from _rounds(history, steps)


# ---- conversion --------------------------------------------------------------------------------------------


def _conversion(history: History, steps: Sequence[str]) -> Iterator[Measure]:
    for below, above in pairwise(steps):
        yield Measure(f"{above}_per_{below}", _share(history, below, above), "share",
                      f"Days with {above} per day with {below}, drawn to a quarter",
                      f"Dagen met {above} per dag met {below}, getrokken naar een kwart")  # fmt: skip
    for below, above in pairwise([step for step in steps if step != "checkout"]):
        usual = _share(history, below, above)
        for days in RECENT_DAYS:
            recent = _recent(history, above, days) + usual * WEIGHT
            yield Measure(f"{above}_per_{below}__{days}d", recent / (_recent(history, below, days) + WEIGHT),
                          "share", f"Days with {above} per day with {below} in the last {days} days, drawn to "
                          "the customer's own share over the look-back",
                          f"Dagen met {above} per dag met {below} in de laatste {days} dagen, getrokken naar "
                          "het eigen aandeel over de terugblik")  # fmt: skip


def _share(history: History, below: str, above: str) -> Floats:
    days = [history.only(kinds=(kind,)).by_day.total() for kind in (above, below)]
    return (days[0] + SHARE * WEIGHT) / (days[1] + WEIGHT)


def _recent(history: History, kind: str, days: int) -> Floats:
    seen = history.only(kinds=(kind,)).by_day
    since = history.frame.cutoff_day - days
    return seen.total((seen.floats("day") >= since).astype(np.float64))


# ---- carts -------------------------------------------------------------------------------------------------


def _abandoned(history: History) -> Iterator[Measure]:
    carts = history.only(kinds=("cart_add",)).by_day
    key, orders = _day_key(carts), _day_key(history.orders.by_day)
    place = np.searchsorted(orders, key)
    following = np.append(orders, np.iinfo(np.int64).max)[place]
    # A cart of the last days may still be ordered: it counts neither way.
    today = history.frame.cutoff_day
    day = carts.column("day").astype(np.int64, copy=False)
    old = day + ABANDONED_DAYS < today
    left = old & (following > key + ABANDONED_DAYS)
    share = (carts.total(left.astype(np.float64)) + 0.5) / (carts.total(old.astype(np.float64)) + 1.0)
    yield Measure("abandoned_share", share, "share",
                  "Share of days with a cart without an order on that day or in the 7 days after; drawn to a half",
                  "Aandeel dagen met een winkelwagen zonder bestelling die dag of in de 7 dagen erna; "
                  "getrokken naar de helft")  # fmt: skip
    yield Measure("abandoned__84d", carts.total((left & (day >= today - 84)).astype(np.float64)), "days",
                  "Days with a cart that was abandoned, in the last 84 days",
                  "Dagen met een verlaten winkelwagen in de laatste 84 dagen")  # fmt: skip


def _day_key(days: History) -> Ints:
    key: Ints = days.row * _SPAN + days.column("day").astype(np.int64, copy=False)
    return key


def _cart(history: History) -> Iterator[Measure]:
    ordered = history.orders.nth_last("occurred_us", 1, -np.inf)
    added, removed = (history.only(kinds=(kind,)) for kind in ("cart_add", "cart_remove"))
    added, removed = (one.where(one.floats("occurred_us") > one.spread(ordered)) for one in (added, removed))
    yield Measure("cart_age", added.last_days(), "days",
                  "Days since something was put in the cart that was not ordered since; the look-back if nothing was",
                  "Dagen sinds er iets in de winkelwagen kwam dat nog niet besteld is; "
                  "de terugblik als er niets is")  # fmt: skip
    since = history.frame.cutoff_day - CART_DAYS
    added, removed = (one.where(one.floats("day") >= since) for one in (added, removed))
    items = np.maximum(added.total() - removed.total(), 0.0)
    value = np.maximum(added.total("value") - removed.total(np.abs(removed.floats("value"))), 0.0)
    yield Measure("cart_items", items, "items",
                  "Things put in the cart in the last 28 days and neither taken out nor ordered since",
                  "Artikelen die de laatste 28 dagen in de winkelwagen kwamen en daar nog in liggen")  # fmt: skip
    yield Measure("cart_value", value, "money", "Value of those things, where the source tells it",
                  "Waarde van die artikelen, als de bron die geeft")  # fmt: skip


# ---- rounds ------------------------------------------------------------------------------------------------


def _rounds(history: History, steps: Sequence[str]) -> Iterator[Measure]:
    seen = history.only(kinds=steps)
    step = seen.by_kind(STEPS).code
    occurred = seen.floats("occurred_us")
    number, ordered = _round_of(seen, step == STEPS.index("purchase"))
    # A customer has one round more than orders: the last one is still open.
    orders = history.orders.total().astype(np.int64) if "purchase" in steps else np.zeros_like(seen.ends)
    opened = np.cumsum(orders) + np.arange(len(orders))
    owner = np.repeat(np.arange(len(orders)), orders + 1)
    first_step = min(STEPS.index(name) for name in steps)
    looked = _first(number, occurred, step == first_step, len(owner))
    if "purchase" in steps:
        bought = _first(number, occurred, ordered, len(owner))
        yield _waited(history, "days_to_order", (bought - looked) / DAY_US, owner, "order", "bestelling")
    if "cart_add" in steps and steps[0] != "cart_add":
        carted = _first(number, occurred, step == STEPS.index("cart_add"), len(owner))
        yield _waited(history, "days_to_cart", (carted - looked) / DAY_US, owner, "cart", "winkelwagen")
    running = (history.frame.cutoff_us - looked[opened]) / DAY_US
    yield Measure("running_days", np.where(np.isfinite(running), running, 0.0), "days",
                  f"Days since the first {steps[0]} since the last order; 0 if there is none",
                  f"Dagen sinds de eerste {steps[0]} na de laatste bestelling; 0 als die er niet is")  # fmt: skip
    now = seen.where(number == seen.spread(opened.astype(np.float64)))
    yield Measure("deepest", now.top((now.by_kind(STEPS).code + 1).astype(np.float64)), "step",
                  "Furthest step since the last order: 0 none, 1 looked at a product, 2 cart, 3 checkout",
                  "Verste stap sinds de laatste bestelling: 0 geen, 1 product bekeken, 2 winkelwagen, "
                  "3 afrekenen")  # fmt: skip


def _round_of(seen: History, purchase: Mask) -> tuple[Ints, Mask]:
    """Round of each event, and which events stand at the moment of an order; that moment ends its round."""
    occurred = seen.column("occurred_us")
    begins = np.ones(len(occurred), dtype=np.bool_)
    begins[1:] = (seen.row[1:] != seen.row[:-1]) | (occurred[1:] != occurred[:-1])
    moment = np.cumsum(begins) - 1
    bought = np.bincount(moment[purchase], minlength=int(begins.sum())) > 0
    before: Ints = np.cumsum(bought) - bought
    return before[moment] + seen.row, bought[moment]


def _first(number: Ints, occurred: Floats, which: Mask, rounds: int) -> Floats:
    first = np.full(rounds, np.nan)
    # Sorted by time and read backwards: the first moment is written last.
    first[number[which][::-1]] = occurred[which][::-1]
    return first


def _waited(history: History, name: str, days: Floats, owner: Ints, en: str, nl: str) -> Measure:
    known = days >= 0
    total, number = history.per_row(owner[known], days[known]), history.per_row(owner[known])
    return Measure(name, (total + USUAL_DAYS) / (number + 1.0), "days",
                   f"Mean days from the first step of a round to its {en}, drawn to a week",
                   f"Gemiddelde dagen van de eerste stap van een ronde tot de {nl}, "
                   "getrokken naar een week")  # fmt: skip


FAMILY = Family(_measures, needs=("product_view", "cart_add", "checkout"))
