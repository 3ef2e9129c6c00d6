"""Peers, the slow way: everybody is walked through, one by one, at the moments before the cutoff."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from features.contract import BEHAVIOUR, DAY_US
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row

Cell = tuple[int, int, int, int]


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer, by looking their cell up in what was learnt."""
    cell = cell_at(mine, scope, frame, frame.cutoff_us // DAY_US)
    out: dict[str, float] = {}
    for days in horizons(frame):
        rows = [] if learnt is None else [row for row in learnt.to_pylist() if row["horizon_days"] == days]
        nothing = {"rate": 0.5, "relative": 1.0, "evidence": 0.0}
        told = {row["cell"]: row for row in rows}
        found = told.get(number_of(cell)) or told.get(-2 - coarse_of(cell)) or told.get(-1) or nothing
        out |= {f"{name}__{days}d": found[name] for name in ("rate", "relative")}
        if days == 7:
            out["evidence"] = found["evidence"]
    return out


def learn(everybody: dict[int, list[Row]], scope: Scope, frame: Frame, before: pa.Table | None) -> pa.Table:
    """What everybody teaches at one cutoff."""
    today = frame.cutoff_us // DAY_US
    rows: list[dict[str, float]] = []
    for days in horizons(frame):
        there: Counter[Cell] = Counter()
        acted: Counter[Cell] = Counter()
        for mine in everybody.values():
            then = [row for row in within(mine, frame, today - days) if row.kind in BEHAVIOUR]
            if then:
                cell = cell_at(mine, scope, frame, today - days)
                there[cell] += 1
                acted[cell] += any(today - days <= day < today for day in days_of_acts(mine, scope))
        if there:
            rows += [{"horizon_days": days, **row} for row in rates(there, acted)]
    names = {"horizon_days": pa.int64(), "cell": pa.int64()}
    names |= {name: pa.float64() for name in ("rate", "relative", "evidence")}
    return pa.Table.from_pylist(rows, schema=pa.schema(names))


def rates(there: Counter[Cell], acted: Counter[Cell]) -> list[dict[str, float]]:
    overall = (acted.total() + 0.5) / (there.total() + 1)
    rows = [{"cell": -1, "rate": overall, "evidence": 0.0}]
    rate_of: dict[int, float] = {}
    for coarse in sorted({coarse_of(cell) for cell in there}):
        n = sum(number for cell, number in there.items() if coarse_of(cell) == coarse)
        k = sum(number for cell, number in acted.items() if coarse_of(cell) == coarse)
        rate_of[coarse] = (k + 50 * overall) / (n + 50)
        rows.append({"cell": -2 - coarse, "rate": rate_of[coarse], "evidence": 0.0})
    for cell in sorted(there):
        rate = (acted[cell] + 50 * rate_of[coarse_of(cell)]) / (there[cell] + 50)
        rows.append({"cell": number_of(cell), "rate": rate, "evidence": there[cell] / (there[cell] + 50)})
    return [{**row, "relative": row["rate"] / overall} for row in rows]


def cell_at(mine: list[Row], scope: Scope, frame: Frame, day: int) -> Cell:
    seen = within(mine, frame, day)
    days = days_of_acts(seen, scope)
    active = {row.occurred_us // DAY_US for row in seen if row.kind in BEHAVIOUR}
    lately = sum(day - 28 <= one < day for one in active)
    gap, weight = scope.mean_gap_days, scope.mean_gap_weight
    silence, mean = 7, gap
    if days:
        silence = sum((day - days[-1]) / gap >= edge for edge in (0.25, 0.5, 1, 2, 4, 8))
        mean = (days[-1] - days[0] + gap * weight) / (len(days) - 1 + weight)
    return (
        silence,
        sum(len(days) >= edge for edge in (1, 2, 3, 5, 9)),
        sum(mean / gap >= edge for edge in (0.5, 1.25)),
        sum(lately >= edge for edge in (1, 2, 4, 8)),
    )


def number_of(cell: Cell) -> int:
    return (coarse_of(cell) * 3 + cell[2]) * 5 + cell[3]


def coarse_of(cell: Cell) -> int:
    return cell[0] * 6 + cell[1]


def within(mine: list[Row], frame: Frame, day: int) -> list[Row]:
    """Rows before a day, as far back as can be seen at every moment that is looked at."""
    reach = frame.lookback_days - max(horizons(frame), default=0)
    return [row for row in mine if day - reach <= row.occurred_us // DAY_US < day]


def days_of_acts(mine: list[Row], scope: Scope) -> list[int]:
    kinds = ("purchase",) if "purchase" in scope.kinds else BEHAVIOUR
    return sorted({row.occurred_us // DAY_US for row in mine if row.kind in kinds})


def horizons(frame: Frame) -> list[int]:
    return [days for days in (7, 28, 84) if days * 4 <= frame.lookback_days]
