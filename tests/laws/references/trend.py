"""Trend, the slow way: the periods of four weeks written out, and the line through them."""

from __future__ import annotations

from statistics import fmean, linear_regression

import pyarrow as pa

from features.contract import BEHAVIOUR, DAY_US
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row

#: What happened: the moment, and how much it counts for.
Happened = list[tuple[int, float]]


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer: paces of windows, and slopes."""
    kinds = [kind for kind in scope.kinds if kind in BEHAVIOUR]
    lines = [row for row in mine if row.kind == "purchase"]
    moments = sorted({row.occurred_us for row in lines})
    spent = [(at, sum(row.value or 0.0 for row in lines if row.occurred_us == at)) for at in moments]
    mean = fmean([value for _, value in spent]) if spent else 1.0
    # The first moment of a day stands for the day.
    days: dict[int, int] = {}
    for row in mine:
        if row.kind in kinds:
            days.setdefault(row.occurred_us // DAY_US, row.occurred_us)
    out: dict[str, float] = {}
    if "purchase" in kinds:
        out |= _of("orders", [(at, 1.0) for at in moments], 1.0, frame)
        out |= _of("spend", spent, mean, frame)
    if set(kinds) - {"purchase"}:
        out |= _of("active_days", [(at, 1.0) for at in days.values()], 1.0, frame)
    return out


def _of(name: str, happened: Happened, usual: float, frame: Frame) -> dict[str, float]:
    windows = frame.windows_days
    out = {f"{name}_slope": _slope(happened, usual, frame)}
    for short, long in zip(windows, windows[2:], strict=False):
        part = short / long
        pace = _sum(happened, frame, 0, short) + usual * part
        usual_pace = (_sum(happened, frame, 0, long) + usual) * part
        # Orders may all be worth nothing: then there is no pace to compare.
        out[f"{name}_{short}_to_{long}"] = pace / usual_pace if usual_pace > 0 else 1.0
    return out


def _slope(happened: Happened, usual: float, frame: Frame) -> float:
    if not happened:
        return 0.0
    whole = (frame.cutoff_us - min(at for at, _ in happened)) // (28 * DAY_US)
    periods = [_sum(happened, frame, 28 * n, 28 * n + 28) for n in range(min(whole, 6))]
    if len(periods) < 2:
        return 0.0
    oldest_first = periods[::-1]
    slope = linear_regression(range(len(periods)), oldest_first).slope
    level = (sum(periods) + usual) / len(periods)
    return slope / level if level > 0 else 0.0


def _sum(happened: Happened, frame: Frame, newest: int, oldest: int) -> float:
    """What happened at most ``oldest`` and more than ``newest`` days ago."""
    start, end = frame.cutoff_us - oldest * DAY_US, frame.cutoff_us - newest * DAY_US
    return sum(amount for at, amount in happened if start <= at < end)
