"""Category, the slow way: count the lines of each category."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pyarrow as pa

from features.contract import DAY_US
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer; lines without a category are of none."""
    lines = [row for row in mine if row.kind == "purchase"]
    known = [row for row in lines if row.category is not None]
    counts = Counter(row.category for row in known)
    place = {row.category: number for number, row in enumerate(lines)}  # of the last line of each
    favourite = max(counts, key=lambda category: (counts[category], place[category]), default=None)
    favourites = [row for row in known if row.category == favourite]
    out: dict[str, float] = {
        "concentration": sum((count / len(known)) ** 2 for count in counts.values()),
        "top_share": len(favourites) / len(known) if known else 0.0,
        "repeat_share": (len(known) - len(counts)) / len(known) if known else 0.0,
    }
    for days in frame.windows_days:
        since = frame.cutoff_us - days * DAY_US
        recent = {row.category for row in known if row.occurred_us >= since}
        older = {row.category for row in known if row.occurred_us < since}
        out[f"breadth__{days}d"] = len(recent)
        if days in (scope.kind_windows_days or frame.windows_days):
            out[f"new_share__{days}d"] = len(recent - older) / len(recent) if recent else 0.0
    days_of = sorted({row.occurred_us // DAY_US for row in favourites})
    gaps = [later - earlier for earlier, later in pairwise(days_of)]
    rhythm = (sum(gaps) + scope.mean_gap_days * scope.mean_gap_weight) / (len(gaps) + scope.mean_gap_weight)
    silence = frame.cutoff_us // DAY_US - days_of[-1] if days_of else frame.lookback_days
    newest = [row for row in lines if row.occurred_us == lines[-1].occurred_us]
    return out | {
        "top_recency": (frame.cutoff_us - favourites[-1].occurred_us) / DAY_US
        if known
        else frame.lookback_days,
        "top_silence_in_gaps": silence / rhythm,
        "top_share_last": sum(row in favourites for row in newest) / len(newest) if newest else 0.0,
    }
