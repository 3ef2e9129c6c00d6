"""Exports of the web shop, the tills and the loyalty programme."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo_shop.exports.baskets import Baskets, catalogue
from pipelines.demo_shop.exports.files import Exports, moments, money, numbered
from pipelines.demo_shop.exports.people import LATER, People
from pipelines.demo_shop.happenings import STORE, WEB
from pipelines.demo_shop.log import DAY_S, Log, Rows
from pipelines.demo_shop.settings import DemoSettings
from pipelines.demo_shop.state import Ints, Mask
from pipelines.demo_shop.texts import RETURN_REASONS, STORES

CHANNELS = ("web", "app", "store")
NOTHING = pa.scalar(None, pa.string())


def guest_orders(orders: Rows, people: People) -> Mask:
    """Tell which orders were placed under the second address, without customer number."""
    person = orders["person"]
    mine: Mask = pc.is_valid(people.second_email).to_numpy(zero_copy_only=False)[person]
    settled = orders["second"] > people.customer_s[person] + DAY_S
    odd = (orders["day"] % 3) == 0
    before = orders["second"] < people.learnt_s[person]
    guest: Mask = mine & settled & odd & before & (orders["channel"] == WEB)
    return guest


def number_used(orders: Rows, people: People) -> pa.Array:
    """Give the customer number of each order: that of a second account until it is merged; none for guests."""
    person = orders["person"]
    rows = pa.array(person)
    second = people.second_number.take(rows)
    since = orders["second"] - people.customer_s[person]
    other = (since > 30 * DAY_S) & (orders["second"] < people.merge_s[person]) & (orders["channel"] == 0)
    number = pc.if_else(pc.and_(pa.array(other), pc.is_valid(second)), second, people.number.take(rows))
    return pc.if_else(pa.array(guest_orders(orders, people)), NOTHING, number)


def write_orders(log: Log, people: People, baskets: Baskets, out: Exports) -> None:
    """Write ``shop/orders.csv``, ``shop/order_lines.csv`` and ``shop/returns.csv``."""
    rng = out.rng(1)
    orders = log.orders
    sold = np.flatnonzero(orders["channel"] != STORE)
    person, second = orders["person"][sold], orders["second"][sold]
    guest = guest_orders(orders, people)[sold]
    rows = pa.array(person)
    email = pc.if_else(pa.array(guest), people.second_email.take(rows), people.email.take(rows))
    # Cancelled and test orders come on top: nothing of them was sold, so they are no order of the truth.
    never = np.sort(rng.choice(len(sold), max(2, len(sold) // 60), replace=False))
    status = pa.array(np.where(rng.random(len(never)) < 0.8, "cancelled", "test"))
    total = baskets.total[sold]
    columns = {
        "order_id": numbered("B", sold + 1, 7), "ordered_at": moments(second),
        "customer_id": number_used(orders, people).take(pa.array(sold)), "email": email,
        "channel": pa.array(CHANNELS).take(pa.array(orders["channel"][sold])), "status": pa.repeat("paid", len(sold)),
        "coupon_code": pc.if_else(pa.array(orders["coupon"][sold]), "LINNEN10", NOTHING),
        "discount": pa.repeat("0.00", len(sold)),
        "shipping": money(np.where(total < 50, 4.95, 0.0)), "total": money(total + np.where(total < 50, 4.95, 0.0)),
    }  # fmt: skip
    unsold = {name: pa.array(values).take(pa.array(never)) for name, values in columns.items()}
    unsold["order_id"] = numbered("B9", sold[never] + 1, 6)
    unsold["ordered_at"] = moments(np.maximum(second[never] - 900, 0))
    unsold["status"] = status
    table = {name: pa.concat_arrays([columns[name], unsold[name]]) for name in columns}
    out.count("shop/orders.csv", "cancelled or test", len(never))
    out.count("shop/orders.csv", "guest orders", int(guest.sum()))
    out.write("shop/orders.csv", table, key="order_id", moment="ordered_at")
    _write_lines(log, baskets, sold, out)
    _write_returns(log, baskets, sold, out)


def _write_lines(log: Log, baskets: Baskets, sold: Ints, out: Exports) -> None:
    mine = np.isin(baskets.order, sold)
    goods = catalogue()
    product = pa.array(baskets.product[mine])
    out.write(
        "shop/order_lines.csv",
        {
            "order_id": numbered("B", baskets.order[mine] + 1, 7), "line_no": baskets.line[mine],
            "product_id": goods.number.take(product), "category": goods.category.take(product),
            "quantity": baskets.quantity[mine], "unit_price": money(baskets.price[mine]),
            "discount": money(baskets.discount[mine]),
        },
        key="order_id", moment="quantity",
    )  # fmt: skip


def _write_returns(log: Log, baskets: Baskets, sold: Ints, out: Exports) -> None:
    """Most lines of a returned order come back, five to twenty days later."""
    rng = out.rng(2)
    orders = log.orders
    mine = np.flatnonzero(
        np.isin(baskets.order, sold) & orders["returned"][baskets.order].astype(bool)
        & ((baskets.line == 1) | (rng.random(len(baskets.line)) < 0.7))
    )  # fmt: skip
    # All lines of an order travel in one parcel.
    days = rng.integers(5 * 86_400, 20 * 86_400, size=len(baskets.total))
    back = (orders["second"] + days)[baskets.order[mine]]
    last = int(log.weekly["week"].max()) * 7 * DAY_S
    mine, back = mine[back < last], back[back < last]
    paid = baskets.price[mine] * baskets.quantity[mine] - baskets.discount[mine]
    reason = pa.array(RETURN_REASONS).take(pa.array(rng.integers(len(RETURN_REASONS), size=len(mine))))
    out.write(
        "shop/returns.csv",
        {
            "return_id": numbered("R", np.arange(len(mine)) + 1, 6),
            "order_id": numbered("B", baskets.order[mine] + 1, 7), "line_no": baskets.line[mine],
            "returned_at": moments(back), "quantity": baskets.quantity[mine], "amount": money(paid), "reason": reason,
        },
        key="return_id", moment="returned_at",
    )  # fmt: skip


def write_receipts(log: Log, people: People, baskets: Baskets, settings: DemoSettings, out: Exports) -> None:
    """Write ``pos/receipts.csv``: card holders, a few returns, and people who showed no card."""
    rng = out.rng(3)
    orders, goods = log.orders, catalogue()
    line = np.flatnonzero(orders["channel"][baskets.order] == STORE)
    order = baskets.order[line]
    back = np.flatnonzero(
        (baskets.line[line] == 1)
        & orders["returned"][order].astype(bool)
        & (orders["day"][order] < settings.days - 8)
    )
    strangers = len(line) // 12
    who = pa.array(orders["person"][order])
    place = np.concatenate([line, line[back], rng.choice(line, strangers)])
    second = np.concatenate([orders["second"][order], orders["second"][order][back] + 7 * DAY_S,
                             _opening_hours(rng, settings, strangers)])  # fmt: skip
    receipt = np.concatenate([order + 1, order[back] + 500_001, 900_001 + np.arange(strangers)])
    card = people.card.take(who)
    card = pa.concat_arrays([card, card.take(pa.array(back)), pa.nulls(strangers, pa.string())])
    product = pa.array(baskets.product[place])
    paid = baskets.price[place] * baskets.quantity[place] - baskets.discount[place]
    sign = np.concatenate([np.ones(len(line)), -np.ones(len(back)), np.ones(strangers)])
    store = pa.array(STORES).take(pa.array((receipt % 500_000) % len(STORES)))
    out.count("pos/receipts.csv", "without card", strangers)
    out.write(
        "pos/receipts.csv",
        {
            "receipt_id": numbered("T", receipt, 7), "store": store, "at": moments(second), "card_number": card,
            "line_no": baskets.line[place], "category": goods.category.take(product),
            "quantity": baskets.quantity[place], "amount": money(paid * sign),
        },
        key="receipt_id", moment="at",
    )  # fmt: skip


def _opening_hours(rng: np.random.Generator, settings: DemoSettings, number: int) -> Ints:
    return rng.integers(settings.days, size=number) * DAY_S + rng.integers(9 * 3_600, 17 * 3_600, size=number)


def write_loyalty(log: Log, people: People, baskets: Baskets, settings: DemoSettings, out: Exports) -> None:
    """Write ``loyalty/members.csv`` and ``loyalty/points.csv``: a point per euro, spent by the hundred."""
    rng = out.rng(4)
    orders = log.orders
    members = np.flatnonzero(people.card_s < LATER)
    bought = np.flatnonzero(orders["second"] >= people.card_s[orders["person"]])
    points = np.floor(baskets.total[bought]).astype(np.int64)
    saved = np.bincount(orders["person"][bought], weights=points, minlength=len(people.card_s))[members]
    rows = pa.array(members)
    out.write(
        "loyalty/members.csv",
        {
            "card_number": people.card.take(rows), "customer_id": people.number.take(rows),
            "email": people.email.take(rows), "joined_at": moments(people.card_s[members]),
            "tier": np.array(["brons", "zilver", "goud"])[np.searchsorted([150, 500], saved, side="right")],
        },
        key="card_number", moment="joined_at",
    )  # fmt: skip
    spends = rng.random(len(bought)) < 0.06
    second = np.concatenate([orders["second"][bought] + 60, orders["second"][bought[spends]] + 30])
    person = pa.array(np.concatenate([orders["person"][bought], orders["person"][bought[spends]]]))
    shop = np.concatenate([orders["channel"][bought], orders["channel"][bought[spends]]])
    city = pa.array(STORES).take(pa.array((np.concatenate([bought, bought[spends]]) + 1) % len(STORES)))
    out.write(
        "loyalty/points.csv",
        {
            "transaction_id": numbered("L", np.arange(len(second)) + 1, 7), "card_number": people.card.take(person),
            "at": moments(second), "type": np.where(np.arange(len(second)) < len(bought), "earn", "redeem"),
            "points": np.concatenate([points, np.full(int(spends.sum()), 100)]),
            "store": pc.if_else(pa.array(shop == STORE), city, NOTHING),
        },
        key="transaction_id", moment="at",
    )  # fmt: skip
