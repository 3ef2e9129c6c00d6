"""What a check is: from the evidence to passed or not, in one sentence with numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.promotion.evidence import Evidence


@dataclass(frozen=True)
class Finding:
    """What one check found: whether the challenger passes, and a sentence with the numbers."""

    passes: bool
    sentence: str


@dataclass(frozen=True)
class Check:
    """One condition of a promotion; ``place``: where its sentence is read."""

    judge: Callable[[Evidence], Finding]
    place: int
