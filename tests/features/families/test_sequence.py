"""Sequence: a customer's last deeds, told by hand."""

from __future__ import annotations

import pyarrow as pa
import pytest

from features.contract import DAY_US, EVENTS, KINDS
from features.plan import Plan
from features.settings import JourneySettings
from features.table import build, column_dictionary

T = 400
WORDS = {"nl": "", "en": ""}
PLAN = Plan(
    source="test", currency="EUR", kinds=KINDS, channels=("web",), complete_until_us=T * DAY_US,
    missing_days=(), as_of_us=T * DAY_US, cutoffs={}, contracts=(), families=("sequence",), windows_days=(7, 28),
    lookback_days=300, mean_gap_days=28.0,
    journey=JourneySettings(name="none", title=WORDS, phases=(), dormant=WORDS),
)  # fmt: skip


def told(*did: tuple[float, str]) -> dict[str, float]:
    """What the sequence says of one customer who did this, so many days before the cutoff."""
    rows = [
        {"event_id": number, "customer_id": 1, "person_id": 1, "kind": kind, "source": "test",
         "occurred_us": int((T - ago) * DAY_US), "known_us": int((T - ago) * DAY_US)}
        for number, (ago, kind) in enumerate(did)
    ]  # fmt: skip
    features, _ = build(pa.Table.from_pylist(rows, schema=EVENTS), PLAN)
    (row,) = features.to_pylist()
    return {name.removeprefix("sequence__"): row[name] for name in row}


def test_the_last_things_done_weigh_most() -> None:
    row = told((9, "ticket_open"), (8, "page_view"), (7, "product_view"), (6, "cart_add"), (5, "email_sent"),
               (4, "search"), (3, "other"), (2, "page_view"))  # fmt: skip
    # Looking around was last, before that the cart, before that looking around again.
    assert (row["last_browse"], row["last_cart"], row["last_service"]) == (1.25, 0.5, 0)
    assert (row["run_length"], row["run_days"], row["last_groups"]) == (2, 4, 3)


def test_the_lines_of_an_order_are_one_event() -> None:
    row = told((5, "page_view"), (4, "purchase"), (4, "purchase"), (4, "purchase"))
    assert (row["run_length"], row["run_days"]) == (1, 4)
    two = told((5, "page_view"), (4, "purchase"), (3, "purchase"))
    assert (two["run_length"], two["run_days"]) == (2, 4)


def test_steps_are_those_of_one_day() -> None:
    deep = told((4.9, "page_view"), (4.8, "product_view"), (4.7, "cart_add"))
    assert deep["deeper_share"] == pytest.approx((2 + 1.5) / (2 + 5))
    assert deep["shallower_share"] == pytest.approx(1.5 / (2 + 5))
    back = told((4.9, "cart_add"), (4.8, "product_view"), (2.5, "page_view"))
    assert back["shallower_share"] == pytest.approx((1 + 1.5) / (1 + 5))
    assert told((44.9, "page_view"), (44.8, "product_view"))["deeper_share__28d"] == pytest.approx(2.5 / 6)


def test_going_back_and_forth_is_a_loop() -> None:
    loop = told(*((9 - number / 10, ("page_view", "search")[number % 2]) for number in range(6)))
    assert loop["loop_share"] == pytest.approx((4 + 1.5) / (4 + 5))
    on = told((9, "page_view"), (8, "search"), (7, "product_view"), (7, "cart_add"), (6, "checkout"))
    assert on["loop_share"] == pytest.approx(1.5 / (3 + 5))


def test_only_groups_that_a_source_can_tell_are_columns() -> None:
    names = {
        column["name"].removeprefix("sequence__last_")
        for column in column_dictionary(PLAN.model_copy(update={"kinds": ("page_view", "purchase", "other")}))
        if "sequence__last_" in column["name"]
    }
    assert names == {"browse", "buy", "groups"}
