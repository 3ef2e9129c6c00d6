"""Affinity, the slow way: sets of customers per pair of categories, and weighted means of places."""

from __future__ import annotations

from collections import Counter
from math import log, sqrt

import numpy as np
import pyarrow as pa

from features.contract import DAY_US
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row

AXES = [f"axis_{number}" for number in range(1, 9)]
Place = list[float]


def learn(everybody: dict[int, list[Row]], scope: Scope, frame: Frame, before: pa.Table | None) -> pa.Table:
    """Place of every category, from what each customer bought."""
    buyers: dict[str, set[int]] = {}
    for customer, mine in everybody.items():
        bought = Counter(row.category for row in mine if row.kind == "purchase" and row.category is not None)
        for category, _ in sorted(bought.items(), key=lambda item: (-item[1], item[0]))[:20]:
            buyers.setdefault(category, set()).add(customer)
    if not buyers:
        return before
    names = sorted(sorted(buyers, key=lambda name: (-len(buyers[name]), name))[:200])
    customers = len(set().union(*buyers.values()))

    def surprise(one: str, other: str) -> float:
        chance = len(buyers[one]) * len(buyers[other]) / customers
        return log(max(1.0, (len(buyers[one] & buyers[other]) + 10.0) / (chance + 10.0)))

    values, vectors = np.linalg.eigh(np.array([[surprise(one, other) for other in names] for one in names]))
    space = np.zeros((len(names), 8))
    for axis, place in enumerate(sorted(range(len(names)), key=lambda place: -values[place])[:8]):
        column = vectors[:, place] * sqrt(max(values[place], 0.0))
        space[:, axis] = -column if column[np.abs(column).argmax()] < 0 else column
    if before is not None:
        space = space @ rotation(dict(zip(names, space, strict=True)), before)
    return pa.table(
        {"category": names, "customers": [len(buyers[name]) for name in names]}
        | {axis: np.round(space[:, place], 6) for place, axis in enumerate(AXES)}
    )


def rotation(now: dict[str, np.ndarray], before: pa.Table) -> np.ndarray:
    """Orthogonal Procrustes over the categories that both know."""
    cross = np.eye(8) * 1e-3
    for row in before.to_pylist():
        if row["category"] in now:
            cross = cross + np.outer(now[row["category"]], [row[axis] for axis in AXES])
    left, _, right = np.linalg.svd(cross)
    return left @ right


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer; a taste of nothing lies in the origin."""
    rows = [] if learnt is None else learnt.to_pylist()
    places = {row["category"]: [row[axis] for axis in AXES] for row in rows}
    bought = [row for row in mine if row.kind == "purchase" and row.category in places]
    looked = [row for row in mine if row.kind == "product_view" and row.category in places]
    recent_us = frame.cutoff_us - 56 * DAY_US

    def weight(row: Row) -> float:
        return 0.5 ** ((frame.cutoff_us // DAY_US - 1 - row.occurred_us // DAY_US) / 182)

    def taste(chosen: list[Row]) -> Place:
        whole = sum(weight(row) for row in chosen)
        return [
            sum(weight(row) * places[row.category or ""][axis] for row in chosen) / whole if chosen else 0.0
            for axis in range(8)
        ]

    own = taste(bought)
    apart = sum(
        weight(row) * sum((a - b) ** 2 for a, b in zip(places[row.category or ""], own, strict=True))
        for row in bought
    )
    customers = sum(row["customers"] for row in rows)
    crowd = [sum(row[axis] * row["customers"] for row in rows) / customers if rows else 0.0 for axis in AXES]
    last_us = max((row.occurred_us for row in mine if row.kind == "purchase"), default=0)
    out = {f"taste_{axis + 1}": own[axis] for axis in range(4)} | {
        "spread": sqrt(apart / sum(map(weight, bought))) if bought else 0.0,
        "near_crowd": near(own, crowd),
        "near_before": near(
            taste([row for row in bought if row.occurred_us >= recent_us]),
            taste([row for row in bought if row.occurred_us < recent_us]),
        ),
        "near_last": near(
            taste([row for row in bought if row.occurred_us == last_us]),
            taste([row for row in bought if row.occurred_us != last_us]),
        ),
    }
    if "product_view" in scope.kinds:
        out["near_looked"] = near(taste([row for row in looked if row.occurred_us >= recent_us]), own)
    return out


def near(one: Place, other: Place) -> float:
    lengths = sum(a * a for a in one) * sum(b * b for b in other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / sqrt(lengths) if lengths > 1e-12 else 0.0
