"""Treatment: what followed our contacts, by hand."""

from __future__ import annotations

import pyarrow as pa
import pytest

from features.contract import DAY_US, EVENTS
from features.plan import Plan
from features.settings import JourneySettings
from features.table import build

T = 100
WORDS = {"nl": "", "en": ""}
KINDS = ("discount", "email_bounce", "email_open", "email_sent", "purchase")


def at_100(*events: tuple[str, float], kinds: tuple[str, ...] = KINDS) -> dict[str, float]:
    """What the family says on day 100 of one customer with these (kind, day)."""
    plan = Plan(
        source="test", currency="EUR", kinds=kinds, channels=("web",), complete_until_us=T * DAY_US,
        missing_days=(), as_of_us=T * DAY_US, cutoffs={}, contracts=(), families=("treatment",),
        windows_days=(7, 28), lookback_days=90, mean_gap_days=28.0,
        journey=JourneySettings(name="none", title=WORDS, phases=(), dormant=WORDS),
    )  # fmt: skip
    rows = [
        {"event_id": number, "customer_id": 1, "person_id": 1, "kind": kind, "source": "test",
         "occurred_us": round(day * DAY_US), "known_us": round(day * DAY_US)}
        for number, (kind, day) in enumerate(events)
    ]  # fmt: skip
    (row,) = build(pa.Table.from_pylist(rows, schema=EVENTS), plan)[0].to_pylist()
    return {name.removeprefix("treatment__"): value for name, value in row.items() if "treatment" in name}


def test_who_no_longer_responds_is_tired_of_us() -> None:
    mails = [("email_sent", float(day)) for day in range(20, 100, 4)]
    opened = [("email_open", day + 0.5) for _, day in mails if day < 60]
    tired, keen = at_100(*mails, *opened), at_100(*mails, *[("email_open", day + 0.5) for _, day in mails])
    assert tired["response_lately"] < 0.2
    assert keen["response_lately"] == pytest.approx(1, abs=0.1)
    assert tired["contacts_since_response"] == 10
    assert tired["open_rate"] == pytest.approx((10 + 0.4) / 22)


def test_a_mail_opened_five_times_on_a_day_was_opened_once() -> None:
    opened = [("email_open", 50 + hour / 24) for hour in range(1, 6)]
    assert at_100(("email_sent", 50), *opened)["open_rate"] == pytest.approx((1 + 0.4) / 3)


@pytest.mark.parametrize(("days", "used"), [(-0.5, 0), (0, 1), (7, 1), (8, 0)])
def test_a_coupon_is_used_by_an_order_within_a_week(days: float, used: int) -> None:
    row = at_100(("discount", 50), ("purchase", 50 + days))
    assert row["coupons_used"] == (used + 0.5) / 2
    assert row["orders_on_coupon"] == used / 2


def test_who_was_never_contacted_has_the_usual_rates() -> None:
    row = at_100(("purchase", 50))
    assert (row["contacts"], row["contact_recency"], row["orders_since_contact"]) == (0, 90, 0)
    assert row["open_rate"] == pytest.approx(0.2)
    assert (row["bounce_rate"], row["response_lately"], row["coupons_used"]) == (0, 1, 0.5)


def test_what_a_source_cannot_tell_is_left_out() -> None:
    row = at_100(("email_sent", 50), kinds=("email_sent", "purchase"))
    assert not {name for name in row if "rate" in name or "coupon" in name or "share" in name}
    assert row["contacts__7d"] == 0
