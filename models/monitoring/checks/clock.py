"""The hours of the day at which events happen: a moved time zone moves all of them by whole hours."""

from __future__ import annotations

import numpy as np

from models.monitoring.checks._blocks import REFERENCE, TOO_SHORT, blocks, first_day
from models.monitoring.checks._check import Check, Finding, Looked, said
from models.monitoring.evidence import Evidence
from models.monitoring.usual import LEAST_PAST, Floats, psi, walk

HOURS = 24
#: Two weeks to a block: sources that speak every other week are steady then.
SIZE = 2
LEAST_EVENTS = 200
#: A clock was moved if moving it back takes away so much of the difference.
EXPLAINED = 0.5
#: Summer time moves the clock of a source in local time by one hour; that is no fault.
LEAST_HOURS = 2


def look(evidence: Evidence) -> Looked:
    """Walk over blocks of two weeks of every source; what no other hour explains is no matter of the clock."""
    log = evidence.log
    if len(log) // SIZE <= LEAST_PAST + 1:
        return Looked(reason=TOO_SHORT)
    keys, counts = log.table(log.hours, ["source"], ["n"], across="hour", size=HOURS)
    rows = blocks(counts, SIZE)
    walked = walk(
        rows, psi, reference=REFERENCE // SIZE, limit=evidence.settings.psi, beyond=evidence.settings.beyond,
        min_rows=LEAST_EVENTS,
    )  # fmt: skip
    findings = []
    for place in np.flatnonzero(walked.out[:, -1]):
        calm = rows[place, : int(walked.since()[place])][-REFERENCE // SIZE :].sum(axis=0)
        hours = _moved(rows[place, -1], calm)
        if hours:
            since = first_day(evidence, walked, int(place), SIZE)
            findings.append(_found(keys[place][0], hours, float(walked.moved[place, -1]), since))
    return Looked(tuple(findings), walked.compared, by_chance=0.0)


def _moved(now: Floats, before: Floats) -> int:
    """Give by how many hours the clock was moved; 0: no such hours explain the difference."""
    hours = [*range(LEAST_HOURS, HOURS // 2 + 1), *range(-HOURS // 2 + 1, 1 - LEAST_HOURS)]
    apart = [float(psi(np.roll(now, -hour), before)) for hour in hours]
    best = int(np.argmin(apart))
    nearer = min(float(psi(np.roll(now, -hour), before)) for hour in (-1, 0, 1))
    return hours[best] if apart[best] < EXPLAINED * nearer else 0


def _found(source: str, hours: int, moved: float, since: str) -> Finding:
    return Finding(
        "alarm", source, "occurred",
        said(
            f"{source}: events happen {abs(hours)} hours {'later' if hours > 0 else 'earlier'} in the day "
            f"since {since}",
            f"{source}: gebeurtenissen vallen {abs(hours)} uur {'later' if hours > 0 else 'vroeger'} op de "
            f"dag sinds {since}",
        ),
        said(
            "look at the time zone of the export, and at time_zone in conf/sources",
            "kijk naar de tijdzone van de export en naar time_zone in conf/sources",
        ),
        since=since, value=float(hours), usual=0.0, limit=moved,
    )  # fmt: skip


CHECK = Check(said("The clock", "De klok"), "log", look)
