"""The name of a persona: what its customers are, and what stands out most.

An id is ``<kind>`` or ``<kind>+<trait>``, such as ``regulars+store``: it follows from the numbers alone, so alike
groups bear the same id in a later run. Words for people: ``models/reporting/templates/words_personas.json``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.personas.cards import FEW_BUYERS, OF_ORDERS

#: A trait is named if a group's mean is this many standard deviations from that of everybody.
STANDS_OUT = 0.4
#: Column (without window) to the traits of those far below and far above.
TRAITS: Mapping[str, tuple[str, str]] = {
    "monetary__order_value": ("small_baskets", "big_baskets"),
    "category__breadth": ("one_category", "many_categories"),
    "frequency__ticket_open": ("", "asks_help"),
    "frequency__chat": ("", "chats"),
    "frequency__return": ("", "sends_back"),
    "frequency__review": ("", "reviews"),
    "frequency__referral": ("", "recommends"),
    "frequency__share": ("", "shares"),
    "treatment__response_rate": ("ignores_contact", "responds"),
    "frequency__email_click": ("", "reads_mail"),
    "frequency__product_view": ("", "looks_a_lot"),
}
#: Known for less than this part of the mean time: new. Silent for longer than the mean by so many deviations: asleep.
NEW_DAYS_SHARE, SILENT = 0.5, 0.75
#: Buyers with fewer orders than this on average bought once.
ONE_TIME = 1.5


@dataclass(frozen=True)
class Group:
    """What a name is made of.

    Parameters
    ----------
    buyers, each : float
        Share of the group with an order, and the mean number of orders of these.
    orders, recency : float
        Distance from everybody in standard deviations; recency of behaviour, high is long ago.
    known_days : float
        Mean days since first seen, relative to everybody.
    traits : mapping
        Column to its distance from everybody in standard deviations.
    """

    buyers: float
    each: float
    orders: float
    recency: float
    known_days: float
    traits: Mapping[str, float]


def kind_of(group: Group) -> str:
    """Say what sort of customers these are, by orders and silence.

    Examples
    --------
    >>> kind_of(Group(1.0, 8.0, 1.2, -0.6, 1.0, {})), kind_of(Group(0.05, 1.0, -0.8, 0.9, 1.0, {}))
    ('regulars', 'passers_by')
    """
    if group.buyers < FEW_BUYERS:
        return "passers_by" if group.recency > 0 else "lookers"
    if group.each < ONE_TIME:
        return "one_time"
    if group.recency > SILENT:
        return "lapsed_regulars" if group.orders > 0 else "sleepers"
    if group.orders > STANDS_OUT:
        return "regulars"
    if group.known_days < NEW_DAYS_SHARE:
        return "newcomers"
    return "occasional" if group.orders < -STANDS_OUT else "steady"


def traits_of(group: Group) -> list[str]:
    """List the traits that stand out, strongest first.

    Examples
    --------
    >>> traits_of(Group(1.0, 4.0, 0.0, 0.0, 1.0, {"channel__store_share": 0.9, "monetary__order_value": -1.5}))
    ['small_baskets', 'store']
    """
    found = []
    for column, far in sorted(group.traits.items(), key=lambda pair: (-abs(pair[1]), pair[0])):
        if column.startswith("channel__"):
            name = column.removeprefix("channel__").removesuffix("_share") if far > 0 else ""
        else:
            name = TRAITS.get(column, ("", ""))[far > 0]
        if name and abs(far) >= STANDS_OUT and (group.buyers >= FEW_BUYERS or column not in OF_ORDERS):
            found.append(name)
    return found


def ids_of(groups: Sequence[Group]) -> list[str]:
    """Name every group, each with another name: the first trait that tells it from those before.

    Examples
    --------
    >>> alike = Group(1.0, 8.0, 1.0, 0.0, 1.0, {"channel__web_share": 0.8})
    >>> ids_of([alike, alike, Group(0.0, 0.0, -1.0, -0.5, 1.0, {})])
    ['regulars+web', 'regulars', 'lookers']
    """
    found: list[str] = []
    for group in groups:
        kind = kind_of(group)
        names = [*(f"{kind}+{trait}" for trait in traits_of(group)), kind]
        names += [f"{kind}+{number}" for number in range(2, len(groups) + 2)]
        found.append(next(name for name in names if name not in found))
    return found
