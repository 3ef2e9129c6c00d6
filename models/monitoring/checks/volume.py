"""How many events a week each source, kind of event and channel brings, against its own past."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.monitoring.checks._blocks import (
    LEAST_EVENTS,
    REFERENCE,
    TOO_SHORT,
    blocks,
    first_day,
    period,
    sizes,
)
from models.monitoring.checks._check import Check, Finding, Looked, Series, said
from models.monitoring.evidence import Evidence
from models.monitoring.usual import LEAST_PAST, Floats, log_ratio, walk

#: From the whole to its parts: a part is told only if its whole is not.
LEVELS = (("source",), ("source", "kind"), ("source", "channel"))


def look(evidence: Evidence) -> Looked:
    """Walk over the weeks of every series."""
    log = evidence.log
    if len(log) <= LEAST_PAST + 1:
        return Looked(reason=TOO_SHORT)
    findings: list[Finding] = []
    series: list[Series] = []
    compared, by_chance, told = 0, 0.0, set[tuple[str, bool]]()
    for level in LEVELS:
        keys, counts = log.table(log.counts, level, ["n"])
        if level == ("source",):
            series = _series(evidence, keys, counts)
        chosen = np.array(sizes(counts), dtype=np.int64)
        for size in sorted({*chosen.tolist()} - {0}):
            places = np.flatnonzero(chosen == size)
            rows = blocks(counts[places], size)
            limit = -float(np.log1p(-evidence.settings.volume))
            walked = walk(
                rows, log_ratio, reference=REFERENCE, limit=limit, beyond=evidence.settings.beyond,
                min_rows=LEAST_EVENTS, both=False,
            )  # fmt: skip
            compared += walked.compared
            by_chance += walked.by_chance() or 0.0
            for place in np.flatnonzero(walked.out[:, -1]):
                key, now = keys[places[place]], float(rows[place, -1, 0])
                calm = rows[place, : int(walked.since()[place]), 0]
                usual = float(np.median(calm[-REFERENCE:])) if len(calm) else 0.0
                if (key[0], now < usual) in told:
                    continue
                findings.append(_found(key, now, usual, first_day(evidence, walked, int(place), size), size))
        told |= {(one.subject, (one.value or 0) < (one.usual or 0)) for one in findings if one.where == "log"}
    return Looked(tuple(findings), compared, by_chance=by_chance, series=tuple(series))


def _series(evidence: Evidence, keys: Sequence[tuple[str, ...]], counts: Floats) -> list[Series]:
    days = [str(np.datetime64(int(start), "us").astype("datetime64[D]")) for start in evidence.log.starts_us]
    return [
        Series(key[0], "events", tuple(zip(days, counts[place, :, 0].tolist(), strict=True)))
        for place, key in enumerate(keys)
    ]


def _found(key: tuple[str, ...], now: float, usual: float, since: str, size: int) -> Finding:
    part = key[1] if len(key) > 1 else ""
    what = f"{key[0]}{', ' * bool(part)}{part}"
    each = period(size)
    stopped = now == 0
    en = "no events" if stopped else f"{now:,.0f} events"
    nl = "geen gebeurtenissen" if stopped else f"{now:,.0f} gebeurtenissen"
    return Finding(
        "alarm", key[0], part or "log",
        said(
            f"{what}: {en} {each['en']} since {since}, usual is {usual:,.0f}",
            f"{what}: {nl} {each['nl']} sinds {since}, gewoon is {usual:,.0f}",
        ),
        said(
            "look whether the export is whole, and whether a word in it (kind, channel) was renamed",
            "kijk of de export heel is, en of er een woord in is hernoemd (soort, kanaal)",
        ),
        since=since, value=now, usual=usual,
    )  # fmt: skip


CHECK = Check(said("Events per week", "Gebeurtenissen per week"), "log", look)
