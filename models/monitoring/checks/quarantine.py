"""Rows that could not be read, per raw table and reason, among the rows that came since all was well."""

from __future__ import annotations

from models.monitoring.checks._check import Check, Finding, Looked, said
from models.monitoring.checks.schema import FIRST_RUN
from models.monitoring.evidence import Evidence
from models.monitoring.memory import quarantine

#: Fewer new rows say nothing about a share.
LEAST_ROWS = 50


def look(evidence: Evidence) -> Looked:
    """Compare the share of quarantined rows among the new rows with the share before."""
    now, before = quarantine(evidence), evidence.remembered.get("quarantine")
    if before is None:
        return Looked(reason=FIRST_RUN)
    findings, compared = [], 0
    for key, table in sorted(now.items()):
        was = before.get(key, {"rows": 0, "quarantined": 0, "reasons": {}})
        # An export that was cut to its newest part is looked at whole.
        fresh = table["rows"] >= was["rows"]
        rows = table["rows"] - was["rows"] * fresh
        if rows < LEAST_ROWS:
            continue
        for reason, number in sorted(table["reasons"].items()):
            compared += 1
            more = number - was["reasons"].get(reason, 0) * fresh
            usual = was["reasons"].get(reason, 0) / max(was["rows"], 1)
            limit = max(usual * 2, usual + evidence.settings.quarantined)
            if more / rows > limit:
                findings.append(_found(key, reason, more, rows, usual, limit))
    return Looked(tuple(findings), compared, by_chance=0.0)


def _found(key: str, reason: str, more: int, rows: int, usual: float, limit: float) -> Finding:
    return Finding(
        "alarm", key, reason,
        said(
            f"{key}: {more} of {rows} new rows are in quarantine ({more / rows:.1%}, usual {usual:.1%}): {reason}",
            f"{key}: {more} van {rows} nieuwe rijen in quarantaine ({more / rows:.1%}, gewoon {usual:.1%}): {reason}",
        ),
        said(
            "look at data/canonical/quarantine.parquet: each row stands there whole, with its file and row number",
            "kijk in data/canonical/quarantine.parquet: elke rij staat er heel in, met bestand en rijnummer",
        ),
        value=more / rows, usual=usual, limit=limit,
    )  # fmt: skip


CHECK = Check(said("Rows in quarantine", "Rijen in quarantaine"), "raw", look)
