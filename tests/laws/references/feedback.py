"""Feedback, the slow way: the marks and tones of a customer as lists."""

from __future__ import annotations

from statistics import fmean

import pyarrow as pa

from features.contract import DAY_US
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer."""
    marks = [row for row in mine if row.rating is not None and row.rating_scale in ("nps", "stars")]
    nps = [row for row in marks if row.rating_scale == "nps"]
    stars = [row for row in marks if row.rating_scale == "stars"]
    tones = [row.sentiment for row in mine if row.sentiment is not None]
    on_one_scale = [_rating(row) / 10 if row in nps else (_rating(row) - 1) / 4 for row in marks]
    since = frame.cutoff_us - 180 * DAY_US
    return {
        "asked": bool(marks),
        "mark_recency": (frame.cutoff_us - marks[-1].occurred_us) / DAY_US if marks else frame.lookback_days,
        "nps_last": _rating(nps[-1]) if nps else 7.5,
        "nps_mean": fmean([7.5, *map(_rating, nps)]),
        "stars_last": _rating(stars[-1]) if stars else 3,
        "stars_mean": fmean([3, *map(_rating, stars)]),
        "detractor": any(_rating(row) <= 6 and row.occurred_us >= since for row in nps),
        "mark_change": on_one_scale[-1] - fmean(on_one_scale[:-1]) if len(marks) > 1 else 0.0,
        "tone": fmean([0, *tones]),
        "tone_last": tones[-1] if tones else 0.0,
    }


def _rating(row: Row) -> float:
    assert row.rating is not None
    return row.rating
