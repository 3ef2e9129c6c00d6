"""Effects of the actions on the order hazard (notes/next-best-action.md section 5a), in three worlds.

The logit of next week's order hazard moves by ``SCALE[phase] * delta_a(x)`` and the move halves every week. The
deltas use only what the exports show of a person, so that they can be learnt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo_shop.settings import World
from pipelines.demo_shop.state import Floats, State

ACTIONS = ("none", "newsletter", "coupon", "advertisement", "service_call", "referral_request")
NONE, NEWSLETTER, COUPON, ADVERTISEMENT, SERVICE_CALL, REFERRAL_REQUEST = range(6)
MAILED = (NEWSLETTER, COUPON, REFERRAL_REQUEST)
#: What an action costs per decision, euro (section 5a; the discount itself is paid in the order).
COST = (0.0, 0.02, 0.02, 0.04, 2.0, 0.05)
#: s_k of section 5a (.8, .8, .6, .9, 1.0; nothing works on the dormant), times 4/3: the effect halves weekly, and
#: the outcome looks at two weeks.
SCALE = np.array([0.8, 0.8, 0.6, 0.9, 1.0, 0.0]) * 4 / 3
#: Effect in the null world: the same for everybody (about the averages of the linear world).
FLAT = (0.0, 0.12, 0.25, 0.10, 0.30, 0.35)


@dataclass(frozen=True)
class Seen:
    """What a marketer can see of a person on a Monday: rates are drawn to the average while there are few."""

    open_rate: Floats
    contacts: Floats
    discount_share: Floats
    cart: Floats
    recency: Floats
    pages: Floats
    orders: Floats
    tickets: Floats
    csat: Floats
    mobile: Floats


def seen(state: State, day: int) -> Seen:
    """Read what the effects, the hazards and the policy look at off the state."""
    last = np.maximum(state.aware_day, np.maximum(state.last_order, state.view_day))
    return Seen(
        open_rate=(state.opens + 0.28 * 2) / (state.sends + 2),
        contacts=state.contacts.sum(axis=1).astype(np.float64),
        discount_share=(state.coupon_orders + 0.30) / (state.orders + 1),
        cart=np.where(
            (state.cart_day >= day - 14) & (state.cart_day > state.last_order), state.cart_value, 0.0
        ),
        recency=np.clip(day - last, 0, 365).astype(np.float64),
        pages=state.pages[:, 0].astype(np.float64),
        orders=state.orders.astype(np.float64),
        tickets=state.tickets.sum(axis=1).astype(np.float64),
        csat=state.csat,
        mobile=state.mobile.astype(np.float64),
    )


def deltas(x: Seen, world: World) -> Floats:
    """Give the logit effect of every action before the scale of the phase.

    Parameters
    ----------
    x : Seen
        One value per person.
    world : {"linear", "thresholds", "null"}

    Returns
    -------
    array (people, actions)
        ``none`` is 0.
    """
    out = np.zeros((len(x.csat), len(ACTIONS)))
    if world == "null":
        out[:] = FLAT
    elif world == "linear":
        # The note's equations, centred on what this shop shows; contacts vary half as much here as the note's
        # Poisson(3), hence twice the weight; recency 5 days instead of 14, for most were seen within 14.
        out[:, NEWSLETTER] = 0.15 + 2.0 * (x.open_rate - 0.33) - 0.28 * (x.contacts - 1.35)
        out[:, COUPON] = 0.20 + 2.4 * (x.discount_share - 0.25) + 0.25 * (x.cart > 80)
        out[:, ADVERTISEMENT] = 0.45 * (x.recency < 5) - 0.20 * x.mobile + 0.10 * (x.cart > 0)
        out[:, SERVICE_CALL] = -0.15 + 1.3 * (x.tickets >= 1) + 0.6 * (x.csat <= 2)
        out[:, REFERRAL_REQUEST] = 0.15 + 0.55 * (x.csat >= 4) - 0.6 * (x.csat <= 2)
    else:
        out[:, NEWSLETTER] = 0.7 * ((x.open_rate > 0.33) & (x.contacts <= 1)) - 0.5 * (x.contacts >= 3)
        out[:, COUPON] = 0.9 * ((x.discount_share > 0.25) & (x.recency > 2)) - 0.3 * (x.orders >= 3)
        out[:, ADVERTISEMENT] = 0.6 * ((x.recency < 5) & (x.mobile == 0)) - 0.2 * (x.mobile == 1)
        out[:, SERVICE_CALL] = 0.9 * ((x.tickets >= 1) & (x.csat <= 3)) - 0.15 * (x.tickets == 0)
        out[:, REFERRAL_REQUEST] = 0.7 * ((x.csat >= 4) & (x.orders >= 3)) - 0.3 * (x.csat <= 2)
    return out
