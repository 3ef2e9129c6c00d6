"""The names that persons have in each system: customer numbers, addresses, browsers, cards; and shared ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo_shop.exports.files import START_S, numbered
from pipelines.demo_shop.log import DAY_S, Log
from pipelines.demo_shop.settings import DemoSettings
from pipelines.demo_shop.state import CATEGORIES, Floats, Ints, Mask
from pipelines.demo_shop.texts import FIRST_NAMES, LAST_NAMES

#: Nobody: a moment that never comes (seconds from the start).
LATER = np.iinfo(np.int64).max // 4
#: Shares of customers that make identities hard: a browser two people use; a second account that is merged later; a
#: second address used for guest orders, of which the shop learns later whose it is.
SHARED, MERGED, SECOND_MAIL = 0.012, 0.010, 0.015


@dataclass(frozen=True)
class People:
    """One value per person; texts are null for who has none.

    Attributes
    ----------
    customer_s, known_mail_s, card_s : int
        Second from which there is a customer number, an address, a card; `LATER` if never.
    number, second_number, email, second_email, card, browser, second_browser : string
    second_device_s : int
        From when the second device is used.
    partner : int
        The person whose browser is used too; -1: none.
    merge_s, learnt_s : int
        When the second account was merged into the first; when the second address became known.
    favourite, english, price_level, first_name, last_name
        Traits.
    """

    customer_s: Ints
    known_mail_s: Ints
    card_s: Ints
    number: pa.Array
    second_number: pa.Array
    email: pa.Array
    second_email: pa.Array
    card: pa.Array
    browser: pa.Array
    second_browser: pa.Array
    second_device_s: Ints
    partner: Ints
    merge_s: Ints
    learnt_s: Ints
    favourite: Ints
    english: Mask
    price_level: Floats
    first_name: Ints
    last_name: Ints

    @property
    def simple(self) -> Mask:
        """Who has one account, one address and no shared browser: identity is plain."""
        shared = self.partner >= 0
        lent = np.zeros(len(shared), dtype=np.bool_)
        lent[self.partner[shared]] = True
        plain: Mask = ~shared & ~lent & (self.merge_s == LATER) & (self.learnt_s == LATER)
        return plain


def people_of(log: Log, settings: DemoSettings) -> People:
    """Give everybody their names."""
    n = settings.customers
    rng = np.random.default_rng([settings.seed, 5])
    end = settings.days * DAY_S
    customer_s = np.where(log.start.customer, 0, LATER)
    known_mail_s = np.where(log.start.reachable, 0, LATER)
    joins = log.joins
    real = joins["customer"].astype(bool)
    np.minimum.at(customer_s, joins["person"][real], joins["second"][real])
    np.minimum.at(known_mail_s, joins["person"], joins["second"])
    card_s = np.full(n, LATER)
    card_s[log.cards["person"]] = log.cards["day"] * DAY_S + 12 * 3_600
    is_customer = customer_s < end
    # Numbers are given out in the order in which people became customers.
    rank = np.empty(n, dtype=np.int64)
    rank[np.lexsort((rng.random(n), customer_s))] = np.arange(1, n + 1)
    taken = int(is_customer.sum())
    first, last = rng.integers(len(FIRST_NAMES), size=n), rng.integers(len(LAST_NAMES), size=n)
    merged = is_customer & (rng.random(n) < MERGED) & (customer_s < end - 200 * DAY_S)
    second_mail = is_customer & ~merged & (rng.random(n) < SECOND_MAIL)
    partner = np.full(n, -1)
    sharers = np.flatnonzero(is_customer & ~merged & ~second_mail & (rng.random(n) < 2 * SHARED))
    half = len(sharers) // 2
    partner[sharers[:half]] = sharers[half : 2 * half]
    second = is_customer & (partner < 0) & (rng.random(n) < 0.3)
    extra = np.cumsum(merged) + taken
    number = _only(numbered("K", rank, 6), is_customer)
    has_mail = known_mail_s < end
    return People(
        customer_s=customer_s, known_mail_s=known_mail_s, card_s=card_s, number=number,
        second_number=_only(numbered("K", extra, 6), merged),
        email=_only(_address(first, last, np.arange(n), "postbus.example"), has_mail),
        second_email=_only(_address(first, last, np.arange(n), "werk.example"), second_mail),
        card=_only(numbered("26", rng.permutation(n) + 1, 8), card_s < end),
        browser=_browser(rng, n), second_browser=_only(_browser(rng, n), second),
        second_device_s=np.where(second, np.minimum(customer_s, end) + rng.integers(7, 200, size=n) * DAY_S, LATER),
        partner=partner,
        merge_s=np.where(merged, np.minimum(customer_s, end) + rng.integers(90, 180, size=n) * DAY_S, LATER),
        learnt_s=np.where(second_mail, rng.integers(150, 450, size=n) * DAY_S, LATER),
        favourite=rng.integers(len(CATEGORIES), size=n), english=rng.random(n) < 0.08,
        price_level=np.exp(0.15 * log.start.engagement + 0.3 * rng.normal(size=n)),
        first_name=first, last_name=last,
    )  # fmt: skip


def _only(values: pa.Array, keep: Mask) -> pa.Array:
    return pc.if_else(pa.array(keep), values, pa.scalar(None, pa.string()))


def _address(first: Ints, last: Ints, person: Ints, host: str) -> pa.Array:
    names = pa.array([name.lower() for name in FIRST_NAMES]).take(pa.array(first))
    surnames = pa.array([name.lower().replace(" ", "") for name in LAST_NAMES]).take(pa.array(last))
    # A number that says nothing of the person's row in the truth.
    tail = pa.array((person * 7_919 + 13) % 1_000_003).cast(pa.string())
    local = pc.binary_join_element_wise(pc.binary_join_element_wise(names, surnames, "."), tail, "")
    return pc.binary_join_element_wise(local, host, "@")


def _browser(rng: np.random.Generator, n: int) -> pa.Array:
    """Client ids as gtag makes them: a random number and a second."""
    left = pa.array(rng.integers(100_000_000, 2_000_000_000, size=n)).cast(pa.string())
    right = pa.array(START_S + rng.integers(0, 9_999_999, size=n)).cast(pa.string())
    return pc.binary_join_element_wise(left, right, ".")
