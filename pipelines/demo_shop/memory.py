"""From what happened in a week to the state of the next Monday: the evidence and the counts."""

from __future__ import annotations

import numpy as np

from pipelines.demo_shop.effects import ADVERTISEMENT, SERVICE_CALL
from pipelines.demo_shop.happenings import CARTED, VIEWED, Week
from pipelines.demo_shop.state import Floats, Ints, State


def remember(state: State, week: Week, action: Ints, lift: Floats) -> None:
    """Turn what happened into the evidence and the counts of the next Monday."""
    start = 7 * week.week
    ordered = week.order_day >= 0
    state.first_order = np.where(ordered & (state.orders == 0), start + week.order_day, state.first_order)
    state.last_order = np.where(ordered, start + week.order_day, state.last_order)
    state.orders = state.orders + ordered
    state.coupon_orders = state.coupon_orders + week.with_coupon
    # Only what the web's tag may record is evidence.
    recorded = (week.depth >= 0) & state.tracked[:, None]
    day = np.where(recorded, start + week.day, -10_000)
    state.view_day = np.maximum(state.view_day, np.where(week.depth >= VIEWED, day, -10_000).max(axis=1))
    state.cart_day = np.maximum(state.cart_day, np.where(week.depth >= CARTED, day, -10_000).max(axis=1))
    carted = (week.depth[:, 0] == CARTED) & state.tracked
    state.cart_value = np.where(carted, cart_value(week), state.cart_value)
    later = recorded & (week.day > week.order_day[:, None])
    clicked = (week.click_day >= 0) & (week.click_day > week.order_day)
    reviewed = (week.share_day > week.order_day) & (week.share_sort == 0)
    new_pages = (week.pages * later).sum(axis=1)
    new_hints = (week.hints * later).sum(axis=1) + clicked + reviewed
    kept = np.where(ordered, 0, 1)
    state.pages = np.stack([new_pages, state.pages[:, 0] * kept], axis=1)
    state.hints = np.stack([new_hints, state.hints[:, 0] * kept], axis=1)
    joined = week.became_reachable | week.became_customer
    signs = [day.max(axis=1), _on(start, week.open_day), _on(start, week.card_day)]
    signs += [_on(start, np.where(week.survey, week.order_day, -1))]
    state.aware_day = np.maximum.reduce([state.aware_day, *signs])
    state.share_day = np.maximum(state.share_day, _on(start, week.share_day))
    state.customer = state.customer | week.became_customer
    state.reachable = (state.reachable | joined) & ~week.bounced
    state.consent = state.consent & ~week.unsubscribed
    state.card = state.card | (week.card_day >= 0)
    called = (action == SERVICE_CALL) | (action == ADVERTISEMENT)
    state.contacts = _push(state.contacts, (week.mail_day >= 0).astype(np.int64) + called)
    state.tickets = _push(state.tickets, (week.ticket_day >= 0).astype(np.int64))
    state.csat = np.where((week.ticket_day >= 0) & (week.csat > 0), week.csat, state.csat)
    state.sends = state.sends + (week.mail_day >= 0)
    state.opens = state.opens + (week.open_day >= 0)
    state.lift = 0.5 * (state.lift + lift)


def cart_value(week: Week) -> Floats:
    """Money in a cart that was left: a fixed function of the session, e^(4 + .5 z) roughly."""
    place = (week.pages[:, 0] * 7 + week.day[:, 0] * 3 + np.arange(len(week.phase)) * 11 + week.week) % 10
    values: Floats = np.exp(4.0 + 0.5 * np.linspace(-1.6, 1.6, 10))[place]
    return values


def _on(start: int, day: Ints) -> Ints:
    return np.where(day >= 0, start + day, -10_000)


def _push(window: Ints, newest: Ints) -> Ints:
    return np.concatenate([newest[:, None], window[:, :-1]], axis=1)
