"""One week of everybody's life: from the state on a Monday to the state on the next, and what happened.

Within a week the order is independent of the visits, given the state: so the chance of no order in k weeks is the
mean, over paths without an order, of the product of (1 - hazard) (`replay`). Every call draws the same number of
random numbers, so that two runs from one seed differ only by what was decided differently.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo_shop.effects import ADVERTISEMENT, MAILED, REFERRAL_REQUEST, SERVICE_CALL, seen
from pipelines.demo_shop.evidence import PHASES
from pipelines.demo_shop.hazards import (
    CART,
    COME_BACK,
    VIEW,
    leave_hazard,
    order_hazard,
    season_of,
    sigma,
    visit_hazard,
)
from pipelines.demo_shop.settings import DemoSettings
from pipelines.demo_shop.state import Floats, Ints, Mask, State

#: Web sessions per person and week: three slots of the day for visits (the last also for clicks), one for an order.
SLOTS = 4
ORDER_SLOT, CLICK_SLOT = 3, 2
BOUNCE, LOOK, VIEWED, CARTED, ORDERED = range(5)
WEB, APP, STORE = range(3)
#: The shop's own newsletter goes out on this day of the weeks between two decisions.
NEWSLETTER_DAY = 3


@dataclass(frozen=True)
class Week:
    """What happened in one week; one row per person, ``-1`` where nothing did. Days are days of the week.

    ``depth``, ``day``, ``pages``, ``hints`` are per session slot (people, SLOTS).
    """

    week: int
    phase: Ints
    hazard: Floats
    order_day: Ints
    order_channel: Ints
    with_coupon: Mask
    returned: Mask
    depth: Ints
    day: Ints
    pages: Ints
    hints: Ints
    mail_day: Ints
    open_day: Ints
    click_day: Ints
    bounced: Mask
    unsubscribed: Mask
    ad_click: Mask
    became_reachable: Mask
    became_customer: Mask
    card_day: Ints
    ticket_day: Ints
    csat: Ints
    share_day: Ints
    share_sort: Ints
    survey: Mask
    chat: Mask


class Draws:
    """Random numbers of one week: the n-th call gives the same numbers in every run from one seed."""

    def __init__(self, rng: np.random.Generator, people: int) -> None:
        self._rng, self._people = rng, people

    def uniform(self) -> Floats:
        """One uniform number per person."""
        return self._rng.random(self._people)

    def normal(self) -> Floats:
        """One normal number per person."""
        return self._rng.standard_normal(self._people)

    def below(self, chance: Floats | float) -> Mask:
        """Tell per person whether something with that chance happens."""
        happens: Mask = self.uniform() < chance
        return happens

    def day(self) -> Ints:
        """One day of the week per person."""
        return np.floor(self.uniform() * 7).astype(np.int64)


def newsletter_week(settings: DemoSettings, week: int) -> bool:
    """Tell whether the shop's own newsletter goes out: halfway between two decisions."""
    return (settings.weeks - week) % 4 == 2


def advance(
    state: State, week: int, phase: Ints, action: Ints, lift: Floats, draws: Draws,
    settings: DemoSettings, *, orders: bool = True,
) -> Week:  # fmt: skip
    """Live one week; ``state`` becomes that of the next Monday.

    Parameters
    ----------
    state : State
        On Monday; changed in place.
    week : int
        Weeks since the start of the log.
    phase : array
        From `evidence.phase_of` on that Monday.
    action : array
        Place in ``ACTIONS``; 0 (none) too for who was not decided about.
    lift : array
        Logit effect of the action taken now; that of earlier ones is in the state.
    draws : Draws
    settings : DemoSettings
    orders : bool
        False: the hazard is given, but nobody orders (for `replay`).
    """
    x = seen(state, 7 * week)
    hazard = order_hazard(state, x, phase, week, state.lift + lift, settings)
    mail = _mail(state, week, action, draws, settings)
    order_day = np.where(draws.below(hazard) & orders, draws.day(), -1)
    ordered = order_day >= 0
    channel = _channel(state, draws)
    coupon = ordered & draws.below(sigma(-1.6 + 0.9 * state.thrift + 1.2 * (action == 2) + 0.8 * season_of(week)[1]))
    returned = ordered & draws.below(0.16)
    ad_click = (action == ADVERTISEMENT) & draws.below(0.04) & ~state.left
    forced = np.where(mail.click >= 0, mail.click, np.where(ad_click, 0, -1))
    web_order = np.where(channel == WEB, order_day, -1)
    depth, day, pages, hints = _sessions(state, week, phase, forced, web_order, draws)
    visited = (depth >= 0).any(axis=1)
    signs = visited & ~state.customer & draws.below(np.where(state.reachable, 0.010, 0.022))
    lead = signs & ~state.reachable & draws.below(0.3)
    ticket = draws.below(
        np.where(state.customer & ~state.left, sigma(-5.9 + 2.2 * _recent(state, week) + 0.8 * (x.tickets > 0)), 0.0)
    )
    csat = np.clip(np.round(3.9 + 0.4 * state.engagement - 0.7 * draws.below(0.45) + 0.9 * draws.normal()), 1, 5)
    asked = (action == REFERRAL_REQUEST) & (mail.open >= 0)
    fan = sigma(-7.2 + 0.5 * state.engagement + 3.2 * _recent(state, week) + 1.6 * asked + 0.4 * (x.csat - 3.8))
    shares = draws.below(np.where(state.customer & ~state.left, fan, 0.0))
    share_sort = np.where(draws.below(0.70), 0, np.where(draws.below(0.45), 1, 2)) + asked * 0
    card = state.customer & state.card_fan & ~state.card & draws.below(0.2)
    happened = Week(
        week=week, phase=phase, hazard=hazard, order_day=order_day, order_channel=np.where(ordered, channel, -1),
        with_coupon=coupon, returned=returned, depth=depth, day=day, pages=pages, hints=hints,
        mail_day=mail.sent, open_day=mail.open, click_day=mail.click, bounced=mail.bounced,
        unsubscribed=mail.unsubscribed, ad_click=ad_click,
        became_reachable=lead, became_customer=~state.customer & ((signs & ~lead) | ordered),
        card_day=np.where(card, draws.day(), -1),
        ticket_day=np.where(ticket, draws.day(), -1), csat=np.where(draws.below(0.62), csat, 0).astype(np.int64),
        share_day=np.where(shares, draws.day(), -1), share_sort=share_sort,
        survey=draws.below(0.16) & ordered, chat=visited & (depth.max(axis=1) >= VIEWED) & draws.below(0.03),
    )  # fmt: skip
    leaves, back = draws.below(leave_hazard(state, x)), draws.below(COME_BACK)
    state.left = np.where(state.left, ~back, leaves & (state.arrival < week) & ~ordered)
    _remember(state, happened, action, lift)
    return happened


