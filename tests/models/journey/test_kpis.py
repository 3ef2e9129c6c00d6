"""Every KPI against a small shop of three customers, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from features.errors import InputError
from features.settings import KPIS, JourneySettings
from models.journey.facts import Facts
from models.journey.kpi_table import all_kpis, kpi_row, phase_kpis, trend_rows
from models.journey.kpis import registered

Build = Callable[..., Facts]
SECOND = 1 / 86_400


def event(customer: int, day: float, kind: str, **more: Any) -> tuple[int, float, str, dict[str, Any]]:
    return customer, day, kind, more


#: Customer 1 visits twice and orders the second time; customer 2 leaves a basket; customer 3 buys in the shop.
SHOP = [
    event(1, 10.5, "page_view", session_id=1, duration_s=4.0, channel="social"),
    event(1, 20.5, "page_view", session_id=2, duration_s=20.0, channel="email"),
    event(1, 20.5 + 60 * SECOND, "product_view", session_id=2, channel="email"),
    event(1, 20.5 + 90 * SECOND, "page_view", session_id=2, duration_s=30.0, channel="email"),
    event(1, 20.5 + 99 * SECOND, "cart_add", session_id=2, channel="email"),
    event(1, 20.6, "purchase", value=30.0),
    event(1, 20.6, "purchase", value=10.0),
    event(1, 24.5, "return", value=-10.0),
    event(2, 30.25, "page_view", session_id=3, duration_s=12.0, channel="social"),
    event(2, 30.25 + 9 * SECOND, "cart_add", session_id=3, channel="social"),
    event(2, 39.5, "purchase", value=60.0),
    event(3, 40.5, "purchase", value=20.0),
    event(3, 60.5, "purchase", value=25.0),
    event(3, 61.5, "survey", rating=9.0, rating_scale="nps", sentiment=0.5),
    event(1, 62.5, "survey", rating=6.0, rating_scale="nps", sentiment=-0.2),
    event(2, 62.5, "survey", rating=10.0, rating_scale="nps"),
    event(2, 63.5, "survey", rating=8.0, rating_scale="nps"),
    event(3, 70.0, "ticket_open"),
    event(3, 70.5, "ticket_close", rating=4.0, rating_scale="stars"),
    event(3, 80.0, "ticket_open"),
    event(3, 80.25, "ticket_close", duration_s=7200.0, rating=2.0, rating_scale="stars"),
    event(1, 85.0, "review", rating=5.0, rating_scale="stars"),
    event(3, 86.0, "review", rating=2.0, rating_scale="stars"),
    event(3, 87.0, "referral"),
    event(3, 88.0, "share"),
    event(3, 89.0, "share"),
    event(2, 90.0, "subscribe"),
    event(1, 100.0, "email_sent", campaign="a"),
    event(1, 100.1, "email_sent", campaign="b"),
    event(1, 101.0, "email_open", campaign="a"),
    event(1, 101.1, "email_open", campaign="a"),
    event(2, 100.0, "email_sent", campaign="a"),
    event(2, 100.5, "email_click", campaign="a"),
    event(3, 100.0, "email_sent", campaign="a"),
    event(3, 129.0, "email_open", campaign="a"),  # more than 28 days later
]
# Orders on days 20, 39, 40 and 60. Churn windows begin on days 154, 126, 98, 70, 42, 14 (28 days each): on day 42
# all three had ordered in the 56 days before, and customer 3 orders again; on day 70 all three (20, 39, 60) and none
# does; on day 98 only customer 3 (60 is 38 back; 39 is 59 back) and does not; on day 14 nobody had ordered.
BY_HAND = {
    "visits": 3, "visitors": 2, "new_visitors": 2,
    "bounce_rate": 1 / 3,  # 4 seconds on one page
    "time_on_page": (4 + 50 + 12) / 4,
    "product_views": 1, "sign_ups": 1, "basket_rate": 2 / 3, "abandoned_baskets": 1 / 2, "conversion": 1 / 3,
    "orders": 4, "order_value": 145 / 4, "repeat_rate": 1 / 3,
    "retention_rate": 1 / 7, "churn_rate": 6 / 7,
    "customer_value": 135 / 3, "return_rate": 10 / 145,
    "nps": 100 * (2 - 1) / 4, "satisfaction": 1 / 2, "tickets": 2, "waiting_time": (12 + 2) / 2,
    "sentiment": 0.15, "reviews": 2, "rating": 3.5, "referrals": 1, "shares": 2,
    "email_open_rate": 2 / 4, "email_click_rate": 1 / 4, "cost_per_acquisition": 90 / 3,
}  # fmt: skip
# Weeks from the week of the first order on, of the 26: customer 1 from week 2 (days 14-20), 2 and 3 from week 5.
BY_HAND["order_frequency"] = 4 / (24 + 21 + 21) * 365.25 / 7
SPEND = {"all": {"social": 60.0, "email": 30.0}, "now": {"social": 5.0}, "before": {}}


def test_every_kpi_is_worked_out_by_hand() -> None:
    assert set(BY_HAND) == set(KPIS) == set(registered())


@pytest.mark.parametrize("key", KPIS)
def test_a_kpi_as_worked_out_by_hand(facts_from: Build, key: str) -> None:
    row = kpi_row(registered()[key], facts_from(SHOP, spend=SPEND), "all")
    assert row["value"] == pytest.approx(BY_HAND[key], rel=1e-5) and row["reason"] is None
    assert row["low"] is None or row["low"] <= row["value"] <= row["high"]


def test_a_missing_kind_gives_a_reason_and_no_number(facts_from: Build) -> None:
    bought = [one for one in SHOP if one[2] == "purchase"]
    rows = {row["key"]: row for row in all_kpis(facts_from(bought, kinds=("purchase",)))}
    for key in ("visits", "abandoned_baskets", "nps", "return_rate", "email_open_rate"):
        assert rows[key]["value"] is None and rows[key]["reason"] == "not_declared"
    assert rows["abandoned_baskets"]["figures"] == {"kinds": "cart_add"}
    assert rows["cost_per_acquisition"]["reason"] == "no_costs"
    assert rows["orders"]["value"] == 4 and rows["orders"]["rate"]["value"] > 0
    seen = {row["key"]: row for row in all_kpis(facts_from(bought))}
    assert seen["nps"]["reason"] == "nothing_seen" and seen["visits"]["value"] == 0


def test_a_phase_shows_the_kpis_its_journey_names(facts_from: Build, journey: JourneySettings) -> None:
    facts = facts_from(SHOP, spend=SPEND)
    for phase in journey.phases:
        assert [row["key"] for row in phase_kpis(facts, phase)] == list(phase.kpis)
    wrong = journey.phases[0].model_copy(update={"kpis": ("reach",)})
    with pytest.raises(
        InputError, match=r"conf/journeys/five_phase\.yaml: phase awareness: unknown kpi 'reach'"
    ):
        phase_kpis(facts, wrong)


def test_phases_share_out_what_was_counted(facts_from: Build, journey: JourneySettings) -> None:
    facts = facts_from(SHOP)
    for key in ("visits", "orders", "tickets", "shares", "reviews"):
        kpi = registered()[key]
        parts = [kpi.compute(facts, phase).value for phase in journey.phase_keys]
        assert sum(parts) == kpi.compute(facts, "all").value


def test_n_counts_cases_not_money_and_not_weeks(facts_from: Build) -> None:
    facts = facts_from(SHOP)
    rows = {row["key"]: row["n"] for row in all_kpis(facts)}
    assert (rows["return_rate"], rows["order_frequency"], rows["order_value"]) == (4, 4, 4)
    assert (rows["customer_value"], rows["abandoned_baskets"], rows["bounce_rate"]) == (3, 2, 3)


def test_in_a_phase_repeat_rate_is_about_the_buyers_seen_there(facts_from: Build) -> None:
    # Both are seen in retention after their order; only customer 1 orders again.
    facts = facts_from([event(n, 10.5, "cart_add") for n in (1, 2)] + [event(n, 11.5, "purchase") for n in (1, 2)]
                       + [event(1, 31.5, "purchase"), event(3, 12.5, "page_view")])  # fmt: skip
    row = kpi_row(registered()["repeat_rate"], facts, "retention")
    assert (row["value"], row["n"]) == (0.5, 2)


def test_the_trend_is_the_last_28_days_beside_the_28_before(facts_from: Build) -> None:
    many = [event(n, 130.0 + n % 20, "purchase", value=10.0) for n in range(40)]
    many += [event(n, 160.0 + n % 20, "purchase", value=30.0 + n % 3) for n in range(40, 60)]
    rows = {row["key"]: row for row in trend_rows(facts_from(many))}
    assert (rows["orders"]["now"]["value"], rows["orders"]["before"]["value"]) == (20, 40)
    assert rows["orders"]["change"]["value"] == -20 and rows["orders"]["clear"]
    assert rows["order_value"]["change"]["value"] == pytest.approx(21.05) and rows["order_value"]["clear"]
    assert "nps" not in rows
    same = [event(n, 130.0 + n % 20 + 28 * (n % 2), "purchase", value=10.0) for n in range(40)]
    assert not {row["key"]: row for row in trend_rows(facts_from(same))}["orders"]["clear"]
