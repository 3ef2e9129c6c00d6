"""Columns, types and the way values are written in the raw files, against how they were when all was well."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from models.monitoring.checks._check import Check, Finding, Looked, said
from models.monitoring.evidence import Evidence

FIRST_RUN = said(
    "nothing remembered yet: this run keeps how the raw files are written, the next one compares",
    "nog niets onthouden: deze keer wordt bewaard hoe de bronbestanden eruitzien, de volgende keer wordt vergeleken",
)
_TODO = said(
    "ask who makes the export; if the change is meant, map it in conf/sources, then run `klantreis monitor --accept`",
    "vraag na wie de export maakt; is het zo bedoeld, leg het vast in conf/sources en draai `klantreis "
    "monitor --accept`",
)
#: A share of empty values that rises by so much is a column that was emptied.
EMPTIED = 0.5


def look(evidence: Evidence) -> Looked:
    """Compare every raw table with what was remembered of it."""
    if evidence.refused:
        told = Finding(
            "alarm", evidence.plan.source, "raw files",
            said(
                f"the raw files cannot be read: {evidence.refused}",
                f"de bronbestanden zijn niet te lezen: {evidence.refused}",
            ),
            _TODO,
        )  # fmt: skip
        return Looked((told,), 1)
    before = evidence.remembered.get("raw")
    if not before:
        return Looked(reason=FIRST_RUN)
    findings = tuple(_tables(before, evidence.raw))
    compared = sum(len(table["columns"]) for table in before.values())
    return Looked(findings, compared, by_chance=0.0)


def _tables(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Finding]:
    for key in sorted({*before, *now}):
        if key not in now:
            yield _found(
                "alarm", key, before[key]["file"], "the raw table has vanished", "de brontabel is verdwenen"
            )
        elif key not in before:
            yield _found("note", key, now[key]["file"], "a new raw table", "een nieuwe brontabel")
        else:
            yield from _columns(key, before[key], now[key])


def _columns(key: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Finding]:
    if not now["rows"]:
        yield _found(
            "note", key, now["file"], "the newest file has no rows", "het nieuwste bestand heeft geen rijen"
        )
        return
    file, was, has = now["file"], before["columns"], now["columns"]
    for name in sorted({*was, *has}):
        if name not in has:
            yield _found(
                "alarm",
                f"{key}: {name}",
                file,
                f"column {name!r} has vanished",
                f"kolom {name!r} is verdwenen",
            )
        elif name not in was:
            yield _found("note", f"{key}: {name}", file, f"new column {name!r}", f"nieuwe kolom {name!r}")
        else:
            yield from _column(f"{key}: {name}", file, name, was[name], has[name])


def _column(
    subject: str, file: str, name: str, was: Mapping[str, Any], has: Mapping[str, Any]
) -> Iterator[Finding]:
    if was["type"] != has["type"] and "null" not in (was["type"], has["type"]):
        yield _found(
            "alarm", subject, file, f"column {name!r} changed from type {was['type']} to {has['type']}",
            f"kolom {name!r} is van type {was['type']} in {has['type']} veranderd",
        )  # fmt: skip
    if has["empty"] - was["empty"] >= EMPTIED:
        yield _found(
            "alarm", subject, file,
            f"column {name!r} is {has['empty']:.0%} empty in the newest rows, it was {was['empty']:.0%}",
            f"kolom {name!r} is in de nieuwste rijen voor {has['empty']:.0%} leeg, dat was {was['empty']:.0%}",
        )  # fmt: skip
    elif was["shape"] and has["shape"] and _short(was["shape"]) != _short(has["shape"]):
        yield _found(
            "alarm", subject, file,
            f"values of {name!r} are written as {has['shape']} now, they were {was['shape']} (9: a digit, A: letters)",
            f"waarden van {name!r} zien er nu uit als {has['shape']}, dat was {was['shape']} (9: cijfer, A: letters)",
        )  # fmt: skip


def _short(shape: str) -> str:
    """Forget how many digits: numbers and ids grow."""
    return re.sub("9+", "9", shape)


def _found(severity: Any, subject: str, file: str, en: str, nl: str) -> Finding:
    return Finding(severity, subject, file, said(f"{file}: {en}", f"{file}: {nl}"), _TODO)


CHECK = Check(said("Raw files", "Bronbestanden"), "raw", look)
