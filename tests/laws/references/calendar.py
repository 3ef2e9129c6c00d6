"""Calendar, the slow way: by the dates of Python's own calendar."""

from __future__ import annotations

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
    out = {}
    active = _dates(row for row in mine if row.kind in BEHAVIOUR)
    bought = _dates(row for row in mine if row.kind == "purchase")
    if "purchase" in scope.kinds:
        out["weekend_share"] = _share(bought, 2 / 7, lambda day: day.isoweekday() >= 6)
    if set(scope.kinds) & set(BEHAVIOUR) - {"purchase"}:
        out["weekend_share_active"] = _share(active, 2 / 7, lambda day: day.isoweekday() >= 6)
    days = bought if "purchase" in scope.kinds else active
    out["pay_day_share"] = _share(days, 60 / 365, lambda day: 24 <= day.day <= 28)
    if feasts:
        weeks = {feast.isocalendar()[:2] for feast in feasts}
        out["holiday_share"] = _share(days, 1 / 6, lambda day: day.isocalendar()[:2] in weeks)
    weekdays = [day.weekday() for day in days]
    favourite = max(range(7), key=lambda weekday: (weekdays.count(weekday), -weekday))
    out["weekday_share"] = (weekdays.count(favourite) + 1 / 7) / (len(days) + 1)
    away = min((favourite - today.weekday()) % 7, (today.weekday() - favourite) % 7)
    out["weekday_distance"] = away if days else 12 / 7
    if frame.lookback_days >= 364:
        out["season"] = _season(days, today)
    return out


def _season(days: list[date], today: date) -> float:
    if not days or (today - days[0]).days < 364:
        return 1.0
    start = today - 364 * DAY
    then = sum(start <= day < start + 56 * DAY for day in days)
    usual = len(days) / ((today - days[0]).days / 56)
    return (then + 1) / (usual + 1)


def _share(days: list[date], usual: float, special: Callable[[date], bool]) -> float:
    return (sum(map(special, days)) + usual) / (len(days) + 1)


def _dates(rows: Iterable[Row]) -> list[date]:
    return sorted({EPOCH + DAY * (row.occurred_us // DAY_US) for row in rows})
