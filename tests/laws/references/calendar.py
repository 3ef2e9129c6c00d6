"""Calendar, the slow way: by the dates of Python's own calendar."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import date, timedelta

import pyarrow as pa

from features.contract import BEHAVIOUR, DAY_US
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row

EPOCH = date(1970, 1, 1)
DAY = timedelta(days=1)


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer."""
    today = EPOCH + DAY * (frame.cutoff_us // DAY_US)
    feasts = [EPOCH + DAY * day for day in scope.holidays]
    out = _moment(today, feasts)
    days_back = [today - DAY * (age + 1) for age in range(frame.lookback_days)]
    active = _dates(row for row in mine if row.kind in BEHAVIOUR)
    bought = _dates(row for row in mine if row.kind == "purchase")
    if "purchase" in scope.kinds:
        out["weekend_share"] = _share(bought, days_back, lambda day: day.isoweekday() >= 6)
    if set(scope.kinds) & set(BEHAVIOUR) - {"purchase"}:
        out["weekend_share_active"] = _share(active, days_back, lambda day: day.isoweekday() >= 6)
    days = bought if "purchase" in scope.kinds else active
    out["pay_day_share"] = _share(days, days_back, lambda day: 24 <= day.day <= 28)
    if feasts:
        weeks = {feast.isocalendar()[:2] for feast in feasts}
        out["holiday_share"] = _share(days, days_back, lambda day: day.isocalendar()[:2] in weeks)
    weekdays = [day.weekday() for day in days]
    favourite = max(range(7), key=lambda weekday: (weekdays.count(weekday), -weekday))
    out["weekday_share"] = (weekdays.count(favourite) + 1 / 7) / (len(days) + 1)
    away = min((favourite - today.weekday()) % 7, (today.weekday() - favourite) % 7)
    out["weekday_distance"] = away if days else 12 / 7
    if frame.lookback_days >= 364:
        out["season"] = _season(days, today)
    return out


def _moment(today: date, feasts: list[date]) -> dict[str, float]:
    angle = 2 * math.pi * (today - date(today.year, 1, 1)).days / 365.2425
    pay_day = today
    while pay_day.day != 25:
        pay_day -= DAY
    out = {
        "year_sin": math.sin(angle),
        "year_cos": math.cos(angle),
        "since_pay_day": (today - pay_day).days,
    }
    if feasts:
        out["to_holiday"] = min([(feast - today).days for feast in feasts if feast >= today] + [60])
        out["since_holiday"] = min([(today - feast).days for feast in feasts if feast < today] + [60])
    return out


def _season(days: list[date], today: date) -> float:
    if not days or (today - days[0]).days < 364:
        return 1.0
    start = today - 364 * DAY
    then = sum(start <= day < start + 56 * DAY for day in days)
    usual = len(days) / ((today - days[0]).days / 56)
    return (then + 1) / (usual + 1)


def _share(days: list[date], days_back: list[date], special: Callable[[date], bool]) -> float:
    usual = sum(map(special, days_back)) / len(days_back)
    return (sum(map(special, days)) + usual) / (len(days) + 1)


def _dates(rows: Iterable[Row]) -> list[date]:
    return sorted({EPOCH + DAY * (row.occurred_us // DAY_US) for row in rows})
