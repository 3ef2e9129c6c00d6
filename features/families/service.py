"""Service: how often the customer needs help, and how long they wait for it.

Tickets are told apart by their order only: a closing closes the last ticket opened before it, and the tickets still
open are the last ones opened. A closing that tells its own waiting time (``duration_s``) is believed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.contract import DAY_US
from features.families._base import Family, Measure, Scope, windowed
from features.history import Floats, History, Mask, ratio

_KINDS = ("ticket_open", "chat")
#: A ticket opened so soon after a closing is taken for the old one, opened again.
_REOPENED_DAYS = 14


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    asked = history.only(kinds=tuple(kind for kind in _KINDS if kind in scope.kinds))
    yield from windowed("questions", asked.count(), history, "questions",
                        "Tickets and chats in the last {days} days",
                        "Meldingen en chats in de laatste {days} dagen",
                        only=scope.kind_windows_days[-2:])  # fmt: skip
    yield Measure("questions", asked.total(), "questions", "Tickets and chats in the whole look-back",
                  "Meldingen en chats in de hele terugblik")  # fmt: skip
    yield Measure("question_recency", asked.last_days(), "days", "Days since the last ticket or chat",
                  "Dagen sinds de laatste melding of chat")  # fmt: skip
    if "purchase" in scope.kinds:
        yield Measure("questions_per_order", asked.total() / (history.orders.total() + 1.0), "ratio",
                      "Tickets and chats per order (and one)",
                      "Meldingen en chats per bestelling (plus een)")  # fmt: skip
    if {"ticket_open", "ticket_close"} <= set(scope.kinds):
        yield from _tickets(history)


def _tickets(history: History) -> Iterator[Measure]:
    tickets = history.only(kinds=("ticket_open", "ticket_close"))
    is_open = tickets.by_kind(("ticket_open",)).code == 0
    yield from _still_open(tickets.where(is_open), tickets.where(~is_open))
    told = tickets.floats("duration_s") > 0
    since_open = _since(tickets, is_open)
    waited = ~is_open & (told | np.isfinite(since_open))
    closed = tickets.where(waited)
    days = np.where(told, tickets.floats("duration_s") * 1e6 / DAY_US, since_open)[waited]
    yield Measure("waiting_mean", ratio(closed.total(days), closed.total()), "days",
                  "Mean days until a ticket was closed",
                  "Gemiddelde dagen tot een melding was afgehandeld")  # fmt: skip
    yield Measure("waiting_last", closed.nth_last(days, 1, 0.0), "days",
                  "Days until the last closed ticket was closed",
                  "Dagen tot de laatst afgehandelde melding was afgehandeld")  # fmt: skip
    again = (is_open & (_since(tickets, ~is_open) <= _REOPENED_DAYS)).astype(np.float64)
    # A closing may say how many times it was opened; 2 is opened again once.
    more = np.where(is_open, 0.0, np.maximum(tickets.floats("quantity") - 1.0, 0.0))
    yield Measure("reopened", tickets.total(again + more), "tickets",
                  f"Tickets opened again, or a new one within {_REOPENED_DAYS} days after a closing",
                  f"Meldingen die weer opengingen, of een nieuwe binnen {_REOPENED_DAYS} dagen na afhandeling",
                  )  # fmt: skip


def _still_open(opened: History, closed: History) -> Iterator[Measure]:
    number = np.maximum(opened.total() - closed.total(), 0.0)
    oldest = np.zeros(opened.frame.customers)
    waits = number > 0
    oldest[waits] = opened.age_days[(opened.ends - number.astype(np.int64))[waits]]
    yield Measure("open_now", number, "tickets", "Tickets opened less tickets closed, at least 0",
                  "Geopende min afgehandelde meldingen, minstens 0")  # fmt: skip
    yield Measure("waiting_now", oldest, "days", "Days that the oldest open ticket has been open",
                  "Dagen dat de oudste openstaande melding openstaat")  # fmt: skip


def _since(history: History, which: Mask) -> Floats:
    """Days since the last event of a sort that came before each event; infinite where none did."""
    place = np.maximum.accumulate(np.where(which, np.arange(len(which)), -1))
    exists = place >= history.starts[history.row]
    moment = history.column("occurred_us").astype(np.int64, copy=False)
    days: Floats = np.where(exists, (moment - moment[place]) / DAY_US, np.inf)
    return days


FAMILY = Family(_measures, needs=_KINDS, reads=("duration_s",))
