"""Service: tickets by hand, told apart by their order."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from features.contract import DAY_US, EVENTS
from features.plan import Plan
from features.settings import JourneySettings
from features.table import build

T = 100
WORDS = {"nl": "", "en": ""}
KINDS = ("chat", "purchase", "ticket_close", "ticket_open")


def at_100(*events: tuple[str, float], kinds: tuple[str, ...] = KINDS, **more: Any) -> dict[str, float]:
    """What the family says on day 100 of one customer with these (kind, day); ``more`` holds of every event."""
    plan = Plan(
        source="test", currency="EUR", kinds=kinds, channels=("web",), complete_until_us=T * DAY_US,
        missing_days=(), as_of_us=T * DAY_US, cutoffs={}, contracts=(), families=("service",),
        windows_days=(7, 28), lookback_days=90, mean_gap_days=28.0,
        journey=JourneySettings(name="none", title=WORDS, phases=(), dormant=WORDS),
    )  # fmt: skip
    rows = [
        {"event_id": number, "customer_id": 1, "person_id": 1, "kind": kind, "source": "test",
         "occurred_us": round(day * DAY_US), "known_us": round(day * DAY_US), **more}
        for number, (kind, day) in enumerate(events)
    ]  # fmt: skip
    (row,) = build(pa.Table.from_pylist(rows, schema=EVENTS), plan)[0].to_pylist()
    return {name.removeprefix("service__"): value for name, value in row.items() if "service" in name}


def test_waiting_is_from_the_last_opening_to_the_closing() -> None:
    row = at_100(("ticket_open", 40), ("ticket_close", 42.5), ("ticket_open", 80), ("ticket_close", 80.5))
    assert (row["waiting_mean"], row["waiting_last"], row["open_now"], row["waiting_now"]) == (1.5, 0.5, 0, 0)


def test_a_closing_that_tells_how_long_it_took_is_believed() -> None:
    # Its opening lies before the look-back: without the word of the closing there is no waiting to know.
    assert at_100(("ticket_close", 42.5))["waiting_mean"] == 0
    assert at_100(("ticket_close", 42.5), duration_s=3 * 86_400.0)["waiting_mean"] == 3


def test_who_waits_is_known_by_the_oldest_ticket_still_open() -> None:
    row = at_100(("ticket_open", 80), ("ticket_open", 90), ("ticket_close", 91), ("ticket_open", 97))
    assert (row["open_now"], row["waiting_now"]) == (2, 10)
    # More closings than openings leave nothing open.
    assert at_100(("ticket_close", 80), ("ticket_close", 81), ("ticket_open", 90))["open_now"] == 0


@pytest.mark.parametrize(("days", "reopened"), [(14.0, 1), (14.001, 0)])
def test_a_ticket_soon_after_a_closing_is_the_old_one_opened_again(days: float, reopened: int) -> None:
    # A third of a day is no binary fraction: days must be counted from whole microseconds.
    row = at_100(("ticket_open", 50), ("ticket_close", 60 + 1 / 3), ("ticket_open", 60 + 1 / 3 + days))
    assert row["reopened"] == reopened


def test_a_closing_may_tell_how_often_it_was_opened() -> None:
    assert at_100(("ticket_open", 50), ("ticket_close", 60), quantity=3.0)["reopened"] == 2


def test_without_closings_nothing_is_said_of_waiting() -> None:
    row = at_100(
        ("ticket_open", 95), ("chat", 60), ("purchase", 50), kinds=("purchase", "ticket_open", "chat")
    )
    assert not {name for name in row if "waiting" in name or "open" in name}
    assert (row["questions"], row["questions__7d"], row["question_recency"]) == (2, 1, 5)
    assert row["questions_per_order"] == 1
