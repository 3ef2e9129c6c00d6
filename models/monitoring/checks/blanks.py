"""Columns of the canonical log that a source fills less, or more, than it used to."""

from __future__ import annotations

import numpy as np

from models.monitoring.checks._blocks import REFERENCE, TOO_SHORT, blocks, first_day
from models.monitoring.checks._check import Check, Finding, Looked, said
from models.monitoring.evidence import Evidence
from models.monitoring.usual import LEAST_PAST, share, walk
from models.monitoring.weekly import FILLED

LEAST_EVENTS = 50


def look(evidence: Evidence) -> Looked:
    """Walk over the weeks of every source, kind of event and column."""
    log = evidence.log
    if len(log) <= LEAST_PAST + 1:
        return Looked(reason=TOO_SHORT)
    findings, compared, by_chance = [], 0, 0.0
    for column in FILLED:
        frame = log.counts.assign(blank=log.counts["n"] - log.counts[f"{column}_n"])
        keys, counts = log.table(frame, ["source", "kind"], ["blank", f"{column}_n"])
        walked = walk(
            blocks(counts, 1), share, reference=REFERENCE, limit=evidence.settings.rate,
            beyond=evidence.settings.beyond, min_rows=LEAST_EVENTS,
        )  # fmt: skip
        compared += walked.compared
        by_chance += walked.by_chance() or 0.0
        for place in np.flatnonzero(walked.out[:, -1]):
            calm = counts[place, : int(walked.since()[place])][-REFERENCE:].sum(axis=0)
            now = float(counts[place, -1, 0] / counts[place, -1].sum())
            usual = float(calm[0] / max(calm.sum(), 1))
            findings.append(
                _found(keys[place], column, now, usual, first_day(evidence, walked, int(place), 1))
            )
    return Looked(tuple(findings), compared, by_chance=by_chance)


def _found(key: tuple[str, ...], column: str, now: float, usual: float, since: str) -> Finding:
    what = f"{key[0]}, {key[1]}"
    return Finding(
        "alarm", key[0], f"{key[1]}: {column}",
        said(
            f"{what}: {column} is empty in {now:.0%} of the events since {since}, usual is {usual:.0%}",
            f"{what}: {column} is leeg in {now:.0%} van de gebeurtenissen sinds {since}, gewoon is {usual:.0%}",
        ),
        said(
            "look whether the export still fills this column, and under which name",
            "kijk of de export deze kolom nog vult, en onder welke naam",
        ),
        since=since, value=now, usual=usual,
    )  # fmt: skip


CHECK = Check(said("Empty columns of the log", "Lege kolommen in het log"), "log", look)
