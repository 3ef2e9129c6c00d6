"""What a challenger must pass: one file per check, which defines ``CHECK``; a new check is a new file."""

from __future__ import annotations

import sys
from functools import cache

from features.discovery import discover
from models.promotion.checks._base import Check, Finding

__all__ = ["Check", "Finding", "registered"]


@cache
def registered() -> dict[str, Check]:
    """Give every check by name, in the order in which their sentences are read.

    Examples
    --------
    >>> list(registered())
    ['better', 'calibrated', 'guarded_slices']
    """
    found: dict[str, Check] = discover(sys.modules[__name__], "CHECK")
    return dict(sorted(found.items(), key=lambda one: (one[1].place, one[0])))
