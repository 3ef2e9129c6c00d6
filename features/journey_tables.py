"""The journey kernel: a batch of whole persons to small tables, as known at the present.

What happened, in which phase it found the customer, and where customers went next. This is hindsight: all of it is
told with what is known at ``plan.as_of_us``, so it describes and never feeds a model. Every number is a count or a
sum in whole parts, so neither the order of rows nor the way persons are split over batches changes a bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from features.contract import BEHAVIOUR
from features.history import Floats
from features.journey.grid import Grid, at_start, lived, phase_matrix
from features.journey.log import Log, read_log
from features.journey.orders import (
    Orders,
    churn_measures,
    loop_days,
    loop_measures,
    loyalty_measures,
    order_measures,
    read_loops,
    read_orders,
)
from features.journey.scopes import Scopes
from features.journey.service import feedback_measures, mail_measures, plain_measures, service_measures
from features.journey.steps import AHEAD, LONG, Stays, moves, silent_later, stay_counts, stays
from features.journey.tally import Tally, exact, ratio_sums
from features.journey.touches import categories, channel_roles, last_touches, touchpoints, traffic
from features.journey.visits import Visits, read_visits, visit_measures
from features.plan import Plan


def journey_tables(batch: pa.Table, plan: Plan, grid: Grid, pairs: Sequence[tuple[str, str]]) -> Tally:
    """Tell the journey of a batch of WHOLE persons.

    Parameters
    ----------
    batch : pyarrow.Table
        Canonical events (columns ``features.journey.log.JOURNEY_READS``), any row order.
    plan : Plan
        Present, journey, usual gap and the contract of churn.
    grid : Grid
        Days on which phases are judged; the newest is the present.
    pairs : sequence of (str, str)
        Measures of which the ratio, with its error, will be asked: (above, below).

    Returns
    -------
    Tally
        Adds up over batches. ``counts``: ``customers`` (day of the grid, phase), ``seen`` (phase), ``stays``,
        ``entries``, ``touchpoints``, ``last_touches``, ``loop_days``, ``first_orders``, ``holders/<measure>``
        (customers with any, per scope), ``visitors`` (channel), ``events``. ``sums``: every measure per scope.
        ``ratios``: the pairs per scope; ``weekly`` and ``four_weekly`` (phase x phase); ``silent_later`` per
        phase; ``role_*`` and ``traffic_*`` per channel.

    Raises
    ------
    KeyError
        If a pair names a measure that does not exist.
    """
    log = read_log(batch, plan.as_of_us)
    phases = phase_matrix(log.history, plan, grid)
    scopes = Scopes(grid, lived(log.history, phases, plan, grid), len(plan.journey.phase_keys))
    standing = Scopes(grid, at_start(phases), scopes.phases)
    found = stays(phases, grid)
    orders = read_orders(log)
    visits = read_visits(log, orders.at, "page_view" in plan.kinds)
    buyer = np.isin(phases, [i for i, phase in enumerate(plan.journey.phases) if phase.part == "buyer"])
    loops = read_loops(orders, buyer, scopes)
    tally = Tally()
    measures = dict(_measures(log, plan, scopes, standing, orders, visits, found))
    measures.update(loop_measures(loops, scopes))
    for name, values in measures.items():
        tally.sums[name] = exact(values)
        tally.counts[f"holders/{name}"] = (values > 0).sum(axis=1)
    for above, below in pairs:
        tally.ratios[f"{above}/{below}"] = ratio_sums(measures[above], measures[below])
    counts = np.arange(scopes.phases)[None, :, None] == phases[:, None, :]
    tally.counts["customers"] = counts.sum(axis=2)
    tally.counts["seen"] = (measures["customer_weeks"] > 0).sum(axis=1)
    tally.counts["events"] = np.array([len(log.moments)])
    tally.counts.update(stay_counts(found, scopes.phases, grid))
    tally.counts["touchpoints"] = touchpoints(log, scopes)
    tally.counts["last_touches"] = last_touches(log, found, scopes.phases - 1, scopes)
    tally.counts["loop_days"] = loop_days(loops)
    tally.categories = categories(log, scopes)
    for name, steps in (("weekly", 1), ("four_weekly", LONG)):
        tally.ratios[name] = ratio_sums(*moves(phases, grid, steps, scopes.phases))
    tally.ratios["silent_later"] = ratio_sums(*silent_later(phases, grid, AHEAD, scopes.phases))
    _channels(tally, log, orders, visits, scopes)
    return tally


def _measures(
    log: Log, plan: Plan, scopes: Scopes, standing: Scopes, orders: Orders, visits: Visits, found: Stays
) -> Iterator[tuple[str, Floats]]:
    yield from order_measures(orders, scopes)
    yield from loyalty_measures(log, orders, standing)
    yield from visit_measures(visits, orders.at, scopes, standing, plan.as_of_us)
    yield from plain_measures(log, scopes)
    yield from service_measures(log, scopes)
    yield from feedback_measures(log, scopes)
    yield from mail_measures(log, scopes)
    yield from _stay_measures(found, scopes)
    for contract in plan.contracts:
        if contract.target == "churn":
            kinds = {"purchase": ("purchase",), "behaviour": BEHAVIOUR}
            active = log.moments.take(log.of(*kinds[contract.active_event]))
            event = log.moments.take(log.of(*kinds[contract.event]))
            yield from churn_measures(
                active, event, scopes, contract.horizon_days, contract.active_days, contract.gap_days
            )


def _stay_measures(found: Stays, scopes: Scopes) -> Iterator[tuple[str, Floats]]:
    """Give per phase and customer the stays that ended, those that ended asleep, and in the next phases."""
    ended, customers = found.ended, scopes.lived.shape[1]
    dormant = scopes.phases - 1
    for name, mask in (
        ("stays_ended", ended), ("stays_lost", ended & (found.to == dormant)),
        ("stays_advanced", ended & (found.to > found.phase) & (found.to != dormant)),
    ):  # fmt: skip
        values = np.zeros((scopes.phases + 3, customers))
        cell = found.phase[mask] * customers + found.row[mask]
        flat = np.bincount(cell, minlength=scopes.phases * customers)
        values[: scopes.phases] = flat.reshape(scopes.phases, customers)
        values[scopes.phases] = values[:dormant].sum(axis=0)
        yield name, values


def _channels(tally: Tally, log: Log, orders: Orders, visits: Visits, scopes: Scopes) -> None:
    """Add what is told per channel."""
    roles, with_touch, first_orders = channel_roles(log, orders, scopes)
    for role, values in roles.items():
        tally.ratios[f"role_{role}"] = ratio_sums(values, np.broadcast_to(with_touch, values.shape))
    tally.counts["first_orders"] = first_orders
    came = traffic(visits, scopes)
    for name in ("bounces", "ordered", "now"):
        tally.ratios[f"traffic_{name}"] = ratio_sums(came[name], came["visits"])
    tally.counts["visitors"] = (came["visits"] > 0).sum(axis=1)
