"""Treatment: what we did to the customer, and what followed. Never counted as behaviour."""

from __future__ import annotations

from collections.abc import Iterator

from features.contract import TREATMENTS
from features.families._base import Family, Measure, Scope, windowed
from features.history import History, ratio

_RESPONSES = ("ad_click", "email_open", "email_click", "loyalty_redeem")


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    contacts = history.only(kinds=scope.treatments)
    yield from windowed("contacts", contacts.by_day.count(), history, "days",
                        "Days with a contact from us in the last {days} days",
                        "Dagen met een contact van ons in de laatste {days} dagen")  # fmt: skip
    yield Measure("contacts", contacts.total(), "contacts", "Contacts in the whole look-back",
                  "Contacten in de hele terugblik")  # fmt: skip
    yield Measure("contact_recency", contacts.last_days(), "days", "Days since our last contact",
                  "Dagen sinds ons laatste contact")  # fmt: skip
    responses = tuple(kind for kind in _RESPONSES if kind in scope.kinds)
    if responses:
        answered = history.only(kinds=responses)
        yield Measure("response_rate", (answered.by_day.total() + 0.1) / (contacts.by_day.total() + 1.0),
                      "ratio", "Days with a response per day with a contact, drawn to 0.1",
                      "Dagen met reactie per dag met contact, getrokken naar 0,1")  # fmt: skip
        yield Measure("response_recency", answered.last_days(), "days", "Days since the last response",
                      "Dagen sinds de laatste reactie")  # fmt: skip
    if "purchase" in scope.kinds:
        since = history.orders.where(history.orders.age_days < history.orders.spread(contacts.last_days()))
        yield Measure("orders_since_contact", since.total() * (contacts.total() > 0), "orders",
                      "Orders since our last contact", "Bestellingen sinds ons laatste contact")  # fmt: skip
    if len(scope.treatments) > 1:
        for kind in scope.treatments:
            these = history.only(kinds=(kind,)).total()
            yield Measure(f"{kind}_share", ratio(these, contacts.total()), "share",
                          f"Share of contacts by {kind}", f"Aandeel contacten via {kind}")  # fmt: skip


FAMILY = Family(_measures, needs=TREATMENTS)
