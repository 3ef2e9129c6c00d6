"""Sessions, the slow way: the rows of each session in a heap."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import pyarrow as pa

from features.contract import BEHAVIOUR, DAY_US
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer: first the baskets, then the visits, then the pages."""
    out: dict[str, float] = {}
    if "purchase" in scope.kinds:
        out |= baskets(mine, scope, frame)
    kinds = set(scope.kinds) & set(BEHAVIOUR)
    if kinds - {"purchase"}:
        out |= visits(mine, scope, frame)
    if looks := kinds & {"page_view", "product_view", "content_view"}:
        out |= pages(mine, looks)
    return out


def sessions(mine: list[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in mine:
        if row.kind in BEHAVIOUR and row.session_id is not None:
            found[row.session_id].append(row)
    return found


def baskets(mine: list[Row], scope: Scope, frame: Frame) -> dict[str, float]:
    lines = [row for row in mine if row.kind == "purchase"]
    moments = sorted({row.occurred_us for row in lines})
    last = sum(row.occurred_us == moments[-1] for row in lines) if lines else 0
    mean = len(lines) / len(moments) if lines else 0.0
    items = sum(row.quantity or 0.0 for row in lines)
    out = {
        "basket_lines": mean,
        "basket_lines_last": last,
        "basket_lines_last_share": last / mean if lines else 1.0,
        "basket_items": items / len(moments) if lines else 0.0,
        "item_price": sum(row.value or 0.0 for row in lines) / items if items > 0 else 0.0,
    }
    for days in scope.kind_windows_days or frame.windows_days:
        out[f"lines__{days}d"] = sum(row.occurred_us >= frame.cutoff_us - days * DAY_US for row in lines)
    return out


def visits(mine: list[Row], scope: Scope, frame: Frame) -> dict[str, float]:
    heaps = sessions(mine)
    newest = [heap[-1].occurred_us for heap in heaps.values()]
    depth = sum(map(len, heaps.values())) / len(heaps) if heaps else 0.0
    last = max((row for heap in heaps.values() for row in heap), key=mine.index, default=None)
    days = sorted({at // DAY_US for at in newest})
    gaps = [later - earlier for earlier, later in pairwise(days)]
    rhythm = (sum(gaps) + 28) / (len(gaps) + 1)
    silence = frame.cutoff_us // DAY_US - days[-1] if days else frame.lookback_days
    out = {
        "visit_depth": depth,
        "visit_depth_last_share": len(heaps[last.session_id]) / depth
        if last and last.session_id is not None
        else 1,
        "visit_recency": (frame.cutoff_us - max(newest)) / DAY_US if newest else frame.lookback_days,
        "visit_gap": rhythm,
        "visit_silence_in_gaps": silence / rhythm,
    }
    for window in frame.windows_days:
        out[f"visits__{window}d"] = sum(at >= frame.cutoff_us - window * DAY_US for at in newest)
    if "purchase" in scope.kinds:
        orders = {row.occurred_us for row in mine if row.kind == "purchase"}
        out["orders_per_visit"] = len(orders) / len(heaps) if heaps else 0.0
    return out


def pages(mine: list[Row], looks: set[str]) -> dict[str, float]:
    with_page, bounces = 0, 0
    for heap in sessions(mine).values():
        looked = [row for row in heap if row.kind in looks]
        did = [row for row in heap if row.kind not in looks and row.kind != "other"]
        with_page += bool(looked)
        bounces += len(looked) == 1 and not did
    seconds = [row.duration_s for row in mine if row.kind in looks and row.duration_s is not None]
    return {
        "bounce_share": (bounces + 0.5) / (with_page + 1),
        "time_on_page": sum(min(max(one, 0.0), 1800.0) for one in seconds) / (len(seconds) + 1),
    }