@dataclass(frozen=True)
class _Mail:
    sent: Ints
    open: Ints
    click: Ints
    bounced: Mask
    unsubscribed: Mask


def _mail(state: State, week: int, action: Ints, draws: Draws, settings: DemoSettings) -> _Mail:
    """Send what was decided, and the newsletter; opens and clicks fall in the same week."""
    may = state.reachable & state.consent
    sent = np.where(np.isin(action, MAILED) & may, 0, -1)
    if newsletter_week(settings, week):
        # Who shows no sign of life for half a year is not mailed any more; the log begins with a clean list.
        awake = np.maximum(np.maximum(state.aware_day, state.last_order), 0) >= 7 * week - 182
        sent = np.where(may & awake, NEWSLETTER_DAY, sent)
    mailed = sent >= 0
    bounced = mailed & state.bad_address
    chance = 0.6 * state.opener + 0.4 * sigma(-1.0 + 0.7 * state.engagement + 0.5 * draws.normal())
    chance = chance * np.clip(1.12 - 0.06 * state.contacts.sum(axis=1), 0.4, 1.1) * np.where(state.left, 0.15, 1.0)
    delay = np.searchsorted([0.78, 0.93], draws.uniform())
    opened = mailed & ~bounced & draws.below(chance)
    clicked = opened & draws.below(0.11)
    leaves = draws.below(0.0012 + 0.0015 * np.maximum(state.contacts.sum(axis=1) - 1, 0))
    day = sent + delay
    return _Mail(sent, np.where(opened, day, -1), np.where(clicked, day, -1), bounced, mailed & ~bounced & leaves)


def _recent(state: State, week: int) -> Mask:
    """Tell who ordered in the last three weeks."""
    recent: Mask = state.last_order >= 7 * week - 21
    return recent


def _channel(state: State, draws: Draws) -> Ints:
    """Where an order would be placed: the shop knows card holders, the app customers; else the web."""
    u = draws.uniform()
    store = state.card & (u < 0.60)
    app = state.customer & state.app & (u >= 0.40) & (u < 0.90)
    # Who does not let the web be measured still orders there: the shop knows, GA4 does not.
    return np.where(store, STORE, np.where(app, APP, WEB))


def _sessions(
    state: State, week: int, phase: Ints, forced: Ints, web_order: Ints, draws: Draws
) -> tuple[Ints, Ints, Ints, Ints]:
    """Web sessions of the week: how deep each went, on which day, page views, and content views."""
    n = len(state)
    x = seen(state, 7 * week)
    visits = draws.below(visit_hazard(state, x, phase, week))
    more = np.searchsorted([0.58, 0.86], draws.uniform())
    views = draws.below(sigma(VIEW[phase] + 0.3 * state.engagement))
    carts = views & draws.below(sigma(CART[phase] + 0.15 * state.engagement))
    depth, day = np.full((n, SLOTS), -1), np.full((n, SLOTS), -1)
    for slot in range(ORDER_SLOT):
        look = np.where(draws.below(0.32), LOOK, BOUNCE)
        first = np.where(carts, CARTED, np.where(views, VIEWED, look)) if slot == 0 else look
        here = visits & (more >= slot)
        when = draws.day()
        if slot == CLICK_SLOT:
            here, when = here | (forced >= 0), np.where(forced >= 0, forced, when)
            first = np.where((forced >= 0) & draws.below(0.35), VIEWED, first)
        depth[:, slot], day[:, slot] = np.where(here, first, -1), np.where(here, when, -1)
    depth[:, ORDER_SLOT], day[:, ORDER_SLOT] = np.where(web_order >= 0, ORDERED, -1), web_order
    extra = np.floor(draws.uniform()[:, None] * 3 + np.arange(SLOTS)) % 3
    pages = np.where(depth >= 0, np.where(depth == BOUNCE, 1, 1 + extra), 0).astype(np.int64)
    hints = ((depth == LOOK) & (extra == 1)).astype(np.int64)
    return depth, day, pages, hints


def _remember(state: State, week: Week, action: Ints, lift: Floats) -> None:
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


assert len(PHASES) == len(VIEW)
