"""Orders: how many, whose first, what they brought, and the loyalty loop that follows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from features.contract import DAY_US
from features.history import Floats, Ints, Mask
from features.journey.grid import STEP_DAYS
from features.journey.log import Log, Moments, last_before
from features.journey.scopes import Scopes

#: An order is followed this long to see whether another comes.
LOOP_DAYS = 91
#: What is sent back later than this after the last order belongs to no order we know.
RETURN_US = 91 * DAY_US


@dataclass(frozen=True)
class Orders:
    """One row per order (the purchase lines of a customer at one moment), in (customer, time) order.

    ``first`` marks a customer's first order known; ``next_days`` are whole days to the next one, -1 for none.
    """

    at: Moments
    value: Floats
    first: Mask
    next_days: Ints


def read_orders(log: Log) -> Orders:
    """Gather the orders of the batch."""
    orders = log.history.orders
    at = Moments(orders.row, orders.column("occurred_us").astype(np.int64))
    same = at.row[1:] == at.row[:-1]
    first = np.ones(len(at), dtype=np.bool_)
    first[1:] = ~same
    wait = np.full(len(at), -1, dtype=np.int64)
    wait[:-1][same] = (at.day[1:] - at.day[:-1])[same]
    return Orders(at, orders.floats("value"), first, wait)


def first_order_day(orders: Orders, customers: int, never: int) -> Ints:
    """Day of each customer's first order; ``never`` for who did not order."""
    found = np.full(customers, never, dtype=np.int64)
    found[orders.at.row[orders.first]] = orders.at.day[orders.first]
    return found


def order_measures(orders: Orders, scopes: Scopes) -> Iterator[tuple[str, Floats]]:
    """Give per scope and customer what was ordered, in the phase the week was lived in."""
    yield "orders", scopes.per_customer(orders.at)
    yield "first_orders", scopes.per_customer(orders.at, orders.first.astype(np.float64))
    yield "order_value", scopes.per_customer(orders.at, orders.value)
    yield "customer_weeks", scopes.weeks()


def loyalty_measures(log: Log, orders: Orders, standing: Scopes) -> Iterator[tuple[str, Floats]]:
    """Give per scope and customer how loyal they were, in the phase they stood in when the week began.

    Most orders are placed in a week lived in decision; what a loyal customer is worth is told by where the
    customer stood before. What is sent back counts where its order does.
    """
    at = orders.at
    placed = standing.per_customer(at)
    yield "standing_orders", placed
    again = standing.per_customer(at, (~orders.first).astype(np.float64))
    # In a phase: of the buyers seen there, who ordered more than once. In a period: of who ordered in it, who had
    # ordered before.
    buyers, repeating = placed > 0, again > 0
    in_phase = standing.weeks()[: standing.phases] > 0
    buyers[: standing.phases] = in_phase & buyers.any(axis=0)
    repeating[: standing.phases] = in_phase & repeating.any(axis=0)
    yield "ordering", buyers.astype(np.float64)
    yield "ordering_again", repeating.astype(np.float64)
    value = standing.per_customer(at, orders.value)
    yield "standing_value", value
    back = log.of("return")
    returns = log.moments.take(back)
    place = last_before(at, returns, RETURN_US)
    moment = np.where(place >= 0, at.us[np.maximum(place, 0)] if len(at) else returns.us, returns.us)
    returned = standing.per_customer(Moments(returns.row, moment), np.abs(log.value[back]), returns.day)
    yield "returned_value", returned
    first = first_order_day(orders, log.customers, standing.grid.last + 1)
    yield "buyer_weeks", standing.weeks(first)
    there = ((standing.weeks() > 0) | (placed > 0)) & placed.any(axis=0)
    yield "buyers_seen", there.astype(np.float64)
    yield "net_value", np.where(there, value - returned, 0.0)


@dataclass(frozen=True)
class Loops:
    """What followed each order that has been followed for ``LOOP_DAYS``: one row per such order.

    ``reentered``: the customer was back in a buyer phase on a day of the grid; ``again``: ordered again;
    ``looped``: first the one, then the other. ``days`` to the next order.
    """

    at: Moments
    reentered: Mask
    again: Mask
    looped: Mask
    days: Ints


