"""From web sessions to events as the tag sends them: which, when, on which device, logged in or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo_shop.exports.baskets import Baskets, favourites
from pipelines.demo_shop.exports.people import LATER, People
from pipelines.demo_shop.happenings import BOUNCE, CARTED, LOOK, ORDERED, VIEWED, WEB
from pipelines.demo_shop.log import DAY_S, Log, Rows
from pipelines.demo_shop.settings import DemoSettings
from pipelines.demo_shop.state import Ints, Mask

#: Event names in the order in which they happen within a session.
NAMES = (
    "session_start", "first_visit", "page_view", "view_search_results", "view_item_list", "view_item",
    "add_to_cart", "begin_checkout", "add_payment_info", "sign_up", "purchase",
)  # fmt: skip
START, FIRST, PAGE, SEARCH, LIST, ITEM, CART, CHECKOUT, PAYMENT, SIGN_UP, PURCHASE = range(len(NAMES))
#: (source, medium, share of the sessions of visitors, and of customers): visitors search and are drawn in by
#: advertising, customers know the way or come from a mail. On top come clicks on our own mails and advertisements.
SOURCES = (
    ("(direct)", "(none)", 0.19, 0.36), ("google", "organic", 0.37, 0.28), ("google", "cpc", 0.17, 0.09),
    ("instagram.com", "social", 0.12, 0.06),
    ("bing", "organic", 0.03, 0.02), ("woonblog.example", "referral", 0.05, 0.02),
    ("vergelijk.example", "affiliate", 0.04, 0.03), ("nieuwsbrief", "email", 0.0, 0.12),
    ("retargeting", "display", 0.03, 0.02),
)  # fmt: skip
BY_MAIL, BY_AD = 7, 8


@dataclass(frozen=True)
class WebSessions:
    """Measured sessions in order of time; the first columns are those of the log, filtered.

    Attributes
    ----------
    rows : mapping of str to array
        As in ``Log.sessions``.
    device : int
        0: the first browser of ``owner``, 1: the second.
    owner : int
        Whose browser it is (a shared browser is the partner's).
    first_on_device, logged_in : bool
    number : int
        Of the session on the device, from 1.
    source : int
        Place in ``SOURCES``.
    first_source, first_s : int
        Source and second of the device's first session.
    order : int
        Row of the order in the log; -1.
    """

    rows: Rows
    device: Ints
    owner: Ints
    first_on_device: Mask
    logged_in: Mask
    number: Ints
    source: Ints
    first_source: Ints
    first_s: Ints
    order: Ints


@dataclass(frozen=True)
class WebEvents:
    """One row per event, by session. ``product`` -1: none is looked at; ``gap_s``: seconds until the next."""

    session: Ints
    name: Ints
    second: Ints
    product: Ints
    gap_s: Ints


def web_sessions(log: Log, people: People, settings: DemoSettings) -> WebSessions:
    """Give every measured session its device, source and login."""
    rng = np.random.default_rng([settings.seed, 8])
    kept = np.flatnonzero(log.start.tracked[log.sessions["person"]])
    kept = kept[np.lexsort((log.sessions["person"][kept], log.sessions["second"][kept]))]
    rows = {name: values[kept] for name, values in log.sessions.items()}
    person, second, count = rows["person"], rows["second"], len(kept)
    lent = (
        (people.partner[person] >= 0)
        & (second > people.customer_s[person] + DAY_S)
        & (rng.random(count) < 0.2)
    )
    lent &= log.start.tracked[people.partner[person]]
    owner = np.where(lent, people.partner[person], person)
    device = ((second > people.second_device_s[person]) & ~lent & (rng.random(count) < 0.4)).astype(np.int64)
    number, first = _counted(owner * 2 + device)
    is_customer = second > people.customer_s[person]
    # A customer logs in on a device at once; a later visit is logged in half of the time, an order always.
    _, first_as_customer = _counted(np.where(is_customer, owner * 2 + device, -1))
    logged = is_customer & (first_as_customer | lent | (rng.random(count) < 0.5) | (rows["depth"] == ORDERED))
    shares = np.array([[visitors, customers] for _, _, visitors, customers in SOURCES])
    u = rng.random(count)
    of_visitor, of_customer = (np.searchsorted(np.cumsum(one)[:-1], u, side="right") for one in shares.T)
    source = np.where(is_customer, of_customer, of_visitor)
    source = np.where(rows["by_mail"], BY_MAIL, np.where(rows["by_ad"], BY_AD, source))
    beginning = np.zeros(2 * len(people.customer_s), dtype=np.int64)
    beginning[(owner * 2 + device)[first]] = np.flatnonzero(first)
    began = beginning[owner * 2 + device]
    return WebSessions(
        rows=rows, device=device, owner=owner, first_on_device=first, logged_in=logged, number=number,
        source=source, first_source=source[began], first_s=second[began], order=_orders_of(log, rows),
    )  # fmt: skip


def _counted(group: Ints) -> tuple[Ints, Mask]:
    """Count the rows of each group from 1 in the order given, and mark the first; group -1 is none."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    sizes = np.diff(np.append(starts, len(group)))
    number = np.empty(len(group), dtype=np.int64)
    number[order] = np.arange(len(group)) - np.repeat(starts, sizes) + 1
    return number, (number == 1) & (group >= 0)


def _orders_of(log: Log, rows: Rows) -> Ints:
    """Row of the web order that each order session ended in."""
    web = np.flatnonzero(log.orders["channel"] == WEB)
    key = log.orders["person"][web] * 100_000 + log.orders["day"][web] // 7
    place = np.argsort(key)
    mine = rows["person"] * 100_000 + rows["week"]
    found = np.minimum(np.searchsorted(key[place], mine), max(len(web) - 1, 0))
    return np.where(rows["depth"] == ORDERED, web[place[found]] if len(web) else -1, -1)


def web_events(sessions: WebSessions, people: People, baskets: Baskets, settings: DemoSettings) -> WebEvents:
    """Spell every session out into events."""
    rng = np.random.default_rng([settings.seed, 9])
    rows, depth = sessions.rows, sessions.rows["depth"]
    count = len(depth)
    looks = depth >= VIEWED
    u = rng.random((count, 3))
    times = {
        START: np.ones(count, dtype=np.int64), FIRST: sessions.first_on_device.astype(np.int64), PAGE: rows["pages"],
        SEARCH: (looks & (u[:, 0] < 0.2)).astype(np.int64),
        LIST: ((depth == LOOK) & (rows["hints"] > 0)).astype(np.int64),
        ITEM: np.where(looks, 1 + (u[:, 1] < 0.45), 0), CART: (depth >= CARTED).astype(np.int64),
        CHECKOUT: ((depth == ORDERED) | ((depth == CARTED) & (u[:, 2] < 0.45))).astype(np.int64),
        PAYMENT: (depth == ORDERED).astype(np.int64), SIGN_UP: rows["sign_up"].astype(np.int64),
        PURCHASE: (depth == ORDERED).astype(np.int64),
    }  # fmt: skip
    session = np.concatenate([np.repeat(np.arange(count), number) for number in times.values()])
    name = np.concatenate([np.full(int(number.sum()), code) for code, number in times.items()])
    order = np.lexsort((name, session))
    session, name = session[order].astype(np.int64), name[order].astype(np.int64)
    place, _ = _counted(session)
    # Seconds per page: some people hurry; who orders has seven minutes for it.
    pace = np.clip(np.round(np.exp(3.75 + 0.5 * rng.normal(size=count))), 20, 120).astype(np.int64)
    pace = np.where((depth == ORDERED) | rows["sign_up"].astype(bool), 30, pace)[session]
    # Below ten seconds, one page, no order: what GA4 counts as a session without engagement.
    gap = np.where(
        depth[session] == BOUNCE,
        rng.integers(1, 9, size=len(session)),
        np.floor(pace * (0.6 + 0.4 * rng.random(len(session)))).astype(np.int64),
    )
    second = rows["second"][session] + (place - 1) * pace + rng.integers(0, 8, size=len(session))
    second = np.where(name <= FIRST, rows["second"][session], second)
    # The shop's own moments of these two: the order, and the sign-up.
    second = np.where(name == PURCHASE, rows["second"][session] + 420, second)
    second = np.where(name == SIGN_UP, rows["second"][session] + 320, second)
    product = np.where(name >= ITEM, favourites(rows["person"][session], people, rng), -1)
    product = _one_product(session, name, product)
    first_line = np.searchsorted(baskets.order, np.maximum(sessions.order[session], 0))
    bought = (sessions.order[session] >= 0) & (name >= ITEM)
    product = np.where(bought, baskets.product[np.minimum(first_line, len(baskets.product) - 1)], product)
    return WebEvents(session, name, second, product, gap)


def _one_product(session: Ints, name: Ints, product: Ints) -> Ints:
    """Put into the cart what was looked at last."""
    looked = np.where(name == ITEM, np.arange(len(name)), -1)
    last = np.maximum.accumulate(looked)
    same = (last >= 0) & (session[np.maximum(last, 0)] == session) & (name > ITEM)
    return np.where(same, product[np.maximum(last, 0)], np.where((name > ITEM) & ~same, -1, product))


def login_names(sessions: WebSessions, events: WebEvents, people: People) -> pa.Array:
    """``user_id`` of every event: the customer number while logged in; from the sign-up or order on for who joins."""
    person = sessions.rows["person"][events.session]
    joins = (events.name == SIGN_UP) | (events.name == PURCHASE)
    known = people.customer_s[person] < LATER
    shown = sessions.logged_in[events.session] | (
        joins & known & (events.second >= people.customer_s[person])
    )
    names = people.number.take(pa.array(person))
    return pc.if_else(pa.array(shown), names, pa.scalar(None, pa.string()))
