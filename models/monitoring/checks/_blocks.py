"""Weeks put together into blocks in which a series is steady enough to say what is usual."""

from __future__ import annotations

import numpy as np

from features.cutoffs import day_of
from models.monitoring.checks._check import Said, said
from models.monitoring.evidence import Evidence
from models.monitoring.usual import LEAST_PAST, Floats, Walk
from models.monitoring.weekly import WEEK_US

#: Weeks to a block, tried in this order.
SIZES = (1, 2, 4)
#: Fewer events in a usual block are not compared.
LEAST_EVENTS = 20
#: A series is steady if so many of its past blocks lie within a factor of two of the middle one.
STEADY = 0.8
#: A block is compared with so many before it.
REFERENCE = 8
TOO_SHORT = said(
    "the log holds too few whole weeks to say what is usual",
    "het log heeft te weinig hele weken om te zeggen wat gewoon is",
)


def blocks(counts: Floats, size: int) -> Floats:
    """Sum weeks into blocks, back from the newest; weeks that do not fill a block are left out.

    Examples
    --------
    >>> blocks(np.arange(5.0)[None, :, None], 2)[0, :, 0].tolist()
    [3.0, 7.0]
    """
    weeks = counts.shape[1] // size * size
    kept = counts[:, counts.shape[1] - weeks :]
    return np.asarray(kept.reshape(len(counts), weeks // size, size, counts.shape[2]).sum(axis=2))


def sizes(counts: Floats) -> list[int]:
    """Choose for each series the shortest block in which it is steady; 0: it is in none.

    Examples
    --------
    >>> every_week = np.full(12, 50.0)
    >>> fortnightly = np.tile([0.0, 90.0], 6)
    >>> sizes(np.stack([every_week, fortnightly, np.zeros(12)])[..., None])
    [1, 2, 0]
    """
    found = np.zeros(len(counts), dtype=np.int64)
    for size in reversed(SIZES):
        rows = blocks(counts, size).sum(axis=2)
        if rows.shape[1] <= LEAST_PAST:
            continue
        # The newest is judged, and says nothing about how steady the series was.
        past = rows[:, :-1]
        middle = np.median(past, axis=1)
        near = ((past >= middle[:, None] / 2) & (past <= middle[:, None] * 2)).mean(axis=1)
        found[(middle >= LEAST_EVENTS) & (near >= STEADY)] = size
    return [int(size) for size in found]


def first_day(evidence: Evidence, walked: Walk, place: int, size: int) -> str:
    """Give the day with which the present run out of the ordinary begins."""
    blocks_back = walked.moved.shape[-1] - int(walked.since()[place])
    return day_of(int(evidence.log.starts_us[-1]) + WEEK_US - blocks_back * size * WEEK_US).isoformat()


def period(size: int) -> Said:
    """Say how long a block is."""
    return said(
        "a week" if size == 1 else f"in {size} weeks", "per week" if size == 1 else f"per {size} weken"
    )