def read_loops(orders: Orders, buyer: Mask, scopes: Scopes) -> Loops:
    """Follow the orders.

    Parameters
    ----------
    orders : Orders
        All of them.
    buyer : array of bool, shape (days of the grid, customers)
        Whether the customer is in a phase of the buyer journey on that day.
    scopes : Scopes
        Grid and phases.
    """
    grid = scopes.grid
    day = orders.at.day
    keep = (day >= grid.first) & (day + LOOP_DAYS <= grid.last)
    at, day, wait = orders.at.take(keep), day[keep], orders.next_days[keep]
    so_far = np.cumsum(buyer, axis=0, dtype=np.int64)

    def buyer_days(until: Ints) -> Ints:
        """Count the days of the grid after the order, up to and with ``until``, in a buyer phase."""
        since: Ints = so_far[(day - grid.first) // STEP_DAYS, at.row]
        counted: Ints = so_far[np.minimum((until - grid.first) // STEP_DAYS, grid.steps), at.row] - since
        return counted

    again = (wait >= 0) & (wait <= LOOP_DAYS)
    return Loops(
        at=at, reentered=buyer_days(day + LOOP_DAYS) > 0, again=again,
        looped=again & (buyer_days(day + np.maximum(wait, 0)) > 0), days=np.where(again, wait, -1),
    )  # fmt: skip


def loop_measures(loops: Loops, scopes: Scopes) -> Iterator[tuple[str, Floats]]:
    """Give per scope and customer what followed the orders placed in it."""
    yield "loop_orders", scopes.per_customer(loops.at)
    for name, mask in (("reentered", loops.reentered), ("again", loops.again), ("looped", loops.looped)):
        yield f"loop_{name}", scopes.per_customer(loops.at, mask.astype(np.float64))


def loop_days(loops: Loops) -> Ints:
    """Count the loops by the days from order to order."""
    counted: Ints = np.bincount(loops.days[loops.looped], minlength=LOOP_DAYS + 1)
    return counted


def churn_measures(
    active: Moments, event: Moments, scopes: Scopes, horizon_days: int, active_days: int | None, gap_days: int
) -> Iterator[tuple[str, Floats]]:
    """Give per scope and customer how often they were at risk of leaving, and how often they left.

    Parameters
    ----------
    active, event : Moments
        What keeps a customer in the population, and what keeps one from counting as gone.
    scopes : Scopes
        The windows lie 28 days apart, the newest ends at the present; one that touches a missing day is out.
    horizon_days, active_days, gap_days : int
        Of the label contract of churn.
    """
    grid, customers = scopes.grid, scopes.lived.shape[1]
    rows, days, lost = [], [], []
    start = grid.last - horizon_days - gap_days
    for day in range(start, grid.first + 1, -28):
        low = max((day - grid.first) // STEP_DAYS, 0)
        high = -(-(day + gap_days + horizon_days - grid.first) // STEP_DAYS)
        if any(grid.touched[low:high]):
            continue
        oldest = -1 if active_days is None else day - active_days
        at_risk = _count(active, oldest, day, customers) > 0
        stayed = _count(event, day + gap_days, day + gap_days + horizon_days, customers) > 0
        who = np.flatnonzero(at_risk)
        rows.append(who)
        days.append(np.full(len(who), day, dtype=np.int64))
        lost.append(~stayed[who])
    row = np.concatenate([np.empty(0, dtype=np.int64), *rows])
    day_of = np.concatenate([np.empty(0, dtype=np.int64), *days])
    gone = np.concatenate([np.empty(0, dtype=np.bool_), *lost]).astype(np.float64)
    windows = Moments(row, day_of * DAY_US)
    ends = day_of + gap_days + horizon_days - 1
    yield "churn_at_risk", scopes.per_customer(windows, None, ends)
    yield "churn_lost", scopes.per_customer(windows, gone, ends)
    yield "churn_stayed", scopes.per_customer(windows, 1.0 - gone, ends)


def _count(moments: Moments, since_day: int, before_day: int, customers: int) -> Ints:
    day = moments.day
    inside = (day >= since_day) & (day < before_day)
    counted: Ints = np.bincount(moments.row[inside], minlength=customers)
    return counted
