"""Calendar: what is special about the moment, and when in the week, month and year the customer acts.

The first columns are the same for everybody at one cutoff, and so is the default of a share: how usual such days
were in the look-back. Days are whole days (UTC); weeks begin on Monday.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from features.contract import DAY_US
from features.cutoffs import day_of
from features.families._base import Family, Measure, Scope
from features.history import Floats, History, Ints

#: Day of the month on which most people are paid, and the days of the month that are near it.
PAY_DAY = 25
PAY_DAYS = range(24, 29)
#: Further away than this a holiday is not counted.
HOLIDAY_DAYS = 60
YEAR_DAYS = 364
SEASON_DAYS = 56
_YEAR = 365.2425


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    yield from _moment(history, scope)
    active = history.only(kinds=scope.behaviour).by_day
    if scope.other_behaviour:
        yield Measure("weekend_share_active", _share(active, _is_weekend(history)), "share",
                      "Share of active days in the weekend", "Aandeel actieve dagen in het weekend")  # fmt: skip
    en, nl, days = "active days", "actieve dagen", active
    if "purchase" in scope.kinds:
        en, nl, days = "days with an order", "dagen met een bestelling", history.orders.by_day
        yield Measure("weekend_share", _share(days, _is_weekend(history)), "share",
                      f"Share of {en} in the weekend", f"Aandeel {nl} in het weekend")  # fmt: skip
    yield Measure("pay_day_share", _share(days, _is_pay_day(history)), "share",
                  f"Share of {en} around pay day (24th to 28th)",
                  f"Aandeel {nl} rond betaaldag (24e tot 28e)")  # fmt: skip
    if scope.holidays:
        yield Measure("holiday_share", _share(days, _is_holiday_week(history, scope)), "share",
                      f"Share of {en} in a week with a holiday",
                      f"Aandeel {nl} in een week met een feestdag")  # fmt: skip
    yield from _favourite(days, en, nl)
    if history.frame.lookback_days >= YEAR_DAYS:
        yield from _season(days, en, nl)


def _moment(history: History, scope: Scope) -> Iterator[Measure]:
    today = history.frame.cutoff_day
    date = day_of(today * DAY_US)
    angle = 2 * math.pi * (date.timetuple().tm_yday - 1) / _YEAR
    past_25th = max(day for day in range(today - 31, today + 1) if _day_of_month(day) == PAY_DAY)
    values = [
        ("year_sin", math.sin(angle), "-1..1", "Place in the year: sine", "Plaats in het jaar: sinus"),
        ("year_cos", math.cos(angle), "-1..1", "Place in the year: cosine", "Plaats in het jaar: cosinus"),
        ("since_pay_day", float(today - past_25th), "days", f"Days since the {PAY_DAY}th of a month",
         f"Dagen sinds de {PAY_DAY}e van een maand"),
    ]  # fmt: skip
    if scope.holidays:
        ahead = min((day - today for day in scope.holidays if day >= today), default=HOLIDAY_DAYS)
        behind = min((today - day for day in scope.holidays if day < today), default=HOLIDAY_DAYS)
        most = f", at most {HOLIDAY_DAYS}", f", hoogstens {HOLIDAY_DAYS}"
        values += [
            ("to_holiday", float(min(ahead, HOLIDAY_DAYS)), "days", f"Days to the next holiday{most[0]}",
             f"Dagen tot de volgende feestdag{most[1]}"),
            ("since_holiday", float(min(behind, HOLIDAY_DAYS)), "days", f"Days since the last holiday{most[0]}",
             f"Dagen sinds de vorige feestdag{most[1]}"),
        ]  # fmt: skip
    for name, value, unit, en, nl in values:
        yield Measure(name, np.full(history.frame.customers, value), unit, en, nl)


def _share(days: History, is_special: NDArray[np.float64]) -> Floats:
    """Share of days that are special, drawn to the share of such days in the look-back by one day."""
    usual = float(is_special.sum()) / len(is_special)
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
