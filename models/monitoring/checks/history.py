"""The past itself: events and money up to the moment that was remembered. An export that rewrites them is told."""

from __future__ import annotations

from features.cutoffs import day_of
from models.monitoring.checks._check import Check, Finding, Looked, said
from models.monitoring.checks.schema import FIRST_RUN
from models.monitoring.evidence import Evidence
from models.monitoring.memory import history

#: Late events fill up the last days: so large a share more or less is no rewriting.
TOLERANCE = 0.05
LEAST_EVENTS = 50


def look(evidence: Evidence) -> Looked:
    """Compare the totals of the remembered past with the same past now."""
    before = evidence.remembered.get("history")
    if not before:
        return Looked(reason=FIRST_RUN)
    now, findings, compared = history(evidence, before["until_us"])["totals"], [], 0
    day = day_of(before["until_us"]).isoformat()
    for key, was in sorted(before["totals"].items()):
        has = now.get(key, {"events": 0, "money": 0.0})
        if was["events"] < LEAST_EVENTS:
            continue
        for name, word in (("events", "gebeurtenissen"), ("money", "geld")):
            if not was[name]:
                continue
            compared += 1
            ratio = has[name] / was[name]
            if abs(ratio - 1) > TOLERANCE:
                findings.append(
                    Finding(
                        "alarm", key, f"before {day}",
                        said(
                            f"{key}: {name} before {day} changed from {was[name]:,.0f} to {has[name]:,.0f} (x "
                            f"{ratio:.3g})",
                            f"{key}: {word} van voor {day} ging van {was[name]:,.0f} naar {has[name]:,.0f} (x "
                            f"{ratio:.3g})",
                        ),
                        said(
                            "the past was exported anew in another way (unit, filter, duplicates?); train "
                            "again if it is meant",
                            "het verleden is anders geexporteerd (eenheid, filter, dubbelen?); train opnieuw "
                            "als dat klopt",
                        ),
                        value=has[name], usual=was[name], limit=TOLERANCE,
                    )
                )  # fmt: skip
    return Looked(tuple(findings), compared, by_chance=0.0)


CHECK = Check(said("The past", "Het verleden"), "log", look)
