"""Monitoring on the page: what ``klantreis monitor`` and ``klantreis mature`` found, when they have been run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.reporting.words import Words

Found = Mapping[str, Any]
#: Width and height of a small line, in pixels.
LINE = (150.0, 34.0)
#: Lines and results shown; the files hold all.
MOST_LINES, MOST_FILES = 8, 3


def monitor_section(monitor: Found, mature: Found, words: Words) -> dict[str, Any]:
    """Give everything the part on monitoring shows; empty when neither command has been run.

    Parameters
    ----------
    monitor : mapping
        The content of ``reports/monitor.json``, or nothing.
    mature : mapping
        The content of ``reports/mature.json``, or nothing.
    words : Words
        Texts and numbers.

    Returns
    -------
    dict
        ``state``, ``said``, ``checks`` (with ``findings`` and ``lines``) and ``files`` (scores that have matured).
    """
    if not monitor and not mature:
        return {}
    states = [str(one.get("state", "unknown")) for one in (monitor, mature) if one]
    # What has not matured yet says nothing: the other of the two speaks then.
    worst = next((state for state in ("attention", "fine") if state in states), "unknown")
    return {
        "state": worst,
        "said": _said(monitor, words) if monitor else "",
        "alarms": int(monitor.get("alarms") or 0) if monitor else 0,
        "checks": [_check(one, words) for one in monitor.get("checks", [])],
        "files": [_file(one, words) for one in mature.get("files", [])[:MOST_FILES]],
    }


def _said(monitor: Found, words: Words) -> str:
    text = words(
        "monitor_said", day=words.date(monitor["as_of"]), compared=words.number(monitor.get("compared")),
        alarms=words.number(monitor.get("alarms")), notes=words.number(monitor.get("notes")),
    )  # fmt: skip
    chance = monitor.get("by_chance")
    return text if chance is None else f"{text} {words('monitor_chance', n=words.number(chance, 1))}"


def _told(text: Found | None, words: Words) -> str:
    return str((text or {}).get(words.language) or "")


def _check(one: Found, words: Words) -> dict[str, Any]:
    return {
        "title": _told(one.get("title"), words) or str(one["name"]),
        "state": str(one.get("state", "not_judged")),
        "reason": _told(one.get("reason"), words),
        "compared": words.number(one.get("compared")),
        "findings": [_finding(each, words) for each in one.get("findings", [])],
        "lines": [
            line for each in one.get("series", [])[:MOST_LINES] if (line := _line(each, words)) is not None
        ],
    }


def _finding(one: Found, words: Words) -> dict[str, str]:
    severity = str(one.get("severity", "note"))
    return {
        "severity": severity,
        "word": words.known(f"monitor_{severity}", severity),
        "said": _told(one.get("said"), words),
        "todo": _told(one.get("todo"), words),
    }


def _line(one: Found, words: Words) -> dict[str, str] | None:
    """Give a small line as points of a polygon: time to the right, the limit dashed."""
    points = [
        (str(each["at"]), float(each["value"])) for each in one.get("points", []) if each["value"] is not None
    ]
    if len(points) < 2:
        return None
    values, limit = [value for _, value in points], one.get("limit")
    low = min([0.0, *values])
    spread = (max([*values, *([limit] if limit is not None else [])]) - low) or 1.0
    width, height = LINE

    def down(value: float) -> float:
        return height - 3 - (height - 6) * (value - low) / spread

    path = " ".join(
        f"{3 + (width - 6) * place / (len(values) - 1):.1f},{down(value):.1f}"
        for place, value in enumerate(values)
    )
    label = words.phase(str(one["name"]))
    last = words.number(values[-1], 3 if max(map(abs, values)) < 10 else 0)
    return {
        "label": label,
        "measure": words.known(f"monitor_measure_{one['measure']}", str(one["measure"])),
        "path": path,
        "limit": f"{down(float(limit)):.1f}" if limit is not None else "",
        "last": last,
        "alt": words(
            "monitor_line_alt", name=label, first=words.date(points[0][0]), last=words.date(points[-1][0]), value=last
        ),
    }  # fmt: skip


def _file(one: Found, words: Words) -> dict[str, Any]:
    waiting = [
        words(
            "mature_waiting", score=words.known(f"target_{each['target']}", str(each["score"])),
            days=words.number(each["days"]), day=words.date(each["from"]),
        )
        for each in one.get("waiting", [])
    ]  # fmt: skip
    return {
        "label": words("mature_file", day=words.date(one["as_of"]), n=words.number(one.get("rows"))),
        "refused": _told(one.get("refused"), words),
        "rows": [_result(each, words) for each in one.get("results", []) if each.get("phase") == "all"],
        "more": [_result(each, words) for each in one.get("results", []) if each.get("phase") != "all"],
        "waiting": waiting,
        "control": [_control(each, words) for each in one.get("control", [])],
        "findings": [_finding(each, words) for each in one.get("findings", [])],
    }


def _result(one: Found, words: Words) -> dict[str, Any]:
    lift, auc = one.get("lift10") or {}, one.get("roc_auc") or {}
    gap = {side: None if (value := (one.get("gap") or {}).get(side)) is None else 100 * value
           for side in ("value", "low", "high")}  # fmt: skip
    return {
        "label": words.known(f"target_{one['target']}", str(one["score"])),
        "about": words("mature_about", phase=words.phase(one["phase"]), days=words.number(one["days"])),
        "full": bool(one.get("full")),
        "n": words.number(one.get("n")),
        "rate": words.percent(one.get("rate"), 1),
        "expected": words.percent(one.get("expected"), 1),
        "cells": [
            _cell(lift, 2, words),
            _cell(auc, 3, words),
            _cell(gap, 1, words, signed=True),
        ],
    }


def _cell(found: Found, digits: int, words: Words, signed: bool = False) -> dict[str, str]:
    return {
        "value": words.number(found.get("value"), digits, signed),
        "interval": words.interval(dict(found), digits, signed),
    }


def _control(one: Found, words: Words) -> str:
    found = one.get("difference") or {}
    ends = {side: None if found.get(side) is None else 100 * found[side] for side in ("low", "high")}
    value = found.get("value")
    return words(
        "mature_control", phase=words.phase(one["phase"]), days=words.number(one["days"]),
        rest=words.percent(one.get("rate_rest"), 1), control=words.percent(one.get("rate_control"), 1),
        difference=words.number(None if value is None else 100 * value, 1, signed=True),
        interval=words.interval(ends, 1, signed=True), n=words.number(one.get("n_control")),
    )  # fmt: skip
