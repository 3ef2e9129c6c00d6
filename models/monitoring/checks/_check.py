"""What a check is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from models.monitoring.evidence import Evidence

#: A sentence for a person, in both languages.
Said = Mapping[str, str]
Severity = Literal["alarm", "note"]
#: Where in the pipeline a check looks; the order in which they are told, since causes lie upstream.
STAGES = ("raw", "log", "features", "scores")


@dataclass(frozen=True)
class Finding:
    """One thing that somebody must look at (``alarm``) or may want to know (``note``).

    Attributes
    ----------
    subject, where : str
        What moved, and in which phase, file or kind of event.
    said, todo : mapping of language to str
        What is wrong, and what to do.
    since : str or None
        The first day (YYYY-MM-DD) of it.
    value, usual, limit : float or None
        The number, what it usually is, and what it may be.
    """

    severity: Severity
    subject: str
    where: str
    said: Said
    todo: Said
    since: str | None = None
    value: float | None = None
    usual: float | None = None
    limit: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Give it as it stands in ``reports/monitor.json``."""
        return asdict(self) | {"said": dict(self.said), "todo": dict(self.todo)}


@dataclass(frozen=True)
class Series:
    """A number over time, oldest first, for a chart."""

    name: str
    measure: str
    points: tuple[tuple[str, float], ...]
    limit: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Give it as it stands in ``reports/monitor.json``."""
        points = [{"at": at, "value": value} for at, value in self.points]
        return {"name": self.name, "measure": self.measure, "limit": self.limit, "points": points}


@dataclass(frozen=True)
class Looked:
    """What one check found.

    Attributes
    ----------
    findings : tuple of Finding
        Empty: nothing moved.
    compared : int
        How many numbers were compared with what is usual.
    reason : mapping of language to str, or None
        Why nothing could be compared.
    by_chance : float or None
        How many of the comparisons passed the limits at each earlier moment, on average; None if not known.
    series : tuple of Series
        For charts.
    """

    findings: tuple[Finding, ...] = ()
    compared: int = 0
    reason: Said | None = None
    by_chance: float | None = None
    series: tuple[Series, ...] = ()


@dataclass(frozen=True)
class Check:
    """One thing that is looked at; a file in this folder defines ``CHECK``.

    Attributes
    ----------
    title : mapping of language to str
        What it is called.
    stage : str
        One of `STAGES`.
    look : callable
        From the evidence to what was found.
    """

    title: Said
    stage: Literal["raw", "log", "features", "scores"]
    look: Callable[[Evidence], Looked]


def said(en: str, nl: str) -> Said:
    """Say something in both languages."""
    return {"en": en, "nl": nl}
