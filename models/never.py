"""Columns that tell how many days ago something was: at the look-back they tell that it never was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

WORDS = {"en": "none in {days:.0f} days", "nl": "geen in {days:.0f} dagen"}


def never_at(dictionary: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Give the columns in days whose default is the look-back, with the value that stands for never.

    A family gives such a column the look-back where there is nothing to count from, and no column in days has a
    greater default.

    Parameters
    ----------
    dictionary : sequence of mapping
        The column dictionary (``data/columns.json``): ``name``, ``unit`` and ``default`` (days) of every column.

    Examples
    --------
    >>> rows = [("recency__order", "days", 730.0), ("cadence__gap_mean", "days", 28.0), ("monetary__spend", "EUR", 0.0)]
    >>> never_at([{"name": name, "unit": unit, "default": default} for name, unit, default in rows])
    {'recency__order': 730.0}
    """
    days = {str(one["name"]): float(one["default"]) for one in dictionary if one["unit"] == "days"}
    longest = max(days.values(), default=0.0)
    return {name: default for name, default in days.items() if default == longest > 0}
