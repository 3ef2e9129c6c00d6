"""One week of everybody's life: from the state on a Monday to the state on the next, and what happened.

Within a week the order is independent of the visits, given the state: so the chance of no order in k weeks is the
mean, over paths without an order, of the product of (1 - hazard) (`replay`). Every call draws the same number of
random numbers, so that two runs from one seed differ only by what was decided differently.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo_shop.effects import ADVERTISEMENT, MAILED, REFERRAL_REQUEST, seen
from pipelines.demo_shop.happenings import (
    APP,
    BOUNCE,
    CARTED,
    CLICK_SLOT,
    LOOK,
    ORDER_SLOT,
    ORDERED,
    SLOTS,
    STORE,
    VIEWED,
    WEB,
    Week,
)
from pipelines.demo_shop.hazards import (
    CART,
    COME_BACK,
    VIEW,
    leave_hazard,
    order_hazard,
    passing,
    season_of,
    sigma,
    visit_hazard,
)
from pipelines.demo_shop.memory import remember
from pipelines.demo_shop.settings import DemoSettings
from pipelines.demo_shop.state import Floats, Ints, Mask, State

#: The shop's own newsletter goes out on this day of the weeks between two decisions.
NEWSLETTER_DAY = 3


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
    coupon = ordered & draws.below(
        sigma(-1.6 + 0.9 * state.thrift + 1.2 * (action == 2) + 0.8 * season_of(week)[1])
    )
    returned = ordered & draws.below(0.16)
    ad_click = (action == ADVERTISEMENT) & draws.below(0.04) & ~state.left
    forced = np.where(mail.click >= 0, mail.click, np.where(ad_click, 0, -1))
    web_order = np.where(channel == WEB, order_day, -1)
    depth, day, pages, hints = _sessions(state, week, phase, forced, web_order, draws)
    visited = (depth >= 0).any(axis=1)
    by = passing(state, week)
    signs = visited & ~by & ~state.customer & draws.below(np.where(state.reachable, 0.010, 0.022))
    lead = signs & ~state.reachable & draws.below(0.3)
    ticket = draws.below(
        np.where(
            state.customer & ~state.left,
            sigma(-5.9 + 2.2 * _recent(state, week) + 0.8 * (x.tickets > 0)),
            0.0,
        )
    )
    csat = np.clip(
        np.round(3.9 + 0.4 * state.engagement - 0.7 * draws.below(0.45) + 0.9 * draws.normal()), 1, 5
    )
    asked = (action == REFERRAL_REQUEST) & (mail.open >= 0)
    fan = sigma(
        -7.2 + 0.5 * state.engagement + 3.2 * _recent(state, week) + 1.6 * asked + 0.4 * (x.csat - 3.8)
    )
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
    leaves, back = draws.below(leave_hazard(state, x)), draws.below(COME_BACK) & ~state.passer
    state.left = np.where(state.left, ~back, by | (leaves & (state.arrival < week) & ~ordered))
    remember(state, happened, action, lift)
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
    chance = (
        chance * np.clip(1.12 - 0.06 * state.contacts.sum(axis=1), 0.4, 1.1) * np.where(state.left, 0.15, 1.0)
    )
    delay = np.searchsorted([0.78, 0.93], draws.uniform())
    opened = mailed & ~bounced & draws.below(chance)
    clicked = opened & draws.below(0.11)
    leaves = draws.below(0.0012 + 0.0015 * np.maximum(state.contacts.sum(axis=1) - 1, 0))
    day = sent + delay
    return _Mail(
        sent, np.where(opened, day, -1), np.where(clicked, day, -1), bounced, mailed & ~bounced & leaves
    )


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
    by = passing(state, week)
    visits = draws.below(visit_hazard(state, x, phase, week))
    more = np.where(by, 0, np.searchsorted([0.58, 0.86], draws.uniform()))
    views = draws.below(sigma(VIEW[phase] + 0.3 * state.engagement)) & ~by
    carts = views & draws.below(sigma(CART[phase] + 0.15 * state.engagement))
    depth, day = np.full((n, SLOTS), -1), np.full((n, SLOTS), -1)
    for slot in range(ORDER_SLOT):
        look = np.where(draws.below(np.where(by, 0.25, 0.42)), LOOK, BOUNCE)
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
