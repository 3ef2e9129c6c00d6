"""What was in every order: products, prices, discounts. Read by the shop, the tills and the web's measurements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines.demo_shop.exports.people import People
from pipelines.demo_shop.log import Log
from pipelines.demo_shop.settings import DemoSettings
from pipelines.demo_shop.state import CATEGORIES, Floats, Ints
from pipelines.demo_shop.texts import COLOURS, PRODUCTS

PER_CATEGORY = 40


@dataclass(frozen=True)
class Catalogue:
    """The products: one row each, ``PER_CATEGORY`` per category, in the order of ``CATEGORIES``."""

    number: pa.Array
    name: pa.Array
    category: pa.Array
    price: Floats


@dataclass(frozen=True)
class Baskets:
    """Order lines: ``order`` is the row of the order in the log, ``line`` counts from 1.

    ``total`` is per order: euro paid for the lines, after the coupon.
    """

    order: Ints
    line: Ints
    product: Ints
    quantity: Ints
    price: Floats
    discount: Floats
    total: Floats


def catalogue() -> Catalogue:
    """Give the shop's products; the same in every run.

    Examples
    --------
    >>> catalogue().name[0].as_py()
    'Vaas zand'
    """
    rng = np.random.default_rng(2024)
    names, prices = [], []
    for category in CATEGORIES:
        typical, nouns = PRODUCTS[category]
        names += [
            f"{nouns[i % len(nouns)]} {COLOURS[(i // len(nouns)) % len(COLOURS)]}"
            for i in range(PER_CATEGORY)
        ]
        prices.append(np.floor(typical * np.exp(0.45 * rng.normal(size=PER_CATEGORY))) + 0.95)
    count = len(CATEGORIES) * PER_CATEGORY
    return Catalogue(
        number=pa.array([f"P{1000 + i}" for i in range(count)]), name=pa.array(names),
        category=pa.array([CATEGORIES[i // PER_CATEGORY] for i in range(count)]), price=np.concatenate(prices),
    )  # fmt: skip


def favourites(person: Ints, people: People, rng: np.random.Generator) -> Ints:
    """Draw one product per row: two thirds from the person's favourite category."""
    of = np.where(
        rng.random(len(person)) < 0.66,
        people.favourite[person],
        rng.integers(len(CATEGORIES), size=len(person)),
    )
    # Cheap things go faster, and some products far more than others.
    return of * PER_CATEGORY + np.floor(PER_CATEGORY * rng.random(len(person)) ** 1.7).astype(np.int64)


def baskets_of(log: Log, people: People, settings: DemoSettings) -> Baskets:
    """Fill every order with lines."""
    rng = np.random.default_rng([settings.seed, 6])
    orders = log.orders
    number = 1 + rng.poisson(1.6, size=len(orders["person"]))
    order = np.repeat(np.arange(len(number)), number)
    line = np.arange(len(order)) - np.repeat(np.cumsum(number) - number, number) + 1
    person = orders["person"][order].astype(np.int64)
    product = favourites(person, people, rng)
    quantity = 1 + (rng.random(len(order)) < 0.18) + (rng.random(len(order)) < 0.05)
    price = np.round(catalogue().price[product] * np.where(people.price_level[person] > 1.25, 1.1, 1.0), 2)
    discount = np.where(orders["coupon"][order], np.round(0.10 * price * quantity, 2), 0.0)
    paid = price * quantity - discount
    total = np.round(np.bincount(order, weights=paid, minlength=len(number)).astype(np.float64), 2)
    return Baskets(order, line, product, quantity, price, discount, total.astype(np.float64))
