"""Words in columns of the raw files that hold a few words only: new ones, and ones that are gone."""

from __future__ import annotations

from models.monitoring.checks._check import Check, Finding, Looked, said
from models.monitoring.checks.schema import FIRST_RUN
from models.monitoring.evidence import Evidence

#: A word is gone if it made up so many of the newest rows before, and none now.
MANY = 50


def look(evidence: Evidence) -> Looked:
    """Compare the words of each such column with those remembered."""
    before = evidence.remembered.get("raw")
    if not before or not evidence.raw:
        return Looked(reason=FIRST_RUN)
    findings, compared = [], 0
    for key in sorted({*before} & {*evidence.raw}):
        table = evidence.raw[key]
        for name, was in before[key]["columns"].items():
            has = table["columns"].get(name)
            if not was["words"] or not has or not has["words"]:
                continue
            compared += 1
            new = sorted({*has["words"]} - {*was["words"]})
            gone = sorted(
                word for word, times in was["words"].items() if times >= MANY and word not in has["words"]
            )
            if new or gone:
                findings.append(_found(key, table["file"], name, new, gone))
    return Looked(tuple(findings), compared, by_chance=0.0)


def _found(key: str, file: str, name: str, new: list[str], gone: list[str]) -> Finding:
    en = [f"new: {', '.join(new)}"] * bool(new) + [f"gone: {', '.join(gone)}"] * bool(gone)
    nl = [f"nieuw: {', '.join(new)}"] * bool(new) + [f"verdwenen: {', '.join(gone)}"] * bool(gone)
    renamed = bool(new and gone)
    return Finding(
        "alarm" if renamed else "note", f"{key}: {name}", file,
        said(
            f"{file}: words in column {name!r}: {'; '.join(en)}" + (" (renamed?)" if renamed else ""),
            f"{file}: woorden in kolom {name!r}: {'; '.join(nl)}" + (" (hernoemd?)" if renamed else ""),
        ),
        said(
            "a word that the source file does not map becomes `other`: map it in conf/sources, then "
            "`klantreis monitor --accept`",
            "een woord zonder vertaling wordt `other`: leg het vast in conf/sources en draai `klantreis "
            "monitor --accept`",
        ),
    )  # fmt: skip


CHECK = Check(said("Words in the raw files", "Woorden in de bronbestanden"), "raw", look)
