"""What a customer's own past says of each category: counts, recency, rhythm, share, trend and interest.

Only counts, sums in event order, ``+ - * /``, square roots and tables by whole days: a value never depends on who
else is in the batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from features.category_pairs.pair_days import PairDays
from features.history import Floats, History, ratio

#: Windows in which the days of a pair are counted (days).
WINDOWS_DAYS = (14, 28, 56, 112, 224)
#: A day weighs half as much for every so many days of age.
HALF_LIVES_DAYS = (28, 112)
#: A pair without two days has the customer's own mean gap between orders, times this.
GAP_PRIOR_WEIGHT = 1.0
#: Kinds that show interest before an order, and how far back they are counted.
INTEREST = ("product_view", "cart_add")
INTEREST_DAYS = (7, 28)
#: Nobody's measures are larger: what is told in gaps or ratios.
MOST = 50.0

Named = tuple[str, Floats]


def pair_measures(
    history: History, categories: Sequence[str], kinds: Sequence[str], usual_gap_days: float
) -> list[Named]:
    """Give the own measures of every pair.

    Parameters
    ----------
    history : History
        Everything known of some customers at the cutoff (`of_customers`), windows any.
    categories : sequence of str
        Most bought first.
    kinds : sequence of str
        What the source can produce; views and baskets are measured only where it does.
    usual_gap_days : float
        Usual days between two orders of a customer.

    Returns
    -------
    list of (name, float array of shape (customers, categories))
    """
    bought = history.only(kinds=("purchase",))
    days = PairDays.of(bought, categories)
    return [
        *_counts(days, _order_days(bought, [*WINDOWS_DAYS, history.frame.lookback_days])),
        *_rhythm(bought, days, usual_gap_days),
        *_money(bought, categories),
        *_interest(history, categories, kinds),
    ]  # fmt: skip


def customer_measures(history: History, usual_gap_days: float) -> list[Named]:
    """Give what is the same for every category of a customer: order days, silence, own gap; shape (customers,)."""
    bought = history.only(kinds=("purchase",))
    order_days = _order_days(bought, [*WINDOWS_DAYS, history.frame.lookback_days])
    days, gap = bought.by_day, own_gap(bought, usual_gap_days)
    silence = days.last_days()
    return [
        *((f"order_days__{w}d", one) for w, one in zip(WINDOWS_DAYS, order_days, strict=False)),
        ("order_days__all", order_days[-1]),
        ("silence", silence),
        ("own_gap", gap),
        ("silence_in_gaps", np.minimum(silence / gap, MOST)),
        ("tenure", days.first_days()),
        ("lines_per_order_day", ratio(bought.total(), order_days[-1])),
    ]


def own_gap(bought: History, usual_gap_days: float) -> Floats:
    """Mean whole days between order days per customer, drawn to the usual gap with the weight of one gap."""
    days = bought.by_day
    total = days.total(np.maximum(days.gap, 0.0)) + usual_gap_days
    gap: Floats = total / (np.maximum(days.total() - 1.0, 0.0) + 1.0)
    return gap


def _order_days(bought: History, windows_days: Sequence[int]) -> list[Floats]:
    days = bought.by_day
    age = days.frame.cutoff_day - 1 - days.column("day").astype(np.int64, copy=False)
    return [days.per_row(days.row[age < window]) for window in windows_days]


def _counts(days: PairDays, order_days: list[Floats]) -> Iterator[Named]:
    within, total = days.within(WINDOWS_DAYS), days.total()
    for window, one in zip(WINDOWS_DAYS, within, strict=True):
        yield f"days__{window}d", one
    yield "days__all", total
    shares = [
        ratio(one, own[:, None] + 0.0 * one) for one, own in zip([*within, total], order_days, strict=True)
    ]
    for name, share in zip([*(f"{window}d" for window in WINDOWS_DAYS), "all"], shares, strict=True):
        if name in ("28d", "112d", "all"):
            yield f"share__{name}", share
    yield "trend", shares[2] - shares[-1]
    for half_life in HALF_LIVES_DAYS:
        # A table by whole days: a vectorised power may differ in its last bit by place in the array.
        table = np.array([0.5 ** (age / half_life) for age in range(days.lookback_days + 1)])
        yield f"recent__{half_life}d", days.weighed(table)


def _rhythm(bought: History, days: PairDays, usual_gap_days: float) -> Iterator[Named]:
    last, total = days.last(), days.total()
    yield "recency", last
    yield "recency_2nd", days.last(2)
    span = np.maximum(days.first() - last, 0.0) * (total > 0)
    # Bought on one day in n order days, a category is expected back after n of the customer's own gaps.
    prior = np.maximum(
        own_gap(bought, usual_gap_days)[:, None]
        * ratio(bought.by_day.total()[:, None] + 0.0 * total, total, 1.0),
        1.0,
    )
    gap = (span + GAP_PRIOR_WEIGHT * prior) / (np.maximum(total - 1.0, 0.0) + GAP_PRIOR_WEIGHT)
    yield "gap", gap
    yield "silence_in_gaps", np.minimum(last / gap, MOST)


def _money(bought: History, categories: Sequence[str]) -> Iterator[Named]:
    by = bought.by_category(categories)
    lines, spent = bought.total(by=by).T, bought.total("value", by=by).T
    all_lines, all_spent = bought.total()[:, None], bought.total("value")[:, None]
    yield "share_of_lines", ratio(lines, all_lines + 0.0 * lines)
    yield "share_of_money", np.clip(ratio(spent, all_spent + 0.0 * spent), -1.0, 1.0)


def _interest(history: History, categories: Sequence[str], kinds: Sequence[str]) -> Iterator[Named]:
    for kind in INTEREST:
        if kind not in kinds:
            continue
        shown = history.only(kinds=(kind,))
        by = shown.by_category(categories)
        age = shown.frame.cutoff_day - 1 - shown.column("day").astype(np.int64, copy=False)
        for window in INTEREST_DAYS:
            yield f"{kind}__{window}d", shown.total((age < window).astype(np.float64), by=by).T
        yield f"{kind}__recency", shown.last_days_by(by).T
