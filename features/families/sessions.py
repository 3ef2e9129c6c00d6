"""Sessions: what a basket and a visit look like, and the customer's own rhythm of visiting."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.families._base import Family, Measure, Scope, windowed
from features.history import Floats, History, Ints, ratio

#: Looking at one page; a visit with one of these and nothing else is a bounce.
PAGES = ("page_view", "product_view", "content_view")
#: A page left open tells nothing more after this many seconds.
PAGE_SECONDS = 1800.0
#: Days between two visits that are assumed of a customer of whom no gap is known, weighing one gap.
VISIT_GAP_DAYS = 28.0


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    if "purchase" in scope.kinds:
        yield from _baskets(history, scope)
    if scope.other_behaviour:
        yield from _visits(history, scope)
    if pages := tuple(kind for kind in PAGES if kind in scope.kinds):
        yield _time(history, pages)


def _baskets(history: History, scope: Scope) -> Iterator[Measure]:
    orders = history.orders
    number = orders.total()
    lines = ratio(orders.total("lines"), number)
    last = orders.nth_last("lines", 1, 0.0)
    yield from windowed("lines", orders.sum("lines"), history, "lines", "Order lines in the last {days} days",
                        "Bestelregels in de laatste {days} dagen", scope.kind_windows_days)  # fmt: skip
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


def _visits(history: History, scope: Scope) -> Iterator[Measure]:
    inside, visits, events = _sessions(history, scope)
    yield from windowed("visits", visits.count(), history, "sessions",
                        "Sessions in the last {days} days", "Sessies in de laatste {days} dagen")  # fmt: skip
    number = visits.total()
    depth = ratio(visits.total(events), number)
    yield Measure("visit_depth", depth, "events", "Mean events per session",
                  "Gemiddeld aantal gebeurtenissen per sessie")  # fmt: skip
    yield Measure("visit_depth_last_share", ratio(visits.nth_last(events, 1, 0.0), depth, default=1.0), "ratio",
                  "Events of the last session / mean events per session",
                  "Gebeurtenissen laatste sessie / gemiddelde per sessie")  # fmt: skip
    if "purchase" in scope.kinds:
        yield Measure("orders_per_visit", ratio(history.orders.total(), number), "orders",
                      "Orders per session", "Bestellingen per sessie")  # fmt: skip
    yield Measure("visit_recency", visits.last_days(), "days", "Days since the last session",
                  "Dagen sinds de laatste sessie")  # fmt: skip
    days = visits.by_day
    today = float(history.frame.cutoff_day)
    silence = today - days.nth_last("day", 1, today - history.frame.lookback_days)
    gap = days.total(np.maximum(days.gap, 0.0)) + VISIT_GAP_DAYS
    gap_mean = gap / (np.maximum(days.total() - 1.0, 0.0) + 1.0)
    yield Measure("visit_gap", gap_mean, "days", "Mean days between days with a session, drawn to 28",
                  "Gemiddelde dagen tussen dagen met een sessie, getrokken naar 28")  # fmt: skip
    yield Measure("visit_silence_in_gaps", silence / gap_mean, "gaps",
                  "Days since the last session / own mean days between sessions",
                  "Dagen sinds de laatste sessie / eigen gemiddelde tussentijd")  # fmt: skip
    if pages := tuple(kind for kind in PAGES if kind in scope.kinds):
        yield _bounces(inside, visits, pages)


def _sessions(history: History, scope: Scope) -> tuple[History, History, Floats]:
    """Give behaviour inside sessions, the last event of each session, and how many events each has."""
    behaviour = history.only(kinds=scope.behaviour)
    inside = behaviour.where(_session(behaviour) >= 0)
    session = _session(inside)
    events = np.bincount(session)
    place = np.zeros(len(events), dtype=np.int64)
    # Sorted by time: the last write wins.
    place[session] = np.arange(len(session))
    closing = np.zeros(len(session), dtype=np.bool_)
    closing[place[events > 0]] = True
    visits = inside.where(closing)
    return inside, visits, events[_session(visits)].astype(np.float64)


def _bounces(inside: History, visits: History, pages: tuple[str, ...]) -> Measure:
    # Kind `other` is what a browser reports by itself (a session begins, a page scrolls): no deed.
    kind, session = inside.by_kind((*pages, "other")).code, _session(inside)
    size = int(session.max(initial=-1)) + 1
    views, deeds = (
        np.bincount(session[np.flatnonzero(which)], minlength=size)[_session(visits)]
        for which in ((kind >= 0) & (kind < len(pages)), kind < 0)
    )
    looked = visits.per_row(visits.row[views > 0])
    bounced = visits.per_row(visits.row[(views == 1) & (deeds == 0)])
    return Measure("bounce_share", (bounced + 0.5) / (looked + 1.0), "share",
                   "Share of sessions with one page and nothing else, of those with a page; drawn to a half",
                   "Aandeel sessies met één pagina en verder niets, van die met een pagina; "
                   "getrokken naar de helft")  # fmt: skip


def _time(history: History, pages: tuple[str, ...]) -> Measure:
    viewed = history.only(kinds=pages)
    seconds = viewed.floats("duration_s")
    known = ~np.isnan(seconds)
    counted = np.minimum(np.maximum(np.where(known, seconds, 0.0), 0.0), PAGE_SECONDS)
    mean = viewed.total(counted) / (viewed.per_row(viewed.row[known]) + 1.0)
    return Measure("time_on_page", mean, "seconds",
                   "Mean time on a page where it is known, at most half an hour each; drawn to 0",
                   "Gemiddelde tijd op een pagina waar die bekend is, hooguit een half uur per pagina; "
                   "getrokken naar 0")  # fmt: skip


def _session(view: History) -> Ints:
    return view.column("session").astype(np.int64, copy=False)


FAMILY = Family(_measures, reads=("duration_s",))
