"""Task F: which events, cutoffs and columns; the one definition that generator, peers and comparison share.

Imports nothing heavy: a peer must not pay for a library that it does not use.
"""

from __future__ import annotations

from datetime import date

DAY_US = 86_400_000_000
#: Kinds and channels in the log, most frequent first, with their share of the events.
KIND_SHARES = {
    "page_view": 0.30, "product_view": 0.20, "search": 0.09, "content_view": 0.08, "cart_add": 0.07,
    "email_open": 0.06, "email_click": 0.03, "ad_click": 0.03, "checkout": 0.03, "purchase": 0.03,
    "cart_remove": 0.02, "store_visit": 0.02, "review": 0.015, "ticket_open": 0.015, "return": 0.01,
}  # fmt: skip
CHANNEL_SHARES = {
    "web": 0.36, "app": 0.24, "email": 0.12, "store": 0.08, "paid_search": 0.07, "organic_search": 0.06,
    "social": 0.05, "direct": 0.02,
}  # fmt: skip
KINDS15 = tuple(KIND_SHARES)
CHANNELS8 = tuple(CHANNEL_SHARES)
#: Every category of the log, most frequent first.
CATEGORIES = tuple(f"c{number:02d}" for number in range(50))
TOP_CATEGORIES = CATEGORIES[:12]
#: Kinds that carry money.
VALUED = ("purchase", "cart_add")

#: Look-back windows in days, nested: a window of d days holds ``cutoff - d days <= occurred < cutoff``.
WINDOWS = (1, 7, 30, 90, 365)
CATEGORY_WINDOWS = (30, 90, 365)
#: The log, 18 months, and six monthly cutoffs; the last month lies after the last cutoff, as labels would.
FIRST_DAY, END_DAY = date(2025, 1, 1), date(2026, 7, 1)
CUTOFF_DAYS = tuple(date(2026, month, 1) for month in range(1, 7))
#: Hours of a session: all a customer does in such a block of the clock.
SESSION_HOURS = 6

#: What the task reads; the scan floor reads these and nothing else.
READS = ("customer_id", "occurred_us", "kind", "channel", "category", "value", "session_id")
KEYS = ("customer_id", "cutoff_us")


def midnight_us(day: date) -> int:
    """Midnight UTC at which a day begins, in microseconds since 1970-01-01.

    Examples
    --------
    >>> midnight_us(date(1970, 1, 3)) == 2 * DAY_US
    True
    """
    return (day - date(1970, 1, 1)).days * DAY_US


CUTOFFS = tuple(midnight_us(day) for day in CUTOFF_DAYS)


def _columns() -> tuple[str, ...]:
    """Name the columns, in table order."""
    names = [f"count__{kind}__{days}d" for kind in KINDS15 for days in WINDOWS]
    names += [f"channel__{channel}__{days}d" for channel in CHANNELS8 for days in WINDOWS]
    names += [f"events__all__{days}d" for days in WINDOWS]
    for measure in ("sum", "mean", "max"):
        names += [f"{measure}__{kind}__{days}d" for kind in VALUED for days in WINDOWS]
    names += [f"recency__{word}" for word in (*KINDS15, *CHANNELS8)]
    names += [f"distinct__{what}__{days}d" for what in ("days", "categories", "sessions") for days in WINDOWS]
    names += [f"rhythm__{what}" for what in ("tenure", "gap_mean", "gap_std", "gap_max")]
    names += [f"trend__{word}" for word in (*KINDS15, *CHANNELS8, "all")]
    names += [f"category__{name}__{days}d" for name in TOP_CATEGORIES for days in CATEGORY_WINDOWS]
    return tuple(names)


#: The float32 columns of the result, in table order, after ``KEYS``. Counts and sums of nothing are 0; a mean or
#: maximum of nothing, the recency of what never happened, gaps of one event (the deviation: of two) and a trend
#: without an event in 30 days are null.
COLUMNS = _columns()
assert len(set(COLUMNS)) == 252
#: Families that count: compared exactly. The rest may differ by the order of adding.
EXACT = ("count", "channel", "events", "distinct", "category")
