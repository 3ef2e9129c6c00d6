"""How long each source has been silent, against its longest silence so far; and the log against today."""

from __future__ import annotations

import numpy as np

from features.contract import DAY_US
from features.cutoffs import day_of
from models.monitoring.checks._check import Check, Finding, Looked, said
from models.monitoring.evidence import Evidence

#: A silence of fewer days is no news; fewer days with events say nothing about what is usual.
LEAST_DAYS, LEAST_PAST = 2, 5
_TODO = said(
    "look whether the export of this source still runs, and whether its newest files were fetched",
    "kijk of de export van deze bron nog loopt en of de nieuwste bestanden zijn opgehaald",
)


def look(evidence: Evidence) -> Looked:
    """Compare the silence of each source up to the end of the log, and of the log up to today, with the usual."""
    end = int(evidence.meta["complete_until_us"]) // DAY_US
    findings, compared = [], 0
    for source, days in sorted(evidence.log.days.items()):
        past = days[days < end]
        if len(past) < LEAST_PAST:
            continue
        compared += 1
        silent = int(end - 1 - past[-1])
        usual = int(np.diff(past).max()) - 1
        limit = max(LEAST_DAYS, evidence.settings.silence * usual)
        if silent > limit:
            findings.append(_silent(source, int(past[-1]) + 1, silent, usual, limit))
    today = evidence.today_us // DAY_US
    limit = max(LEAST_DAYS, evidence.settings.silence * _step(evidence))
    compared += 1
    if today - end > limit:
        findings.append(_old(evidence.plan.source, end, int(today - end), limit))
    return Looked(tuple(findings), compared, by_chance=0.0)


def _step(evidence: Evidence) -> float:
    """Days between two of the newest moments of scoring: how often new data may be expected."""
    moments = np.diff(np.array(evidence.cutoffs_us[-2:])) / DAY_US
    return float(moments[0]) if len(moments) else 0.0


def _silent(source: str, since: int, silent: int, usual: int, limit: float) -> Finding:
    day = day_of(since * DAY_US).isoformat()
    return Finding(
        "alarm", source, "log",
        said(
            f"{source}: no event since {day} ({silent} days); its longest silence so far was {usual}",
            f"{source}: geen gebeurtenis sinds {day} ({silent} dagen); de langste stilte was tot nu toe {usual}",
        ),
        _TODO, since=day, value=float(silent), usual=float(usual), limit=limit,
    )  # fmt: skip


def _old(source: str, end: int, days: int, limit: float) -> Finding:
    day = day_of(end * DAY_US).isoformat()
    return Finding(
        "alarm", source, "log",
        said(
            f"the log ends on {day}, {days} days before today; new data is expected every {limit:.0f} days at most",
            f"het log eindigt op {day}, {days} dagen voor vandaag; nieuwe gegevens horen er uiterlijk om de "
            f"{limit:.0f} dagen te zijn",
        ),
        said(
            "fetch new data and run the pipeline: dvc repro",
            "haal nieuwe gegevens op en draai de pijplijn: dvc repro",
        ),
        since=day, value=float(days), limit=limit,
    )  # fmt: skip


CHECK = Check(said("Freshness", "Versheid"), "log", look)
