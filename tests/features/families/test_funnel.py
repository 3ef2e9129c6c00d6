"""Funnel: a customer's weeks, told by hand."""

from __future__ import annotations

import pyarrow as pa
import pytest

from features.contract import DAY_US, EVENTS
from features.plan import Plan
from features.settings import JourneySettings
from features.table import build, column_dictionary

T = 400
WORDS = {"nl": "", "en": ""}
PLAN = Plan(
    source="test", currency="EUR", kinds=("product_view", "cart_add", "cart_remove", "checkout", "purchase"),
    channels=("web",), complete_until_us=T * DAY_US, missing_days=(), as_of_us=T * DAY_US, cutoffs={},
    contracts=(), families=("funnel",), windows_days=(7, 28), lookback_days=300, mean_gap_days=28.0,
    journey=JourneySettings(name="none", title=WORDS, phases=(), dormant=WORDS),
)  # fmt: skip


def told(*did: tuple[float, str] | tuple[float, str, float], plan: Plan = PLAN) -> dict[str, float]:
    """What the funnel says of one customer who did this, so many days before the cutoff."""
    rows = [
        {"event_id": number, "customer_id": 1, "person_id": 1, "kind": kind, "source": "test",
         "occurred_us": int((T - ago) * DAY_US), "known_us": int((T - ago) * DAY_US),
         "value": value[0] if value else None}
        for number, (ago, kind, *value) in enumerate(did)
    ]  # fmt: skip
    features, _ = build(pa.Table.from_pylist(rows, schema=EVENTS), plan)
    (row,) = features.to_pylist()
    return {name.removeprefix("funnel__"): row[name] for name in row}


def test_a_cart_is_abandoned_after_a_week_without_an_order() -> None:
    # Carts of 100, 60, 40 and 3 days ago; the second was ordered within the week, the third a day too late.
    row = told((99.5, "cart_add"), (59.5, "cart_add"), (53.5, "purchase"), (39.5, "cart_add"), (31.5, "purchase"),
               (2.5, "cart_add"))  # fmt: skip
    assert row["abandoned_share"] == pytest.approx((2 + 0.5) / (3 + 1))
    assert row["abandoned__84d"] == 1
    # A cart that may still be ordered counts neither way.
    assert told((2.5, "cart_add"))["abandoned_share"] == 0.5


def test_the_cart_holds_what_was_not_ordered_or_taken_out() -> None:
    row = told((30, "cart_add", 70.0), (20, "purchase", 70.0), (9, "cart_add", 20.0), (6.5, "cart_add", 15.0),
               (6, "cart_remove", 20.0))  # fmt: skip
    assert (row["cart_items"], row["cart_value"], row["cart_age"]) == (1, 15, 6.5)
    ordered = told((9, "cart_add", 20.0), (9, "purchase", 20.0))
    assert (ordered["cart_items"], ordered["cart_value"], ordered["cart_age"]) == (0, 0, 300)
    # Four weeks later nobody thinks of it any more, but how long ago it was is still told.
    forgotten = told((29, "cart_add", 20.0))
    assert (forgotten["cart_items"], forgotten["cart_age"]) == (0, 29)


def test_a_round_begins_with_the_first_look_after_an_order() -> None:
    row = told((90, "product_view"), (88, "cart_add"), (80, "purchase"), (50, "product_view"), (49, "product_view"),
               (46, "checkout"), (46, "purchase"), (12, "product_view"), (11, "cart_add"))  # fmt: skip
    assert row["days_to_order"] == pytest.approx((10 + 4 + 7) / 3)
    assert row["days_to_cart"] == pytest.approx((2 + 1 + 7) / 3)
    assert (row["running_days"], row["deepest"]) == (12, 2)
    done = told((12, "product_view"), (11, "checkout"), (11, "purchase"))
    assert (done["running_days"], done["deepest"]) == (0, 0)


def test_ten_looks_in_one_evening_are_one_wish() -> None:
    looks = [(50.5 + minute / 1440, "product_view") for minute in range(10)]
    often = told(*looks, (50.5, "cart_add"))
    once = told((50.5, "product_view"), (50.5, "cart_add"))
    assert often["cart_add_per_product_view"] == once["cart_add_per_product_view"] == 0.5
    # Nothing in the last four weeks: the customer's own share stands.
    assert once["cart_add_per_product_view__28d"] == 0.5
    later = told((50.5, "product_view"), (50.5, "cart_add"), (3.5, "product_view"), (2.5, "product_view"))
    assert later["cart_add_per_product_view__28d"] < later["cart_add_per_product_view"]


def test_steps_that_a_source_lacks_are_left_out() -> None:
    plan = PLAN.model_copy(update={"kinds": ("cart_add", "purchase")})
    names = {column["name"] for column in column_dictionary(plan)}
    assert "funnel__purchase_per_cart_add" in names
    assert not any("product_view" in name or "checkout" in name or "days_to_cart" in name for name in names)
    assert told((9.5, "cart_add"), plan=plan)["running_days"] == 9.5
