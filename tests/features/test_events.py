from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from features.contract import CHANNELS, DAY_US, KINDS
from features.errors import InputError
from features.events import Events

Canonical = Callable[..., pa.Table]


def test_events_are_sorted_by_customer_time_and_id(
    noisy: Callable[[int], pa.Table], plain: Callable[[pa.Table], list[dict[str, Any]]]
) -> None:
    table = noisy(7)
    events = Events.from_arrow(table)
    rows = plain(table)
    assert events.customers.tolist() == sorted({row["customer_id"] for row in rows})
    assert events.customers[events.columns["row"]].tolist() == [row["customer_id"] for row in rows]
    for name in ("occurred_us", "event_id", "known_us"):
        assert events.columns[name].tolist() == [row[name] for row in rows]
    assert events.columns["day"].tolist() == [row["occurred_us"] // DAY_US for row in rows]
    assert [KINDS[code] for code in events.columns["kind"]] == [row["kind"] for row in rows]
    assert events.columns["value"].tolist() == [row["value"] or 0.0 for row in rows]


def test_a_pair_code_is_one_value_of_one_customer(
    noisy: Callable[[int], pa.Table], plain: Callable[[pa.Table], list[dict[str, Any]]]
) -> None:
    table = noisy(8)
    events, rows = Events.from_arrow(table), plain(table)
    for name, column in (("category", "category"), ("session", "session_id")):
        codes = events.columns[name].tolist()
        assert [code < 0 for code in codes] == [row[column] is None for row in rows]
        told = {
            code: (row["customer_id"], row[column])
            for code, row in zip(codes, rows, strict=True)
            if code >= 0
        }
        assert len(set(told.values())) == len(told)
        for code, (customer, _) in told.items():
            assert events.customers[events.pair_rows[name][code]] == customer
        # Codes rise with (customer, value), so no other row can change an order of adding.
        assert [pair for _, pair in sorted(told.items())] == sorted(told.values())


def _encoded(table: pa.Table) -> pa.Table:
    for name in ("kind", "channel", "category"):
        table = table.set_column(table.column_names.index(name), name, table[name].dictionary_encode())
    return table


@pytest.mark.parametrize("encode", [False, True], ids=["text", "codes"])
@pytest.mark.parametrize("chunks", [1, 3])
def test_words_may_come_as_text_or_as_codes(
    noisy: Callable[[int], pa.Table], encode: bool, chunks: int
) -> None:
    table = noisy(9)
    whole = Events.from_arrow(table)
    parts = [table.slice(start, 50) for start in (0, 50, 100)] if chunks > 1 else [table]
    if encode:
        parts = [_encoded(part) for part in parts]
    found = Events.from_arrow(pa.concat_tables(parts))
    for name in ("kind", "channel", "category", "category_word", "session"):
        assert found.columns[name].tolist() == whole.columns[name].tolist()
    assert found.words["category"].tolist() == whole.words["category"].tolist() == ["a", "b", "zz", "é"]


def test_a_kind_outside_the_vocabulary_is_refused(canonical: Canonical) -> None:
    for kind in ("teleport", ""):
        with pytest.raises(
            InputError, match=rf"unknown kind \['{kind}'\]; allowed: page_view,.*mend the source"
        ):
            Events.from_arrow(canonical(occurred_us=[1, 2], kind=["purchase", kind]))


def test_channels_and_scales_outside_the_vocabulary_count_as_none(canonical: Canonical) -> None:
    events = Events.from_arrow(
        canonical(
            occurred_us=[1, 2, 3], channel=["telepathy", None, "web"], rating_scale=["stars", "dice", None]
        )
    )
    assert events.columns["channel"].tolist() == [-1, -1, CHANNELS.index("web")]
    assert events.columns["rating_scale"].tolist() == [1, -1, -1]


def test_numbers_that_are_none_count_as_nothing(canonical: Canonical) -> None:
    odd = [None, np.nan, np.inf, -np.inf, 2.5]
    events = Events.from_arrow(canonical(occurred_us=range(5), value=odd, rating=odd))
    assert events.columns["value"].tolist() == [0.0, 0.0, 0.0, 0.0, 2.5]
    assert np.isnan(events.columns["rating"]).tolist() == [True, True, True, True, False]


def test_events_before_1970_are_refused(canonical: Canonical) -> None:
    with pytest.raises(InputError, match=r"1 occurred before 1970.*quarantine"):
        Events.from_arrow(canonical(occurred_us=[5, -1, 7]))
    assert Events.from_arrow(canonical(occurred_us=[0], known_us=[-5])).columns["known_us"].tolist() == [-5]


def test_one_endless_word_does_not_widen_the_others(canonical: Canonical) -> None:
    words = [f"c{number}" for number in range(500)] + ["x" * 100_000]
    events = Events.from_arrow(canonical(occurred_us=range(501), category=words))
    assert events.words["category"].tolist() == sorted(words)
    assert events.words["category"].nbytes < 100_000


def test_a_log_is_plain_when_all_was_known_at_once(canonical: Canonical) -> None:
    assert Events.from_arrow(canonical(occurred_us=[1, 2])).plain
    assert not Events.from_arrow(canonical(occurred_us=[1, 2], known_us=[1, 3])).plain
    assert not Events.from_arrow(canonical(occurred_us=[1, 2], until_us=[None, 3])).plain


def test_events_are_followed_to_their_owner(canonical: Canonical) -> None:
    # Of 7 until moment 10, of 8 until 20, of 9 from then on; event 1 stays where it is.
    events = Events.from_arrow(
        canonical(
            event_id=[0, 0, 0, 1], customer_id=[7, 8, 9, 7], occurred_us=[1, 1, 1, 2], known_us=[1, 10, 20, 2],
            until_us=[10, 20, None, None],
        )
    )  # fmt: skip
    assert events.customers.tolist() == [7, 8, 9]
    first = np.array([0, 1])
    assert [events.owners_at(first, moment).tolist() for moment in (9, 10, 19, 20, 99)] == [
        [0, 0], [1, 0], [1, 0], [2, 0], [2, 0],
    ]  # fmt: skip
