"""Sequence, the slow way: walk through the events one by one."""

from __future__ import annotations

from itertools import groupby, pairwise

import pyarrow as pa

from features.contract import BEHAVIOUR, DAY_US
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row

BROAD = {
    "page_view": "browse", "product_view": "browse", "search": "browse", "content_view": "browse",
    "ad_click": "browse", "cart_add": "cart", "cart_remove": "cart", "checkout": "cart", "purchase": "buy",
    "return": "service", "ticket_open": "service", "chat": "service", "quote_request": "service",
    "email_open": "mail", "email_click": "mail", "subscribe": "mail", "unsubscribe": "mail",
    "store_visit": "store",
}  # fmt: skip
DEEP = {"page_view": 1, "search": 1, "content_view": 1, "product_view": 2, "cart_add": 3, "checkout": 4,
        "purchase": 5}  # fmt: skip


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer, from a list of (moment, kind) with one entry per order."""
    deeds: list[tuple[int, str]] = []
    ordered: set[int] = set()
    for row in mine:
        if (
            row.kind in BEHAVIOUR
            and row.kind != "other"
            and not (row.kind == "purchase" and row.occurred_us in ordered)
        ):
            deeds.append((row.occurred_us, row.kind))
        if row.kind == "purchase":
            ordered.add(row.occurred_us)
    runs = [list(run) for _, run in groupby(deeds, key=lambda deed: BROAD.get(deed[1], "rest"))]
    declared = [kind for kind in scope.kinds if kind in BEHAVIOUR and kind != "other"]
    out: dict[str, float] = {f"last_{BROAD.get(kind, 'rest')}": 0.0 for kind in declared}
    for weight, run in zip((1.0, 0.5, 0.25), reversed(runs), strict=False):
        out[f"last_{BROAD.get(run[0][1], 'rest')}"] += weight
    out["run_length"] = len(runs[-1]) if runs else 0
    out["run_days"] = (frame.cutoff_us - runs[-1][0][0]) / DAY_US if runs else frame.lookback_days
    out["last_groups"] = len({BROAD.get(kind, "rest") for _, kind in deeds[-10:]})
    turns = [kind for kind, _ in groupby(kind for _, kind in deeds)]
    back = sum(one == three for one, three in zip(turns, turns[2:], strict=False))
    out["loop_share"] = (back + 1.5) / (max(len(turns) - 2, 0) + 5)
    return out | steps(deeds, frame)


def steps(deeds: list[tuple[int, str]], frame: Frame) -> dict[str, float]:
    """Steps within one day; the day is that of the later event."""
    walked = [(moment // DAY_US, DEEP.get(kind)) for moment, kind in deeds]
    taken = [
        (day, deep - before)
        for (earlier, before), (day, deep) in pairwise(walked)
        if earlier == day and before is not None and deep is not None
    ]
    recent = [step for day, step in taken if day >= frame.cutoff_us // DAY_US - 28]
    usual = (sum(step > 0 for _, step in taken) + 1.5) / (len(taken) + 5)
    return {
        "deeper_share": usual,
        "shallower_share": (sum(step < 0 for _, step in taken) + 1.5) / (len(taken) + 5),
        "deeper_share__28d": (sum(step > 0 for step in recent) + 5 * usual) / (len(recent) + 5),
    }
