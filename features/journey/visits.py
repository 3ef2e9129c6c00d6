"""Visits (web sessions), the carts filled in them, and the orders that came of both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from features.contract import DAY_US
from features.history import Floats, Ints, Mask
from features.journey.log import Log, Moments, first_after, last_before
from features.journey.scopes import Scopes

#: What makes a visit. Without a session id, what a customer does on one day (UTC) is one visit.
BROWSING = ("page_view", "product_view", "search", "content_view", "cart_add", "cart_remove", "checkout",
            "quote_request")  # fmt: skip
#: Doing one of these engages a visit, as GA4's key events do.
KEY_KINDS = ("cart_add", "checkout", "quote_request")
ENGAGED_SECONDS = 10.0
#: An order belongs to the last visit that began at most this long before it.
ORDER_WITHIN_US = DAY_US
#: A cart not followed by an order within this time is abandoned.
CART_DAYS = 7

_SPAN = 1 << 20


@dataclass(frozen=True)
class Visits:
    """One row per visit, in (customer, time) order.

    Attributes
    ----------
    start : Moments
        Whose, and when it began.
    channel : array of int64
        Of its first event.
    views, product_views, seconds : array of float
        Pages seen, product pages seen, and seconds spent (as measured, else from the first to the last event).
    engaged, ordered : array of bool
        GA4's engaged session: 10 seconds, two pages, or a cart; and whether an order came of it.
    carts : Moments
        The first ``cart_add`` of every visit with one.
    has_cart : array of bool
        Which visits those are.
    """

    start: Moments
    channel: Ints
    views: Floats
    product_views: Floats
    seconds: Floats
    engaged: Mask
    ordered: Mask
    carts: Moments
    has_cart: Mask


def read_visits(log: Log, orders: Moments, sees_pages: bool) -> Visits:
    """Gather visits.

    Parameters
    ----------
    log : Log
        What is known.
    orders : Moments
        When orders were placed.
    sees_pages : bool
        Whether the source tells page views; else every product, search or content view is a page.
    """
    event = np.flatnonzero(log.of(*BROWSING))
    visit, first = _visit_of(log, event)
    number = len(first)
    us = log.moments.us[event]
    pages = log.of("page_view") if sees_pages else log.of("product_view", "search", "content_view")

    def count(mask: Mask) -> Floats:
        return np.bincount(visit[mask[event]], minlength=number).astype(np.float64)

    end = np.zeros(number, dtype=np.int64)
    end[visit] = us  # sorted by time: the last write wins
    start = log.moments.take(event[first])
    measured = np.bincount(visit, log.duration[event], minlength=number)
    seconds = np.where(measured > 0, measured, (end - start.us) / 1e6)
    views = count(pages)
    engaged = (seconds >= ENGAGED_SECONDS) | (views >= 2) | (count(log.of(*KEY_KINDS)) > 0)
    led = last_before(start, orders, ORDER_WITHIN_US)
    ordered = np.zeros(number, dtype=np.bool_)
    ordered[led[led >= 0]] = True
    adding = event[log.of("cart_add")[event]]
    filled, first_add = np.unique(visit[log.of("cart_add")[event]], return_index=True)
    has_cart = np.zeros(number, dtype=np.bool_)
    has_cart[filled] = True
    return Visits(
        start=start, channel=log.channel[event[first]], views=views,
        product_views=count(log.of("product_view")), seconds=seconds, engaged=engaged, ordered=ordered,
        carts=log.moments.take(np.sort(adding[first_add])), has_cart=has_cart,
    )  # fmt: skip


def _visit_of(log: Log, event: Ints) -> tuple[Ints, Ints]:
    """Give the visit of each browsing event, numbered by first event, and where each visit begins."""
    session, moments = log.session[event], log.moments.take(event)
    day = moments.row * _SPAN + moments.day
    _, by_day = np.unique(day, return_inverse=True)
    key = np.where(session >= 0, session, log.session.max(initial=-1) + 1 + by_day)
    _, first, visit = np.unique(key, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return place[visit], first[order]


def visit_measures(
    visits: Visits, orders: Moments, scopes: Scopes, standing: Scopes, as_of_us: int
) -> Iterator[tuple[str, Floats]]:
    """Give per scope and customer what was done on visits, and what became of carts.

    What a visit leads to counts for the phase in which the customer stood when the week began (``standing``):
    a filled cart puts the week itself in the phase that carts open.
    Carts younger than ``CART_DAYS`` are left out: their outcome is not known yet.
    """
    start = visits.start
    first = np.ones(len(start), dtype=np.bool_)
    first[1:] = start.row[1:] != start.row[:-1]
    yield "visits", scopes.per_customer(start)
    yield "first_visits", scopes.per_customer(start, first.astype(np.float64))
    yield "bounces", scopes.per_customer(start, (~visits.engaged).astype(np.float64))
    yield "standing_visits", standing.per_customer(start)
    yield "visits_ordered", standing.per_customer(start, visits.ordered.astype(np.float64))
    yield "visits_with_cart", standing.per_customer(start, visits.has_cart.astype(np.float64))
    seen = visits.views > 0
    yield "views", scopes.per_customer(start, visits.views)
    yield "view_seconds", scopes.per_customer(start, np.where(seen, visits.seconds, 0.0))
    carts = visits.carts.take(visits.carts.us + CART_DAYS * DAY_US <= as_of_us)
    lost = first_after(orders, carts, CART_DAYS * DAY_US) < 0
    yield "carts", scopes.per_customer(carts)
    yield "carts_abandoned", scopes.per_customer(carts, lost.astype(np.float64))
