"""Trend: slopes by hand."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest

from features.contract import DAY_US
from features.plan import Plan
from features.settings import JourneySettings
from features.table import build

T = 365
WORDS = {"nl": "", "en": ""}
Slopes = Callable[..., dict[str, float]]


@pytest.fixture
def slopes(canonical: Callable[..., pa.Table]) -> Slopes:
    """What the family says on day 365 of a customer with orders so many days before."""
    plan = Plan(
        source="test", currency="EUR", kinds=("purchase",), channels=("web",), complete_until_us=T * DAY_US,
        missing_days=(), as_of_us=T * DAY_US, cutoffs={}, contracts=(), families=("trend",),
        windows_days=(7, 28, 56), lookback_days=364, mean_gap_days=28.0,
        journey=JourneySettings(name="none", title=WORDS, phases=(), dormant=WORDS),
    )  # fmt: skip

    def of(ages: list[float], values: list[float] | None = None) -> dict[str, float]:
        log = canonical(
            occurred_us=[round((T - age) * DAY_US) for age in ages], value=values or [10.0] * len(ages)
        )
        (row,) = build(log, plan)[0].to_pylist()
        return {name.removeprefix("trend__"): value for name, value in row.items() if "trend" in name}

    return of


@pytest.mark.parametrize("known_days", [60, 100, 200, 360])
def test_a_steady_buyer_has_no_slope_however_new(slopes: Slopes, known_days: int) -> None:
    found = slopes([age + 0.5 for age in range(0, known_days, 7)])
    assert (found["orders_slope"], found["spend_slope"]) == (0.0, 0.0)


def test_the_slope_is_the_change_per_four_weeks_over_the_level(slopes: Slopes) -> None:
    # 1, 2 and 3 orders in three periods; the first order of all is in a period that is not whole.
    ages = [90.0, 80.0, 50.0, 40.0, 20.0, 10.0, 5.0]
    assert slopes(ages)["orders_slope"] == pytest.approx(1 / ((6 + 1) / 3))
    values = [50.0, 30.0, 10.0, 10.0, 4.0, 4.0, 2.0]
    usual = sum(values) / 7
    assert slopes(ages, values)["spend_slope"] == pytest.approx(-10 / ((60 + usual) / 3))


@pytest.mark.parametrize("ages", [[], [0.5], [55.0, 3.0, 2.0, 1.0]])
def test_without_two_whole_periods_there_is_no_slope(slopes: Slopes, ages: list[float]) -> None:
    # Somebody of whom only an event older than the look-back is known stands for nobody.
    assert slopes([*ages] or [364.5])["orders_slope"] == 0.0
