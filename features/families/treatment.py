"""Treatment: what we did to the customer, and what followed. Never counted as behaviour.

Rates count days, so that a mail opened five times on one day was opened once, and are drawn to a usual rate by the
weight of one or two contacts: who was never contacted has the usual rate.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from features.contract import TREATMENTS
from features.families._base import Family, Measure, Scope, windowed
from features.history import Floats, History, Mask, ratio

_RESPONSES = ("ad_click", "email_open", "email_click", "loyalty_redeem")
#: Rates per contact of one kind: measure, what we did, what followed, usual rate, and words.
_RATES = (
    ("open_rate", "email_sent", "email_open", 0.2, "Mails opened", "Mails geopend"),
    ("click_rate", "email_sent", "email_click", 0.02, "Mails clicked", "Mails aangeklikt"),
    ("ad_click_rate", "ad_impression", "ad_click", 0.02, "Advertisements clicked", "Advertenties aangeklikt"),
    ("bounce_rate", "email_sent", "email_bounce", 0.0, "Mails bounced", "Mails niet aangekomen"),
)
#: How many days ago "lately" begins, and how long a coupon is thought to work.
_LATELY_DAYS = 28
_COUPON_DAYS = 7


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    contacts = history.only(kinds=scope.treatments)
    yield from windowed("contacts", contacts.by_day.count(), history, "days",
                        "Days with a contact from us in the last {days} days",
                        "Dagen met een contact van ons in de laatste {days} dagen",
                        only=scope.kind_windows_days)  # fmt: skip
    yield Measure("contacts", contacts.total(), "contacts", "Contacts in the whole look-back",
                  "Contacten in de hele terugblik")  # fmt: skip
    yield Measure("contact_recency", contacts.last_days(), "days", "Days since our last contact",
                  "Dagen sinds ons laatste contact")  # fmt: skip
    if len(scope.treatments) > 1:
        of_kind = contacts.total(by=contacts.by_kind(scope.treatments))
        for kind, number in zip(scope.treatments, of_kind, strict=True):
            yield Measure(f"{kind}_share", ratio(number, contacts.total()), "share",
                          f"Share of contacts by {kind}", f"Aandeel contacten via {kind}")  # fmt: skip
    after = history.only(kinds=(*_RESPONSES, "email_bounce"))
    yield from _responses(after, contacts, scope)
    for name, done, followed, usual, en, nl in _RATES:
        if {done, followed} <= set(scope.kinds):
            # Chosen from what is chosen already: looking through all events for each costs ten times as much.
            rate = _rate(after.only(kinds=(followed,)), contacts.only(kinds=(done,)), usual, weight=2.0)
            comma = f"{usual:g}".replace(".", ",")
            yield Measure(name, rate, "ratio", f"{en}, in days per day of sending, drawn to {usual:g}",
                          f"{nl}, in dagen per dag van versturen, getrokken naar {comma}")  # fmt: skip
    if "purchase" in scope.kinds:
        since = history.orders.where(history.orders.age_days < history.orders.spread(contacts.last_days()))
        yield Measure("orders_since_contact", since.total() * (contacts.total() > 0), "orders",
                      "Orders since our last contact", "Bestellingen sinds ons laatste contact")  # fmt: skip
        if "discount" in scope.kinds:
            yield from _coupons(history, contacts)


def _responses(after: History, contacts: History, scope: Scope) -> Iterator[Measure]:
    responses = tuple(kind for kind in _RESPONSES if kind in scope.kinds)
    if not responses:
        return
    answered = after.only(kinds=responses)
    usual = _rate(answered, contacts, 0.1, weight=1.0)
    lately = _rate(_since(answered, _LATELY_DAYS), _since(contacts, _LATELY_DAYS), usual, weight=1.0)
    last = answered.nth_last(answered.age_days, 1, np.inf)
    unanswered = contacts.where(contacts.age_days < contacts.spread(last))
    yield Measure("response_rate", usual, "ratio", "Days with a response per day with a contact, drawn to 0.1",
                  "Dagen met reactie per dag met contact, getrokken naar 0,1")  # fmt: skip
    yield Measure("response_recency", answered.last_days(), "days", "Days since the last response",
                  "Dagen sinds de laatste reactie")  # fmt: skip
    yield Measure("response_lately", ratio(lately, usual, default=1.0), "ratio",
                  f"Response rate of the last {_LATELY_DAYS} days / of the whole look-back (below 1: tired of us)",
                  f"Reacties in de laatste {_LATELY_DAYS} dagen / in de hele terugblik (onder 1: moe van ons)",
                  )  # fmt: skip
    yield Measure("contacts_since_response", unanswered.total(), "contacts", "Contacts since the last response",
                  "Contacten sinds de laatste reactie")  # fmt: skip


def _coupons(history: History, contacts: History) -> Iterator[Measure]:
    orders, given = history.orders, contacts.only(kinds=("discount",))
    used = given.total(_near(given, orders, back=0, ahead=_COUPON_DAYS).astype(np.float64))
    lured = orders.total(_near(orders, given, back=_COUPON_DAYS, ahead=0).astype(np.float64))
    yield Measure("coupons", given.total(), "coupons", "Discounts given", "Gegeven kortingen")
    yield Measure("coupon_recency", given.last_days(), "days", "Days since the last discount",
                  "Dagen sinds de laatste korting")  # fmt: skip
    yield Measure("coupons_used", (used + 0.5) / (given.total() + 1.0), "share",
                  f"Share of discounts with an order within {_COUPON_DAYS} days, drawn to 0.5",
                  f"Aandeel kortingen met een bestelling binnen {_COUPON_DAYS} dagen, getrokken naar 0,5",
                  )  # fmt: skip
    yield Measure("orders_on_coupon", lured / (orders.total() + 1.0), "share",
                  f"Share of orders at most {_COUPON_DAYS} days after a discount, drawn to 0",
                  f"Aandeel bestellingen hoogstens {_COUPON_DAYS} dagen na een korting, getrokken naar 0",
                  )  # fmt: skip


def _rate(followed: History, done: History, usual: float | Floats, weight: float) -> Floats:
    """Days with the one per day with the other, drawn to a usual rate that weighs so many days."""
    rate: Floats = (followed.by_day.total() + usual * weight) / (done.by_day.total() + weight)
    return rate


def _since(history: History, days: int) -> History:
    return history.where(history.floats("day") >= history.frame.cutoff_day - days)


def _near(at: History, among: History, back: int, ahead: int) -> Mask:
    """For each event: whether the customer has one of ``among`` from ``back`` days before to ``ahead`` after."""
    # Days within the look-back, so that the days of one customer never reach those of the next.
    width = at.frame.lookback_days + back + ahead + 1

    def place(events: History) -> NDArray[np.int64]:
        age = at.frame.cutoff_day - 1 - events.column("day").astype(np.int64, copy=False)
        return events.row * width + at.frame.lookback_days - age

    found: Mask = np.searchsorted(place(among), place(at) - back) < np.searchsorted(
        place(among), place(at) + ahead, side="right"
    )
    return found


FAMILY = Family(_measures, needs=TREATMENTS)
