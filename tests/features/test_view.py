from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from features import cutoffs as cut
from features.contract import DAY_US
from features.events import Events
from features.history import History

CUTOFF = 60 * DAY_US


def view_of(table: pa.Table) -> History:
    return cut.past(Events.from_arrow(table), CUTOFF, 100, (7, 28))


def test_choosing_keeps_order_and_customers(
    noisy: Callable[[int], pa.Table], plain: Callable[[pa.Table], list[dict[str, Any]]]
) -> None:
    table = noisy(4)
    rows, history = plain(table), view_of(table)
    for kinds, channels in ((("search",), ()), (("search", "purchase"), ("web", "app")), ((), ("store",))):
        chosen = history.only(kinds=kinds, channels=channels)
        wanted = [
            row["occurred_us"]
            for row in rows
            if (not kinds or row["kind"] in kinds) and (not channels or row["channel"] in channels)
        ]
        assert chosen.column("occurred_us").tolist() == wanted
        assert chosen.frame.customers == len({row["customer_id"] for row in rows})
    twice = history.only(kinds=("search", "purchase")).only(kinds=("search",))
    assert twice.column("event_id").tolist() == history.only(kinds=("search",)).column("event_id").tolist()
    half = np.arange(len(rows)) % 2 == 0
    assert history.where(half).column("occurred_us").tolist() == [row["occurred_us"] for row in rows[::2]]


def test_what_is_chosen_twice_is_worked_out_once(noisy: Callable[[int], pa.Table]) -> None:
    history = view_of(noisy(4))
    assert history.only(kinds=("search",)) is history.only(kinds=("search",))
    assert history.orders is history.orders


def test_words_that_are_not_in_the_vocabulary_belong_to_no_group(
    canonical: Callable[..., pa.Table],
) -> None:
    table = canonical(
        occurred_us=[1, 2, 3, 4], kind=["search", "purchase", "search", "return"],
        channel=["telepathy", None, "web", "app"], category=["b", None, "a", "b"],
    )  # fmt: skip
    history = view_of(table)
    assert history.by_channel(["app", "web"]).code.tolist() == [-1, -1, 1, 0]
    assert history.by_kind(["return", "search"]).code.tolist() == [1, -1, 1, 0]
    assert history.by_category(["b", "never seen", "a"]).code.tolist() == [0, -1, 2, 0]
    assert history.by_category(["never seen"]).number == 1
    assert history.total(None, history.by_category(["b", "never seen", "a"])).tolist() == [[2], [0], [1]]


def test_an_event_belongs_to_the_smallest_window_that_holds_its_day(
    canonical: Callable[..., pa.Table],
) -> None:
    # The last microsecond of a day and the first of the next lie in different windows.
    edge = CUTOFF - 7 * DAY_US
    history = view_of(canonical(occurred_us=[edge - 1, edge, CUTOFF - 1]))
    assert history.ring.tolist() == [1, 0, 0]
    assert history.frame.cutoff_day == 60
    assert history.count().tolist() == [[2.0], [3.0]]
