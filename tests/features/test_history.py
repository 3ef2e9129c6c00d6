"""Every verb against the obvious loop over customers and their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from features import cutoffs as cut
from features.contract import DAY_US, EVENTS
from features.events import Events
from features.history import Groups, History, ratio

Plain = list[dict[str, Any]]
CUTOFF = 50 * DAY_US
WINDOWS = (1, 7, 30)
LOOKBACK = 40
KINDS = ["search", "purchase"]


class Case:
    """A history, and for each of its customers the rows that it should be made of."""

    def __init__(self, table: pa.Table, rows: Plain) -> None:
        self.history = cut.past(Events.from_arrow(table), CUTOFF, LOOKBACK, WINDOWS)
        self.customers = sorted({row["customer_id"] for row in rows})
        self.rows = [row for row in rows if CUTOFF - LOOKBACK * DAY_US <= row["occurred_us"] < CUTOFF]

    def each(self, answer: Callable[[Plain], Any], *kinds: str) -> list[Any]:
        mine = [
            [
                row
                for row in self.rows
                if row["customer_id"] == customer and (not kinds or row["kind"] in kinds)
            ]
            for customer in self.customers
        ]
        return [answer(rows) for rows in mine]

    def windows(self, answer: Callable[[Plain], Any], *kinds: str) -> list[list[Any]]:
        def within(days: int) -> Callable[[Plain], Any]:
            return lambda rows: answer([r for r in rows if r["occurred_us"] >= CUTOFF - days * DAY_US])

        return [self.each(within(days), *kinds) for days in WINDOWS]


@pytest.fixture(params=[1, 2, 3])
def case(
    request: pytest.FixtureRequest, noisy: Callable[[int], pa.Table], plain: Callable[[pa.Table], Plain]
) -> Case:
    table = noisy(request.param)
    return Case(table, plain(table))


def spent(rows: Plain) -> float:
    return sum(row["value"] or 0.0 for row in rows)


def age(row: dict[str, Any]) -> float:
    return (CUTOFF - row["occurred_us"]) / DAY_US


def flat(lists: Iterable[list[Any]]) -> list[Any]:
    return list(chain.from_iterable(lists))


def equal(found: Any, wanted: Any) -> None:
    np.testing.assert_allclose(found, np.array(wanted, dtype=np.float64), rtol=1e-12, atol=1e-12)


def test_counts_sums_and_largest_in_nested_windows(case: Case) -> None:
    history = case.history
    equal(history.count(), case.windows(len))
    equal(history.sum("value"), case.windows(spent))
    equal(history.largest("value"), case.windows(lambda rows: max([0.0, *(r["value"] or 0 for r in rows)])))
    by = history.by_kind(KINDS)
    equal(history.count(by), [case.windows(len, kind) for kind in KINDS])
    equal(history.sum("value", by), [case.windows(spent, kind) for kind in KINDS])
    equal(history.sum(history.floats("value") * 2, by), [2 * np.array(case.windows(spent, k)) for k in KINDS])
    equal(
        history.largest("value", by),
        [case.windows(lambda rows: max([0.0, *(r["value"] or 0 for r in rows)]), kind) for kind in KINDS],
    )


def test_totals_of_the_look_back(case: Case) -> None:
    history = case.history
    equal(history.total(), case.each(len))
    equal(history.total("value"), case.each(spent))
    equal(history.top("value"), case.each(lambda rows: max([0.0, *(r["value"] or 0 for r in rows)])))
    equal(history.total(None, history.by_kind(KINDS)), [case.each(len, kind) for kind in KINDS])
    equal(history.total("value", history.by_kind(KINDS)), [case.each(spent, kind) for kind in KINDS])


@pytest.mark.parametrize("name", ["category", "session"])
def test_distinct_and_first_seen(case: Case, name: str) -> None:
    column = "session_id" if name == "session" else name

    def values(rows: Plain) -> set[Any]:
        return {row[column] for row in rows if row[column] is not None}

    equal(case.history.distinct(name), case.windows(lambda rows: len(values(rows))))
    older = {
        days: case.each(lambda rows, days=days: values([r for r in rows if age(r) > days]))
        for days in WINDOWS
    }
    inside = case.windows(values)
    new = [
        [len(now - old) for now, old in zip(inside[i], older[d], strict=True)] for i, d in enumerate(WINDOWS)
    ]
    equal(case.history.first_seen(name), new)


def test_pairs_are_counted_per_customer(case: Case) -> None:
    row, counts = case.history.pair_counts("category")
    found: list[Counter[float]] = [Counter() for _ in case.customers]
    for customer, count in zip(row, counts, strict=True):
        found[customer][count] += 1

    def wanted(rows: Plain) -> Counter[float]:
        return Counter(Counter(r["category"] for r in rows if r["category"] is not None).values())

    assert found == case.each(wanted)


def test_first_last_and_nth_last(case: Case) -> None:
    history = case.history
    for n in (1, 2, 5):
        equal(history.last_days(n), case.each(lambda r, n=n: age(r[-n]) if len(r) >= n else LOOKBACK))
        equal(history.nth_last("value", n, -3.0),
              case.each(lambda r, n=n: (r[-n]["value"] or 0.0) if len(r) >= n else -3.0))  # fmt: skip
    own = np.arange(float(len(case.customers)))
    equal(history.nth_last("value", 9, own),
          [r[-9]["value"] or 0.0 if len(r) >= 9 else own[i] for i, r in enumerate(case.each(list))])  # fmt: skip
    equal(history.first_days(), case.each(lambda rows: age(rows[0]) if rows else 0.0))
    equal(history.last_days_by(history.by_kind(KINDS)),
          [case.each(lambda rows: age(rows[-1]) if rows else LOOKBACK, kind) for kind in KINDS])  # fmt: skip


def test_gaps_are_between_events_of_one_customer(case: Case) -> None:
    def gaps(rows: Plain) -> list[float]:
        days = [row["occurred_us"] // DAY_US for row in rows]
        return [-1.0, *np.diff(days).tolist()] if days else []

    equal(case.history.gap, flat(case.each(gaps)))
    since = case.history.since_previous(case.history.floats("value"), first=-9.0)
    equal(
        since,
        flat(case.each(lambda r: [-9.0, *np.diff([x["value"] or 0.0 for x in r])] if r else [])),
    )
    equal(
        case.history.spread(np.arange(float(len(case.customers)))),
        flat([float(i)] * n for i, n in enumerate(case.each(len))),
    )


def test_lines_of_one_moment_are_one_order(case: Case) -> None:
    orders = case.history.orders

    def moments(rows: Plain) -> list[list[dict[str, Any]]]:
        return [
            [r for r in rows if r["occurred_us"] == at] for at in sorted({r["occurred_us"] for r in rows})
        ]

    equal(orders.total(), case.each(lambda rows: len(moments(rows)), "purchase"))
    equal(orders.count(), case.windows(lambda rows: len(moments(rows)), "purchase"))
    equal(orders.floats("value"),
          flat(case.each(lambda rows: [spent(order) for order in moments(rows)], "purchase")))  # fmt: skip
    equal(orders.floats("lines"),
          flat(case.each(lambda rows: [len(order) for order in moments(rows)], "purchase")))  # fmt: skip
    equal(orders.by_day.total(),
          case.each(lambda rows: len({r["occurred_us"] // DAY_US for r in rows}), "purchase"))  # fmt: skip
    equal(orders.by_day.total("value"), case.each(spent, "purchase"))


def test_a_chosen_part_answers_as_a_log_of_that_part(case: Case) -> None:
    part = case.history.only(kinds=("search", "page_view"), channels=("web",)).where
    chosen = case.history.only(kinds=("search", "page_view"), channels=("web",))
    here = {row["event_id"] for row in case.rows if row["channel"] == "web"}

    def mine(rows: Plain) -> int:
        return sum(row["event_id"] in here for row in rows)

    equal(chosen.total(), case.each(mine, "search", "page_view"))
    late = part(chosen.age_days <= 7)
    equal(late.total(), chosen.count()[1])
    assert late.frame is case.history.frame


def test_any_groups_of_ones_own(case: Case) -> None:
    dear = Groups((case.history.floats("value") > 40).astype(np.int64) - 1, 1)
    equal(
        case.history.total(None, dear)[0], case.each(lambda rows: sum((r["value"] or 0) > 40 for r in rows))
    )


def test_a_history_of_nobody_has_no_rows() -> None:
    nobody = cut.past(Events.from_arrow(EVENTS.empty_table()), CUTOFF, LOOKBACK, WINDOWS)
    assert isinstance(nobody, History)
    assert nobody.count().shape == (3, 0)
    assert nobody.count(nobody.by_kind(KINDS)).shape == (2, 3, 0)
    for verb in (nobody.total, nobody.last_days, nobody.first_days, nobody.orders.by_day.total):
        assert verb().shape == (0,)
    assert nobody.last_days_by(nobody.by_channel(["web"])).shape == (1, 0)
    assert nobody.distinct("category").shape == nobody.first_seen("session").shape == (3, 0)


def test_a_ratio_of_nothing_is_its_default() -> None:
    found = ratio(np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.0, -1.0]), default=7.0)
    assert found.tolist() == [0.5, 7.0, 7.0]
