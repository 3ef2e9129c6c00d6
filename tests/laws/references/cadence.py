"""Cadence, the slow way: the days with an order, and the gaps between them."""

from __future__ import annotations

from itertools import pairwise
from statistics import fmean

import pyarrow as pa

from features.contract import DAY_US
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer; without an order the silence lasts as long as the look-back."""
    today = frame.cutoff_us // DAY_US
    days = sorted({row.occurred_us // DAY_US for row in mine if row.kind == "purchase"})
    gaps = [later - earlier for earlier, later in pairwise(days)]
    silence = today - days[-1] if days else frame.lookback_days
    prior, weight = scope.mean_gap_days, scope.mean_gap_weight
    mean = (sum(gaps) + prior * weight) / (len(gaps) + weight)
    spread = fmean([(gap - mean) ** 2 for gap in gaps]) ** 0.5 if gaps else 0.0
    last_3 = fmean(gaps[-3:]) if len(gaps) >= 3 else mean
    known = (frame.cutoff_us - min(_moments(mine))) / DAY_US if days else 0.0
    out = {
        "gap_mean": mean,
        "silence_in_gaps": silence / mean,
        "gap_spread": spread,
        "gap_variation": spread / mean,
        "burstiness": (spread - mean) / (spread + mean),
        "silence_z": (silence - mean) / (spread + mean / 2),
        "gap_last": gaps[-1] if gaps else mean,
        "gap_last_3": last_3,
        "slowing": last_3 / mean,
        "silence_in_last_gaps": silence / max(last_3, 1),
        "silence_in_top_gap": silence / max([*gaps, mean, 1]),
        "longer_gaps": (sum(gap > silence for gap in gaps) + 0.5) / (len(gaps) + 1),
        "order_rate": len(days) / max(known, 7),
    }
    for ahead in (7, 28):
        longer = [gap for gap in gaps if gap > silence]
        ended = [gap for gap in longer if gap <= silence + ahead]
        out[f"ends_within_{ahead}"] = (len(ended) + 0.5) / (len(longer) + 1)
    return out


def _moments(mine: list[Row]) -> list[int]:
    return [row.occurred_us for row in mine if row.kind == "purchase"]
