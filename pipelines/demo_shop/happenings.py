"""What can happen in a week, and how it is written down."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.demo_shop.state import Floats, Ints, Mask

#: Web sessions per person and week: three slots of the day for visits (the last also for clicks), one for an order.
SLOTS = 4
ORDER_SLOT, CLICK_SLOT = 3, 2
BOUNCE, LOOK, VIEWED, CARTED, ORDERED = range(5)
WEB, APP, STORE = range(3)


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
