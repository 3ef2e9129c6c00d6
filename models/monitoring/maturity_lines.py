"""Matured scores in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from models.base_rate_drift import ALL
from models.monitoring.watch import finding_lines

_WORDS = {
    "en": {
        "fine": "fine", "attention": "attention needed", "unknown": "nothing has matured yet", "log": "the log reaches",
        "refused": "refused", "lift": "lift of the top 10 %", "rate": "happened", "expected": "expected", "off": "OFF",
        "right": "calibrated", "wait": "not matured yet: {score} over {windows}",
        "never": "cannot be judged: a day of {score} over {days} days is missing from the log",
        "window": "{days} days (until {day})",
        "control": "orders in {days} days: {rest:.2%} of {n_rest}, control {kept:.2%} of {n_control}: "
        "{diff:+.2%} ({low:+.2%} to {high:+.2%})",
    },
    "nl": {
        "fine": "in orde", "attention": "aandacht nodig", "unknown": "nog niets is rijp", "log": "het log reikt tot",
        "refused": "geweigerd", "lift": "lift van de top 10 %", "rate": "gebeurde",
        "expected": "verwacht", "off": "ERNAAST",
        "right": "gekalibreerd", "wait": "nog niet rijp: {score} over {windows}",
        "never": "niet te beoordelen: in {score} over {days} dagen ontbreekt een dag in het log",
        "window": "{days} dagen (tot {day})",
        "control": "bestellingen in {days} dagen: {rest:.2%} van {n_rest}, controle {kept:.2%} van "
        "{n_control}: {diff:+.2%} ({low:+.2%} tot {high:+.2%})",
    },
}  # fmt: skip


def lines(found: Mapping[str, Any], language: str) -> list[str]:
    """Say in words how old scores did."""
    words = _WORDS[language]
    told = [f"{found['source']}: {words[found['state']]} ({words['log']} {found['known_until']})"]
    for file in found["files"]:
        told.append(f"  {file['file']} ({file['as_of']}, {file['known']} / {file['rows']})")
        if file["refused"]:
            told.append(f"    {words['refused']}: {file['refused'][language]}")
        told += [f"    {line}" for line in _of_file(file, words)]
        told += finding_lines(file["findings"], language)
    return told


def _of_file(file: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    for one in file["results"]:
        if one["phase"] != ALL:
            continue
        lift = one["lift10"]
        shown = "-" if lift["value"] is None else f"{lift['value']:.2f}"
        if lift["low"] is not None:
            shown += f" ({lift['low']:.2f}-{lift['high']:.2f})"
        said = f"{one['score']:<13} +{one['weeks']:g}w  {words['lift']} {shown:<18} {words['rate']} {one['rate']:.1%}"
        if one["expected"] is not None:
            said += f", {words['expected']} {one['expected']:.1%}: {words['right' if one['calibrated'] else 'off']}"
        yield f"{said}  n={one['n']}"
    soon: dict[str, list[str]] = {}
    for one in file["waiting"]:
        if one["from"]:
            soon.setdefault(one["score"], []).append(
                words["window"].format(days=one["days"], day=one["from"])
            )
        else:
            yield words["never"].format(score=one["score"], days=one["days"])
    for score, windows in soon.items():
        yield words["wait"].format(score=score, windows=", ".join(windows))
    for one in file["control"]:
        gap = one["difference"]
        yield words["control"].format(
            days=one["days"], rest=one["rate_rest"], n_rest=one["n_rest"], kept=one["rate_control"],
            n_control=one["n_control"], diff=gap["value"], low=gap["low"], high=gap["high"],
        )  # fmt: skip
