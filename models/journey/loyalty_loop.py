"""The loyalty loop: who orders, comes back to look around, and orders again."""

from __future__ import annotations

import numpy as np

from features.journey.orders import LOOP_DAYS
from features.journey.tally import STATISTICS, number
from models.journey.facts import Facts, ratio_of
from models.journey.report_data import Loop

#: Ratios asked of the kernel.
PAIRS = (("loop_again", "loop_orders"), ("loop_reentered", "loop_orders"), ("loop_looped", "loop_orders"),
         ("orders", "ordering"))  # fmt: skip


def loyalty_loop(facts: Facts) -> Loop | None:
    """Follow every order for ``LOOP_DAYS``; None where no order has been followed that long."""
    orders = round(facts.total("loop_orders"))
    if not orders:
        return None
    stats = number(facts.tally.ratios["loop_looped/loop_orders"][facts.scopes.index("all")])
    per_customer = facts.ratio("orders", "ordering", share=False)
    return {
        "days": LOOP_DAYS,
        "customers": round(float(stats[STATISTICS.index("customers")])),
        "orders": orders,
        "again": facts.ratio("loop_again", "loop_orders").estimate(),
        "reentered": facts.ratio("loop_reentered", "loop_orders").estimate(),
        "looped": ratio_of(dict(zip(STATISTICS, stats.tolist(), strict=True)), share=True).estimate(),
        "median_days": median_days(facts),
        "orders_per_customer": per_customer.estimate(),
    }


def median_days(facts: Facts) -> float | None:
    """Give the median days from an order to the next, over the loops."""
    counts = facts.tally.counts["loop_days"]
    whole = int(counts.sum())
    if not whole:
        return None
    reached = np.cumsum(counts)
    low, high = np.searchsorted(reached, [(whole + 1) // 2, whole // 2 + 1])
    return float(low + high) / 2
