"""Touches: what reaches customers in each phase, what came last, and which channels lead to orders."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from features.contract import BEHAVIOUR, DAY_US, KINDS
from features.history import Floats, Ints
from features.journey.log import NO_CHANNEL, Log, first_after
from features.journey.orders import Orders
from features.journey.scopes import Scopes
from features.journey.steps import Stays
from features.journey.tally import exact
from features.journey.visits import Visits

#: What leads to an order. Neither the order itself nor what follows from one.
TOUCHES = ("page_view", "product_view", "search", "content_view", "ad_click", "email_open", "email_click",
           "store_visit", "cart_add", "checkout", "quote_request", "chat", "referral", "share")  # fmt: skip
#: How long before an order a touch counts.
ROLE_DAYS = 28
ROLES = ("starter", "assist", "closer", "any")
_CHANNELS = NO_CHANNEL + 1


def touchpoints(log: Log, scopes: Scopes) -> Ints:
    """Count events and distinct customers, shape (phases, kinds, channels and none, 2)."""
    shape = (scopes.phases, len(KINDS), _CHANNELS)
    phase = scopes.phase_of(log.moments.row, log.moments.day)
    inside = phase >= 0
    cell = np.ravel_multi_index((phase[inside], log.kind[inside], log.channel[inside]), shape)
    size = int(np.prod(shape))
    # One number per (customer, cell): a customer counts once, however often touched.
    once = np.unique(log.moments.row[inside] * size + cell) % size
    counted = [np.bincount(each, minlength=size).reshape(shape) for each in (cell, once)]
    return np.stack(counted, axis=-1)


def last_touches(log: Log, found: Stays, dormant: int, scopes: Scopes) -> Ints:
    """Count the last thing done before a stay ended in ``dormant``, shape (phases, kinds, channels and none)."""
    shape = (scopes.phases, len(KINDS), _CHANNELS)
    lost = found.to == dormant
    day = np.asarray(scopes.grid.days)[np.minimum(found.start + found.length, scopes.grid.steps)]
    event = np.flatnonzero(log.of(*(kind for kind in BEHAVIOUR if kind != "other")))
    span = 1 << 20
    key = log.moments.row[event] * span + log.moments.day[event]
    place = np.searchsorted(key, found.row[lost] * span + day[lost]) - 1
    known = place >= 0
    known &= log.moments.row[event[np.maximum(place, 0)]] == found.row[lost] if len(event) else False
    last = event[place[known]]
    cell = np.ravel_multi_index((found.phase[lost][known], log.kind[last], log.channel[last]), shape)
    return np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape)


def channel_roles(log: Log, orders: Orders, scopes: Scopes) -> tuple[dict[str, Floats], Floats, Ints]:
    """Tell what each channel did in the ``ROLE_DAYS`` before the orders, since the order before.

    Returns
    -------
    tuple
        Per role of ``ROLES`` the orders per channel and customer; the orders with a touch per customer
        (1 row); and the first orders ever per channel of their last touch (none: last).
    """
    customers = log.customers
    at = orders.at
    inside = at.day >= scopes.grid.first
    touch = np.flatnonzero(log.of(*TOUCHES) & (log.channel < NO_CHANNEL))
    order = first_after(at, log.moments.take(touch), ROLE_DAYS * DAY_US)
    # An order before the grid still takes its touches: they must not fall to the next one.
    counts = (order >= 0) & inside[order] if len(at) else order >= 0
    touch, order = touch[counts], order[counts]
    begins = np.ones(len(order), dtype=np.bool_)
    begins[1:] = order[1:] != order[:-1]
    ends = np.append(begins[1:], True)[: len(order)]
    channel = log.channel[touch]
    start = np.full(len(at), -1, dtype=np.int64)
    close = start.copy()
    start[order[begins]], close[order[ends]] = channel[begins], channel[ends]
    pair = np.unique(order * _CHANNELS + channel)
    whose, which = pair // _CHANNELS, pair % _CHANNELS
    masks = {"starter": start[whose] == which, "closer": close[whose] == which}
    masks["assist"] = ~masks["starter"] & ~masks["closer"]
    masks["any"] = np.ones(len(pair), dtype=np.bool_)
    roles = {
        role: np.bincount(which[mask] * customers + at.row[whose[mask]], minlength=_CHANNELS * customers)
        .reshape(_CHANNELS, customers).astype(np.float64)
        for role, mask in masks.items()
    }  # fmt: skip
    with_touch = np.bincount(at.row[close >= 0], minlength=customers).astype(np.float64)[None, :]
    first = orders.first & inside
    brought = np.where(close[first] < 0, NO_CHANNEL, close[first])
    return roles, with_touch, np.bincount(brought, minlength=_CHANNELS)


def traffic(visits: Visits, scopes: Scopes) -> dict[str, Floats]:
    """Count visits, bounces and visits with an order per channel and customer, over the whole grid; and now."""
    customers = scopes.lived.shape[1]
    inside = scopes.phase_of(visits.start.row, visits.start.day) >= 0
    cell = visits.channel * customers + visits.start.row
    recent = visits.start.day >= scopes.grid.last - 28
    masks = {
        "visits": inside, "bounces": inside & ~visits.engaged, "ordered": inside & visits.ordered,
        "now": inside & recent,
    }  # fmt: skip
    return {
        name: np.bincount(cell[mask], minlength=_CHANNELS * customers)
        .reshape(_CHANNELS, customers)
        .astype(np.float64)
        for name, mask in masks.items()
    }


def categories(log: Log, scopes: Scopes) -> dict[str, Ints]:
    """Count per product category: views, order lines, buyers, and value (``exact``), as one row of 5."""
    told = log.table["category"].combine_chunks().dictionary_encode()
    codes = pc.fill_null(told.indices, -1).to_numpy().astype(np.int64)
    inside = (codes >= 0) & (scopes.phase_of(log.moments.row, log.moments.day) >= 0)
    bought, viewed = inside & log.of("purchase"), inside & log.of("product_view")
    names = told.dictionary.to_pylist()
    buyers = np.unique(log.moments.row[bought] * max(len(names), 1) + codes[bought]) % max(len(names), 1)
    counted = [np.bincount(each, minlength=len(names)) for each in (codes[viewed], codes[bought], buyers)]
    # Line by line in whole numbers: which customers share a batch must not change the sum.
    order = np.argsort(codes[bought], kind="stable")
    ends = np.cumsum(counted[1])
    values = log.value[bought][order]
    found = {}
    for place, name in enumerate(names):
        value = exact(values[ends[place] - counted[1][place] : ends[place]])
        found[str(name)] = np.array([each[place] for each in counted] + value.tolist(), dtype=np.int64)
    return {name: row for name, row in found.items() if row[:3].any()}
