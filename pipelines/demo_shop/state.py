"""The state of every person on a Monday, as arrays, and the shop's people on the first one."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from pipelines.demo_shop.settings import DemoSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Day of something that never happened.
NEVER = -9_999
#: Share of people who were customers before the log begins.
KNOWN_SHARE = 0.35
#: Share of the newcomers who look at one page or two, once, and are not met again.
PASSER_SHARE = 0.40
CATEGORIES = ("wonen", "keuken", "tuin", "textiel", "verlichting", "kinderkamer")


@dataclass
class State:
    """One value per person (rows). Days count from the start of the log; 28-day counts hold the last 4 weeks.

    Attributes
    ----------
    engagement, thrift : float
        Latents u (engagement) and s (price sensitivity), N(0, 1).
    opener : float
        Personal part of the chance to open a mail, Beta(2, 5).
    once : bool
        Latent: bought for a single occasion, orders again far less.
    passer : bool
        Latent: only passes by, in the week of arrival.
    arrival : int
        Week of the first visit.
    mobile, app, card_fan, tracked, bad_address : bool
        Fixed traits: phone first, uses the app, would take a loyalty card, lets the web be measured, mail bounces.
    customer, reachable, consent, card, left : bool
        Has a customer number; has given an e-mail address; may be mailed; has a card; is lost.
    orders, first_order, last_order : int
        Evidence in the log.
    view_day, cart_day, aware_day, share_day : int
        Last day of looking at a product; of a cart; of any sign of life; of a review, share or referral.
    pages, hints : int, shape (people, 2)
        Page views, and clicks and content views, of this and the previous week, after the last order.
    cart_value : float
    contacts, tickets : int, shape (people, 4)
        Contacts and tickets of the last four weeks, newest first.
    sends, opens, coupon_orders : int
    csat : float
        The last answer; 3.8 before the first.
    lift : float
        Logit effect of past actions that still works; halves every week.
    """

    engagement: Floats
    thrift: Floats
    opener: Floats
    once: Mask
    passer: Mask
    arrival: Ints
    mobile: Mask
    app: Mask
    card_fan: Mask
    tracked: Mask
    bad_address: Mask
    customer: Mask
    reachable: Mask
    consent: Mask
    card: Mask
    left: Mask
    orders: Ints
    first_order: Ints
    last_order: Ints
    view_day: Ints
    cart_day: Ints
    aware_day: Ints
    share_day: Ints
    pages: Ints
    hints: Ints
    cart_value: Floats
    contacts: Ints
    tickets: Ints
    sends: Ints
    opens: Ints
    coupon_orders: Ints
    csat: Floats
    lift: Floats

    def __len__(self) -> int:
        return len(self.engagement)

    def take(self, rows: Ints | Mask) -> State:
        """Copy the state of some people; a row may be taken more than once."""
        return State(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def first_people(settings: DemoSettings) -> State:
    """Draw the people and their state on the first Monday.

    Examples
    --------
    >>> people = first_people(DemoSettings(customers=1000))
    >>> len(people), bool(0.3 < people.customer.mean() < 0.4)
    (1000, True)
    """
    n = settings.customers
    rng = np.random.default_rng([settings.seed, 1])
    known = rng.random(n) < KNOWN_SHARE
    # Who stayed a customer until the log begins is more engaged than who comes by.
    engagement = rng.normal(size=n) + np.where(known, 0.25, -0.1)
    later = 1 + np.floor(rng.random(n) ** 0.9 * (settings.weeks - 2)).astype(np.int64)
    never, zero = np.full(n, NEVER), np.zeros(n, dtype=np.int64)
    consent = rng.random(n) < 0.78
    passer = ~known & (rng.random(n) < PASSER_SHARE)
    return State(
        engagement=engagement, thrift=rng.normal(size=n), opener=rng.beta(2.0, 5.0, size=n),
        once=rng.random(n) < 0.5, passer=passer,
        arrival=np.where(known | (rng.random(n) < 0.08), 0, later),
        mobile=rng.random(n) < 0.6, app=rng.random(n) < 0.5, card_fan=rng.random(n) < 0.33,
        tracked=rng.random(n) < 0.95, bad_address=rng.random(n) < 0.012,
        customer=known, reachable=known.copy(), consent=consent,
        card=np.zeros(n, dtype=np.bool_), left=np.zeros(n, dtype=np.bool_),
        orders=zero.copy(), first_order=never.copy(), last_order=never.copy(), view_day=never.copy(),
        cart_day=never.copy(), aware_day=never.copy(), share_day=never.copy(),
        pages=np.zeros((n, 2), dtype=np.int64), hints=np.zeros((n, 2), dtype=np.int64), cart_value=np.zeros(n),
        contacts=np.zeros((n, 4), dtype=np.int64), tickets=np.zeros((n, 4), dtype=np.int64),
        sends=zero.copy(), opens=zero.copy(), coupon_orders=zero.copy(), csat=np.full(n, 3.8), lift=np.zeros(n),
    )  # fmt: skip
