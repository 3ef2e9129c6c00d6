"""Calendar: when in the week, month and year the customer acts, and how that meets the moment.

No column is the same for everybody at one cutoff (the place in the year, the days to a holiday): the rows of a cutoff
share its base rate, so a model would learn past cutoffs by heart. Days are whole days (UTC); weeks begin on Monday.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from features.contract import DAY_US
from features.cutoffs import day_of
from features.families._base import Family, Measure, Scope
from features.history import Floats, History, Ints

#: Days of the month near the 25th, on which most people are paid.
PAY_DAYS = range(24, 29)
#: What a share is drawn to: how many of all days lie in a weekend, near pay day, in a week with a holiday.
USUAL = {"weekend": 2 / 7, "pay_day": 5 * 12 / 365, "holiday": 1 / 6}
YEAR_DAYS = 364
SEASON_DAYS = 56


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    active = history.only(kinds=scope.behaviour).by_day
    if scope.other_behaviour:
        yield Measure("weekend_share_active", _share(active, _is_weekend(history), USUAL["weekend"]), "share",
                      "Share of active days in the weekend", "Aandeel actieve dagen in het weekend")  # fmt: skip
    en, nl, days = "active days", "actieve dagen", active
    if "purchase" in scope.kinds:
        en, nl, days = "days with an order", "dagen met een bestelling", history.orders.by_day
        yield Measure("weekend_share", _share(days, _is_weekend(history), USUAL["weekend"]), "share",
                      f"Share of {en} in the weekend", f"Aandeel {nl} in het weekend")  # fmt: skip
    yield Measure("pay_day_share", _share(days, _is_pay_day(history), USUAL["pay_day"]), "share",
                  f"Share of {en} around pay day (24th to 28th)",
                  f"Aandeel {nl} rond betaaldag (24e tot 28e)")  # fmt: skip
    if scope.holidays:
        yield Measure("holiday_share", _share(days, _is_holiday_week(history, scope), USUAL["holiday"]), "share",
                      f"Share of {en} in a week with a holiday",
                      f"Aandeel {nl} in een week met een feestdag")  # fmt: skip
    yield from _favourite(days, en, nl)
    if history.frame.lookback_days >= YEAR_DAYS:
        yield from _season(days, en, nl)


def _share(days: History, is_special: NDArray[np.float64], usual: float) -> Floats:
    """Share of days that are special, drawn to what is usual by one day."""
    share: Floats = (days.total(is_special[_age(days)]) + usual) / (days.total() + 1.0)
    return share


def _favourite(days: History, en: str, nl: str) -> Iterator[Measure]:
    weekday = _weekday(days.column("day").astype(np.int64, copy=False))
    flat = np.bincount(weekday * days.frame.customers + days.row, minlength=7 * days.frame.customers)
    counts = flat.reshape(7, days.frame.customers)
    away = np.abs(counts.argmax(axis=0) - _weekday(days.frame.cutoff_day))
    distance = np.where(days.total() > 0, np.minimum(away, 7 - away), 12 / 7)
    yield Measure("weekday_share", (counts.max(axis=0) + 1 / 7) / (days.total() + 1.0), "share",
                  f"Share of {en} on the favourite weekday, drawn to 1/7",
                  f"Aandeel {nl} op de favoriete weekdag, getrokken naar 1/7")  # fmt: skip
    yield Measure("weekday_distance", distance, "days",
                  "Days between today's weekday and the favourite one (0 to 3; 1.7 without any)",
                  "Dagen tussen de weekdag van vandaag en de favoriete (0 tot 3; 1,7 zonder)")  # fmt: skip


def _season(days: History, en: str, nl: str) -> Iterator[Measure]:
    """Days in the eight weeks that lie ahead, one year ago, per usual eight weeks; 1 for who is not known so long."""
    age = _age(days)
    then = days.total(((age < YEAR_DAYS) & (age >= YEAR_DAYS - SEASON_DAYS)).astype(np.float64))
    first = days.nth_last("day", 1, 0.0)
    first = np.where(days.starts < days.ends, first - days.total(np.maximum(days.gap, 0.0)), 0.0)
    known = np.where(days.total() > 0, days.frame.cutoff_day - first, 0.0)
    usual = days.total() * SEASON_DAYS / np.maximum(known, YEAR_DAYS)
    value = np.where(known >= YEAR_DAYS, (then + 1.0) / (usual + 1.0), 1.0)
    yield Measure("season", value, "ratio",
                  f"{en.capitalize()} in the coming {SEASON_DAYS // 7} weeks a year ago / what is usual, drawn to 1",
                  f"{nl.capitalize()} in de komende {SEASON_DAYS // 7} weken een jaar geleden / gebruikelijk, "
                  "getrokken naar 1")  # fmt: skip


# ---- tables by age: one value for each whole day of the look-back, yesterday first -------------------------------


def _age(days: History) -> Ints:
    age: Ints = days.frame.cutoff_day - 1 - days.column("day").astype(np.int64, copy=False)
    return age


def _days_back(history: History) -> Ints:
    return history.frame.cutoff_day - 1 - np.arange(history.frame.lookback_days, dtype=np.int64)


def _is_weekend(history: History) -> Floats:
    return (_weekday(_days_back(history)) >= 5).astype(np.float64)


def _is_pay_day(history: History) -> Floats:
    return np.array([float(_day_of_month(int(day)) in PAY_DAYS) for day in _days_back(history)])


def _is_holiday_week(history: History, scope: Scope) -> Floats:
    week = (_days_back(history) + 3) // 7
    return np.isin(week, (np.asarray(scope.holidays, dtype=np.int64) + 3) // 7).astype(np.float64)


def _weekday(day: Ints | int) -> Ints:
    """Monday is 0; 1970-01-01 was a Thursday."""
    return np.asarray((day + 3) % 7, dtype=np.int64)


def _day_of_month(day: int) -> int:
    return day_of(day * DAY_US).day


FAMILY = Family(_measures)
