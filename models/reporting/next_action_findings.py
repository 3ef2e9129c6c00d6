"""Segments where an action works differently, and who receives what, as tables for the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.actions.effect_cells import MIN_CUSTOMERS, MIN_EVENTS, MIN_ROWS
from models.actions.segment_effects import DISCOVERY, MONEY
from models.reporting.tournament_view import action
from models.reporting.words import Words

Found = Mapping[str, Any]
#: Rows shown; the file holds all.
MOST_SEGMENTS = 12


def segment_table(found: Found | None, currency: str, words: Words) -> dict[str, Any]:
    """Give the segments that differ from the rest after correction.

    Parameters
    ----------
    found : mapping or None
        `models.actions.segment_effects.effects_summary`; None: not computed.
    currency : str
    words : Words

    Returns
    -------
    dict
        ``text``, ``rows`` and ``notes``.
    """
    if not found:
        return {"text": words("nba_segments_unread"), "rows": [], "notes": []}
    text = words(
        "nba_segments_text",
        tested=words.number(found["tested"]),
        small=words.number(found["too_small"]),
        rows=MIN_ROWS,
        customers=MIN_CUSTOMERS,
        events=MIN_EVENTS,
        discovery=words.percent(found.get("discovery", DISCOVERY)),
    )
    rows = [_segment_row(one, currency, words) for one in found["different"]]
    notes = [] if rows else [words("nba_segments_none")]
    if len(rows) > MOST_SEGMENTS:
        notes.append(words("nba_segments_more", n=words.number(len(rows) - MOST_SEGMENTS)))
    if found["found"]:
        notes.append(words("nba_segments_found", n=words.number(len(found["found"]))))
    return {"text": text, "rows": rows[:MOST_SEGMENTS], "notes": notes}


def _segment_row(one: Found, currency: str, words: Words) -> dict[str, Any]:
    money = one["measure"] == MONEY
    scale, digits = (1.0, 2) if money else (100.0, 1)

    def number(name: str) -> str:
        value = one.get(name)
        text = words.number(None if value is None else scale * value, digits, signed=True)
        return text if money or value is None else words("nba_points", value=text)

    def interval(low: str, high: str) -> str:
        ends = {side: one.get(name) for side, name in (("low", low), ("high", high))}
        scaled = {side: None if end is None else scale * end for side, end in ends.items()}
        return words.interval(scaled, digits, signed=True)

    name = words.segment(one["segment_kind"], one["segment"])
    measure = "nba_measure_money" if money else "nba_measure_probability"
    return {
        "label": f"{words.kind(one['segment_kind'])}: {name}",
        "about": f"{words.phase(one['phase'])}, {action(one['action'], words)}",
        "measure": words(measure, currency=currency) if money else words(measure),
        "here": {"value": number("effect"), "interval": interval("low", "high")},
        "rest": {"value": number("rest"), "interval": ""},
        "difference": {
            "value": number("difference"),
            "interval": interval("difference_low", "difference_high"),
        },
        "chance": words.number(one.get("difference_q"), 3),
        "n": words.number(one["n"]),
    }


def exposure_table(found: Found, words: Words) -> dict[str, Any]:
    """Give who receives what, one table per action and audited attribute.

    Parameters
    ----------
    found : mapping
        `models.actions.exposure.exposure_summary`, or nothing: not computed.
    words : Words

    Returns
    -------
    dict
        ``text``, ``tables`` (``label``, ``rows``, whether a group ``stands_out``, and whether it is ``open``: a
        discount is) and ``note`` where there is none.
    """
    rows = found.get("rows")
    if rows is None:
        return {"text": "", "tables": [], "note": words("nba_exposure_not_measured")}
    if not rows:
        return {"text": "", "tables": [], "note": words("nba_exposure_none")}
    tables: dict[tuple[str, str], list[Found]] = {}
    for one in rows:
        tables.setdefault((one["action"], one["group_kind"]), []).append(one)
    listed = []
    for (name, kind), groups in tables.items():
        groups.sort(key=lambda one: words.place(one["group_kind"], one["group"]))
        shown = [_exposure_row(one, words) for one in groups]
        discount = f" ({words('nba_discount')})" if groups[0].get("discount") else ""
        what = action(name, words)
        listed.append(
            {
                "label": f"{what[:1].upper()}{what[1:]}{discount} – {words.kind(kind)}",
                "rows": shown,
                "stands_out": any(row["stands_out"] for row in shown),
                "open": bool(discount) or any(row["stands_out"] for row in shown),
            }
        )
    return {"text": words("nba_exposure_text"), "tables": listed, "note": ""}


def _exposure_row(one: Found, words: Words) -> dict[str, Any]:
    difference = one.get("difference")
    note, cell = "", None
    if difference is None:
        alone = not str(one.get("note") or "").startswith("too small")
        note = words("nba_group_alone" if alone else "nba_group_small")
    else:
        ends = {side: None if one.get(side) is None else 100 * one[side] for side in ("low", "high")}
        value = words("nba_points", value=words.number(100 * difference, 1, signed=True))
        cell = {"value": value, "interval": words.interval(ends, 1, signed=True)}
    return {
        "label": words.segment(one["group_kind"], one["group"]),
        "n": words.number(one["n"]),
        "share": words.percent(one.get("share"), 1),
        "rest": words.percent(one.get("share_rest"), 1),
        "cell": cell,
        "note": note,
        "stands_out": one.get("q_value") is not None and one["q_value"] <= DISCOVERY,
    }
