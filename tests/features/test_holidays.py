from __future__ import annotations

from datetime import date

import pytest

from features.contract import DAY_US
from features.cutoffs import day_of, midnight_us
from features.errors import InputError
from features.holidays import holiday_days

START, END = midnight_us(date(2024, 2, 1)), midnight_us(date(2024, 5, 1))


def dates(country: str) -> list[date]:
    return [day_of(day * DAY_US) for day in holiday_days(country, START, END)]


def test_holidays_are_those_of_the_country() -> None:
    kings_day, bastille = date(2024, 4, 27), date(2024, 7, 14)
    assert kings_day in dates("NL") and kings_day not in dates("FR")
    assert bastille in dates("FR") and bastille not in dates("NL")


def test_they_reach_a_year_beyond_the_log_on_both_sides() -> None:
    days = dates("NL")
    assert days == sorted(set(days))
    assert (days[0], days[-1]) == (date(2023, 1, 1), date(2025, 12, 26))


def test_no_country_has_none() -> None:
    assert holiday_days(None, START, END) == ()


def test_an_unknown_country_names_the_key() -> None:
    with pytest.raises(InputError, match=r"features.country in params.yaml is 'XX'; allowed: .*NL"):
        holiday_days("XX", START, END)
