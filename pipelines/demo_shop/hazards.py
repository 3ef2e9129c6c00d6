"""Weekly hazards: sigma(alpha_phase + x'beta + latents + season + effects). Numbers are set to realistic rates.

Sources (notes/next-best-action.md section 5a): cart abandonment about 70 % (Baymard), repeat purchase about 28 %,
yearly churn of shops 70-75 %, e-mail clicks about 5 % of opens and more, conversion 1.5-3 % of visits.
"""

from __future__ import annotations

import numpy as np

from pipelines.demo_shop.effects import Seen
from pipelines.demo_shop.settings import DAY_US, START_US, DemoSettings
from pipelines.demo_shop.state import Floats, Ints, Mask, State

#: Intercepts by phase: awareness, consideration, decision, retention, advocacy, dormant.
ORDER = np.array([-4.20, -3.55, -2.40, -3.70, -3.25, -5.00])
VISIT = np.array([-0.85, -0.30, 0.25, -0.80, -0.30, -2.90])
VIEW = np.array([-1.10, -0.40, -0.10, -0.80, -0.50, -1.00])
CART = np.array([-1.10, -0.70, -0.30, -0.90, -0.75, -1.00])
#: ISO weeks: (from, to, logit of ordering, is it a sale).
SEASON = (
    (46, 48, 0.45, True),
    (49, 51, 0.60, False),
    (1, 2, 0.10, True),
    (14, 17, 0.15, False),
    (26, 28, 0.10, True),
    (30, 33, -0.35, False),
)


def sigma(logit: Floats) -> Floats:
    """Logistic function."""
    out: Floats = 1.0 / (1.0 + np.exp(-logit))
    return out


def season_of(week: int) -> tuple[float, bool]:
    """Give the season's logit and whether there is a sale, for a week since the start of the log.

    Examples
    --------
    >>> season_of(0), season_of(50)
    ((0.1, True), (0.6, False))
    """
    monday = np.datetime64(START_US // DAY_US + 7 * week, "D")
    number = int(monday.astype(object).isocalendar().week)
    for start, end, logit, sale in SEASON:
        if start <= number <= end:
            return logit, sale
    return 0.0, False


def baseline(x: Seen, phase: Ints) -> Floats:
    """Give the observable part of the order logit when nothing is done: what a marketer can know of it."""
    out: Floats = (
        ORDER[phase]
        - 0.20 * (np.log1p(x.recency) - 2.0)
        + 0.20 * (np.log1p(x.pages) - 0.8)
        + 0.10 * np.clip(x.orders - 1, -1, 4)
        - 0.35 * np.minimum(x.tickets, 2)
        + 0.25 * (x.csat - 3.8)
    )
    return out


def order_hazard(
    state: State, x: Seen, phase: Ints, week: int, lift: Floats, settings: DemoSettings
) -> Floats:
    """Chance to order in a week, with the effects that work in it; 0 for who is lost or has not come yet."""
    season, sale = season_of(week)
    logit = baseline(x, phase) + (0.5 + settings.hidden) * state.engagement + season + lift
    if sale:
        logit = logit + 0.35 * state.thrift
    # Half of those who bought once had a reason that does not come back; nobody sees who.
    logit = logit - np.where(state.customer, 0.0, 0.40) - np.where((state.orders > 0) & state.once, 1.4, 0.0)
    alive = (state.arrival <= week) & ~state.left & ~passing(state, week)
    return np.where(alive, sigma(logit), 0.0)


def passing(state: State, week: int) -> Mask:
    """Tell who passes by this week, for the only time."""
    now: Mask = state.passer & (state.arrival == week)
    return now


def visit_hazard(state: State, x: Seen, phase: Ints, week: int) -> Floats:
    """Chance of at least one web session in a week."""
    logit = (
        VISIT[phase] + 0.45 * state.engagement + 0.6 * season_of(week)[0] - 0.12 * (np.log1p(x.recency) - 2.0)
    )
    # A person's first week is a visit: that is how they arrive.
    certain = (state.arrival == week) & ~state.customer
    chance = np.where(state.left, np.where(state.passer, 0.0, 0.003), sigma(logit))
    return np.where(certain, 1.0, np.where(state.arrival <= week, chance, 0.0))


def leave_hazard(state: State, x: Seen) -> Floats:
    """Chance to be lost in a week: less so for the engaged, more after trouble and too many contacts."""
    return sigma(
        -4.1 - 0.55 * state.engagement + 0.5 * np.minimum(x.tickets, 2) - 0.35 * (x.csat - 3.8)
        + 0.25 * np.maximum(x.contacts - 2, 0)
    )  # fmt: skip


#: Chance per week that somebody who was lost comes back.
COME_BACK = 0.004
