"""What happened, as flat tables: one row per session, order, mail, ... of the whole simulation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.demo_shop.evidence import phase_of
from pipelines.demo_shop.happenings import ORDER_SLOT, SLOTS, Week
from pipelines.demo_shop.memory import cart_value
from pipelines.demo_shop.policy import Decided
from pipelines.demo_shop.settings import DemoSettings
from pipelines.demo_shop.simulation import Monday, lives
from pipelines.demo_shop.state import Ints, State, first_people

#: Columns by name; whole numbers, amounts and flags beside each other.
Rows = dict[str, NDArray[Any]]

DAY_S = 86_400
#: Seconds of the day (UTC) at which each session slot opens; a session starts within three hours of it. All between
#: 07:00 and 21:30 UTC, so that an event's day is the same in UTC and in Amsterdam.
SLOT_S = np.array([7.0, 10.6, 14.2, 17.8]) * 3_600


@dataclass(frozen=True)
class Log:
    """Flat tables; ``person`` is the row in the state, ``day`` counts from the start, moments are seconds from it.

    Attributes
    ----------
    start, end : State
        Of the first Monday, and after the last week.
    sessions, orders, mails, joins, cards, tickets, shares, chats : mapping of str to array
    weekly : mapping of str to array
        The truth: one row per person who had arrived and Monday, that at the end of the log included.
    decisions : list of (week, phase of everybody, Decided)
    """

    start: State
    end: State
    sessions: Rows
    orders: Rows
    mails: Rows
    joins: Rows
    cards: Rows
    tickets: Rows
    shares: Rows
    chats: Rows
    weekly: Rows
    decisions: list[tuple[int, Ints, Decided]]


def keep_log(settings: DemoSettings) -> Log:
    """Simulate, and keep everything that happened.

    Examples
    --------
    >>> log = keep_log(DemoSettings(customers=200, days=84))
    >>> bool((log.orders["day"] < 84).all() and (log.orders["second"] // 86_400 == log.orders["day"]).all())
    True
    """
    rng = np.random.default_rng([settings.seed, 4])
    parts: dict[str, list[Rows]] = {name: [] for name in _TABLES}
    decisions = []
    state: State | None = None
    for monday, week in lives(settings):
        state = monday.state
        action = np.zeros(len(week.phase), dtype=np.int64)
        if monday.decided is not None:
            decisions.append((week.week, week.phase, monday.decided))
            action[monday.decided.person] = monday.decided.action
        start_s = _starts(week, rng)
        for name, table in _TABLES.items():
            parts[name].append(table(monday, week, action, start_s))
    assert state is not None
    parts["weekly"].append(_last_monday(state, settings))
    tables = {name: _stacked(rows) for name, rows in parts.items()}
    # The people are drawn anew: the simulation changes its own in place.
    return Log(start=first_people(settings), end=state, decisions=decisions, **tables)


def _starts(week: Week, rng: np.random.Generator) -> Ints:
    """Second from the start of the log at which each session begins (people, SLOTS)."""
    within = SLOT_S + rng.random((len(week.phase), SLOTS)) * 3 * 3_600
    return np.where(week.depth >= 0, (7 * week.week + week.day) * DAY_S + within, -1).astype(np.int64)


def _sessions(monday: Monday, week: Week, action: Ints, start_s: Ints) -> Rows:
    person, slot = np.nonzero(week.depth >= 0)
    # Sign-up happens in the first session of the week, an order in its own.
    first = np.argmax(week.depth >= 0, axis=1)
    joined = (week.became_customer & (week.order_day < 0)) | week.became_reachable
    return {
        "person": person, "slot": slot, "week": np.full(len(person), week.week), "second": start_s[person, slot],
        "depth": week.depth[person, slot], "pages": week.pages[person, slot], "hints": week.hints[person, slot],
        "by_mail": (week.click_day[person] >= 0) & (slot == 2),
        "by_ad": week.ad_click[person] & (slot == 2),
        "sign_up": joined[person] & (slot == first[person]),
        "cart_value": np.where(week.depth[person, slot] == 3, cart_value(week)[person], 0.0),
        "action": action[person],
    }  # fmt: skip


def _orders(monday: Monday, week: Week, action: Ints, start_s: Ints) -> Rows:
    person = np.flatnonzero(week.order_day >= 0)
    day = 7 * week.week + week.order_day[person]
    on_web = week.depth[person, ORDER_SLOT] >= 0
    # At the end of the session; in the shop and the app at some moment of the same slot.
    elsewhere = day * DAY_S + int(SLOT_S[ORDER_SLOT]) - 8 * 3_600 + (person * 977 + day * 131) % (9 * 3_600)
    second = np.where(on_web, start_s[person, ORDER_SLOT] + 420, elsewhere)
    return {
        "person": person, "day": day, "second": second, "channel": week.order_channel[person],
        "coupon": week.with_coupon[person], "returned": week.returned[person], "survey": week.survey[person],
        "campaign": action[person],
    }  # fmt: skip


def _mails(monday: Monday, week: Week, action: Ints, start_s: Ints) -> Rows:
    person = np.flatnonzero(week.mail_day >= 0)
    start = 7 * week.week
    clicked = week.click_day[person] >= 0
    return {
        "person": person, "day": start + week.mail_day[person], "week": np.full(len(person), week.week),
        "action": action[person],
        "open_day": np.where(week.open_day[person] >= 0, start + week.open_day[person], -1),
        "click_s": np.where(clicked, start_s[person, 2] - 20, -1),
        "bounced": week.bounced[person], "unsubscribed": week.unsubscribed[person],
    }  # fmt: skip


def _joins(monday: Monday, week: Week, action: Ints, start_s: Ints) -> Rows:
    person = np.flatnonzero(week.became_customer | week.became_reachable)
    first = np.argmax(week.depth[person] >= 0, axis=1)
    ordered = week.order_day[person] >= 0
    order_s = np.where(week.depth[person, ORDER_SLOT] >= 0, start_s[person, ORDER_SLOT] + 420, 0)
    second = np.where(ordered, order_s, start_s[person, first] + 320)
    return {"person": person, "second": second, "customer": week.became_customer[person]}


def _cards(monday: Monday, week: Week, action: Ints, start_s: Ints) -> Rows:
    person = np.flatnonzero(week.card_day >= 0)
    return {"person": person, "day": 7 * week.week + week.card_day[person]}


def _tickets(monday: Monday, week: Week, action: Ints, start_s: Ints) -> Rows:
    person = np.flatnonzero(week.ticket_day >= 0)
    return {"person": person, "day": 7 * week.week + week.ticket_day[person], "csat": week.csat[person]}


def _shares(monday: Monday, week: Week, action: Ints, start_s: Ints) -> Rows:
    person = np.flatnonzero(week.share_day >= 0)
    return {"person": person, "day": 7 * week.week + week.share_day[person], "sort": week.share_sort[person]}


def _chats(monday: Monday, week: Week, action: Ints, start_s: Ints) -> Rows:
    person = np.flatnonzero(week.chat)
    slot = np.argmax(week.depth[person], axis=1)
    return {"person": person, "second": start_s[person, slot] + 60}


def _weekly(monday: Monday, week: Week, action: Ints, start_s: Ints) -> Rows:
    person = np.flatnonzero(monday.state.arrival <= week.week)
    return {
        "person": person.astype(np.int32), "week": np.full(len(person), week.week, dtype=np.int16),
        "phase": week.phase[person].astype(np.int8), "order_hazard": week.hazard[person].astype(np.float32),
        "ordered": week.order_day[person] >= 0, "action": action[person].astype(np.int8),
        "lift": monday.state.lift[person].astype(np.float32),
    }  # fmt: skip


def _last_monday(state: State, settings: DemoSettings) -> Rows:
    """Phases at the end of the log; what comes after is not simulated."""
    n = len(state)
    return {
        "person": np.arange(n, dtype=np.int32), "week": np.full(n, settings.weeks, dtype=np.int16),
        "phase": phase_of(state, 7 * settings.weeks).astype(np.int8),
        "order_hazard": np.full(n, np.nan, dtype=np.float32),
        "ordered": np.zeros(n, dtype=np.bool_), "action": np.zeros(n, dtype=np.int8),
        "lift": state.lift.astype(np.float32),
    }  # fmt: skip


_TABLES = {
    "sessions": _sessions, "orders": _orders, "mails": _mails, "joins": _joins, "cards": _cards,
    "tickets": _tickets, "shares": _shares, "chats": _chats, "weekly": _weekly,
}  # fmt: skip


def _stacked(parts: Iterable[Mapping[str, NDArray[Any]]]) -> Rows:
    rows = list(parts)
    return {name: np.concatenate([part[name] for part in rows]) for name in rows[0]}
