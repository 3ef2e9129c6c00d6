"""What a run of ``monitor`` keeps for the next one, in ``data/monitor``: how things were when all was well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.monitoring.evidence import Evidence

#: Rises when what is kept changes: an older memory is then no memory.
VERSION = 1


def memorable(evidence: Evidence) -> dict[str, Any]:
    """Give what later runs compare with: raw schema, quarantine and totals of the log; no row, no id, no value.

    Returns
    -------
    dict
        ``version``, ``source``, ``raw`` (as `raw_files.raw_schema`), ``quarantine`` (file table to rows and reasons)
        and ``history`` (per source and kind the number of events and the sum of money up to ``until_us``).
    """
    return {
        "version": VERSION,
        "source": evidence.plan.source,
        "raw": dict(evidence.raw),
        "quarantine": quarantine(evidence),
        "history": history(evidence, int(evidence.meta["complete_until_us"])),
    }


def fitting(remembered: Mapping[str, Any], source: str) -> Mapping[str, Any]:
    """Give a memory if it is of this source and this version, else an empty one.

    Examples
    --------
    >>> fitting({"version": VERSION, "source": "shop"}, "other")
    {}
    """
    fits = remembered.get("version") == VERSION and remembered.get("source") == source
    return remembered if fits else {}


def quarantine(evidence: Evidence) -> dict[str, dict[str, Any]]:
    """Count the rows of each raw table: ``rows``, ``quarantined`` and the ``reasons``."""
    import duckdb

    found: dict[str, dict[str, Any]] = {}
    table_of: dict[str, str] = {}
    for one in evidence.meta["counts"]["files"]:
        key = f"{one.get('part', evidence.plan.source)}/{one['table']}"
        table_of[one["file"]] = key
        entry = found.setdefault(key, {"rows": 0, "quarantined": 0, "reasons": {}})
        entry["rows"] += one["rows_in"]
        entry["quarantined"] += one["quarantined"]
    path = evidence.places.canonical / "quarantine.parquet"
    if path.is_file():
        quoted = str(path).replace("'", "''")
        with duckdb.connect(config={"threads": 1}) as database:
            rows = database.sql(
                f"SELECT file, reason, count(*) FROM read_parquet('{quoted}') GROUP BY ALL ORDER BY ALL"
            ).fetchall()
        for file, reason, number in rows:
            reasons = found.get(table_of.get(file, ""), {"reasons": {}})["reasons"]
            reasons[reason] = reasons.get(reason, 0) + int(number)
    return found


def history(evidence: Evidence, until_us: int) -> dict[str, Any]:
    """Sum the log up to a moment, per source and kind: whoever rewrites the past changes these."""
    import duckdb

    quoted = str(evidence.places.canonical / "events.parquet").replace("'", "''")
    with duckdb.connect(config={"threads": 1}) as database:
        rows = database.sql(
            "SELECT source, kind, count(*), coalesce(sum(round(100 * value)::HUGEINT), 0)::DOUBLE FROM "
            f"read_parquet('{quoted}') WHERE until_us IS NULL AND occurred_us < {int(until_us)} GROUP BY ALL "
            "ORDER BY ALL"
        ).fetchall()
    totals: dict[str, Any] = {
        f"{source}/{kind}": {"events": int(number), "money": float(cents) / 100}
        for source, kind, number, cents in rows
    }
    return {"until_us": int(until_us), "totals": totals}
