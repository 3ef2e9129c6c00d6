"""Calendar: known dates, by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pytest

from features.contract import DAY_US, EVENTS
from features.cutoffs import midnight_us
from features.holidays import holiday_days
from features.plan import Plan
from features.settings import JourneySettings
from features.table import build

WORDS = {"nl": "", "en": ""}
NOON_US = DAY_US // 2


def at(today: date, orders: list[date], **more: object) -> dict[str, float]:
    """What the calendar says at the start of a day of a customer who ordered on these days, at noon."""
    plan = Plan(
        source="test", currency="EUR", kinds=("page_view", "purchase"), channels=("web",), missing_days=(),
        complete_until_us=midnight_us(today), as_of_us=midnight_us(today), cutoffs={}, contracts=(),
        families=("calendar",), windows_days=(7, 28), lookback_days=730, mean_gap_days=28.0,
        journey=JourneySettings(name="none", title=WORDS, phases=(), dormant=WORDS),
        holidays=holiday_days("NL", midnight_us(date(2023, 1, 1)), midnight_us(today)),
    ).model_copy(update=more)  # fmt: skip
    rows = [
        {"event_id": number, "customer_id": 1, "person_id": 1, "kind": "purchase", "source": "test",
         "occurred_us": midnight_us(day) + NOON_US, "known_us": midnight_us(day) + NOON_US}
        for number, day in enumerate(orders)
    ]  # fmt: skip
    features, _ = build(pa.Table.from_pylist(rows, schema=EVENTS), plan)
    (row,) = features.to_pylist()
    return {name.removeprefix("calendar__"): value for name, value in row.items() if "calendar" in name}


def test_no_column_is_the_same_for_everybody() -> None:
    buyer, other = at(date(2024, 12, 24), [date(2023, 12, 2)]), at(date(2024, 12, 24), [date(2024, 4, 25)])
    assert all(buyer[name] != other[name] for name in buyer if not name.startswith("weekday_share"))


def test_saturday_buyers_near_pay_day_are_known_by_it() -> None:
    saturdays = [date(2023, 8, 26), date(2024, 7, 27), date(2024, 8, 24), date(2024, 9, 28)]
    row = at(date(2024, 10, 5), saturdays)
    assert row["weekday_distance"] == 0
    assert at(date(2024, 10, 7), saturdays)["weekday_distance"] == 2
    assert row["weekday_share"] == pytest.approx((4 + 1 / 7) / 5)
    assert row["weekend_share"] > 0.8
    assert row["pay_day_share"] > 0.8
    assert row["holiday_share"] < 0.1
    mondays = [day + timedelta(days=2 + 7) for day in saturdays]
    other = at(date(2024, 10, 12), mondays)
    assert other["weekend_share"] < 0.1
    assert other["pay_day_share"] < 0.1


def test_a_week_with_a_holiday_counts_whole() -> None:
    # King's day 2024 (27 April) was a Saturday: the Monday before it lies in its week, the Monday after does not.
    before, after = at(date(2024, 6, 1), [date(2024, 4, 22)]), at(date(2024, 6, 1), [date(2024, 4, 15)])
    assert before["holiday_share"] > 0.5 > after["holiday_share"]


def test_who_bought_in_december_is_expected_in_december() -> None:
    december = [date(2023, 12, day) for day in (4, 9, 14, 19)]
    always = [date(2023, 1, 1) + timedelta(days=28 * month) for month in range(25)]
    assert at(date(2024, 12, 1), [date(2023, 8, 1), *december])["season"] > 2
    assert at(date(2024, 7, 1), [date(2023, 2, 1), *december])["season"] < 1
    assert at(date(2024, 12, 1), always)["season"] == pytest.approx(1.0, abs=0.1)
    # A new customer has no season yet, and a short look-back none to tell.
    assert at(date(2024, 12, 1), [date(2024, 11, 1)])["season"] == 1.0
    assert "season" not in at(date(2024, 12, 1), december, lookback_days=120)


def test_without_a_country_there_are_no_holidays() -> None:
    row = at(date(2024, 12, 24), [date(2024, 12, 1)], holidays=())
    assert not {name for name in row if "holiday" in name}
