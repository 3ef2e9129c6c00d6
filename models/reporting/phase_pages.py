"""A page per phase: who is there and for how long, what is lost, its KPIs, touchpoints, pains and chances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.settings import DORMANT, JourneySettings
from models.reporting.journey_pages import dwell_words, kpi_row, width
from models.reporting.journey_words import JourneyWords, drop_of

#: Touchpoints that are listed, and last touches.
LISTED, LAST = 8, 2
#: What fewer customers than this share did, or where fewer woke up, is not listed.
LEAST, LEAST_WAKES = 0.01, 0.001


def phase_pages(
    data: Mapping[str, Any], journey: JourneySettings, said: JourneyWords
) -> list[dict[str, Any]]:
    """Give a page per phase: customers, time, drop-off, KPIs, touchpoints, pains and chances.

    Parameters
    ----------
    data : mapping
        The content of ``reports/journey.json``.
    journey : JourneySettings
        Labels and goals.
    said : JourneyWords
        Texts of one language.
    """
    goals = {phase.key: phase.goal[said.words.language] for phase in journey.phases}
    pages = [_page(phase, goals.get(phase["key"], ""), said) for phase in data["phases"]]
    for page in pages:
        page["wakes"] = _wakes(data, said) if page["key"] == DORMANT else []
    return pages


def _page(phase: Mapping[str, Any], goal: str, said: JourneyWords) -> dict[str, Any]:
    words = said.words
    touches = [
        {
            "label": said.touch(one["kind"], one["channel"]),
            "share": words.percent(one["share"]),
            "width": width(one["share"]),
        }
        for one in said.touches(phase["touchpoints"])[:LISTED]
        if one["share"] >= LEAST
    ]
    return {
        "key": phase["key"],
        "label": words.phase(phase["key"]),
        "part": words(f"part_{phase['part']}") if phase["part"] else "",
        "goal": goal,
        "customers": words.number(phase["customers"]),
        "share": words.percent(phase["share"]),
        "facts": _facts(phase, said),
        "kpis": [kpi_row(one, said) for one in phase["kpis"]],
        "touches": touches,
        "pains": [said.finding(one) for one in phase["pains"]],
        "chances": [said.finding(one) for one in phase["chances"]],
    }


def _wakes(data: Mapping[str, Any], said: JourneyWords) -> list[dict[str, str]]:
    """Say in which phases the customers who slept stand 28 days later; bars relative to the most."""
    found = [
        (str(one["to"]), float(one["value"]))
        for one in data["transitions"]["four_weekly"]
        if one["from"] == DORMANT and one["to"] != DORMANT and (one["value"] or 0.0) >= LEAST_WAKES
    ]
    most = max((share for _, share in found), default=1.0)
    return [
        {"label": said.words.phase(key), "share": said.words.percent(share, 1), "width": width(share / most)}
        for key, share in found
    ]


def _facts(phase: Mapping[str, Any], said: JourneyWords) -> list[dict[str, Any]]:
    """Give dwell time, drop-off and sentiment as label, value, interval and what it rests on."""
    words, dwell = said.words, phase["dwell"]
    facts: list[dict[str, Any]] = [
        {"label": words("map_dwell"), "value": dwell_words(dwell, said), "interval": _days(dwell, said),
         "about": [words("stays", n=words.number(dwell["n"]), ended=words.number(dwell["ended"]))]},
        *_dropped(phase, said),
    ]  # fmt: skip
    mood = phase["sentiment"]
    if mood["value"] is not None:
        number = words("map_sentiment_n", n=words.number(mood["n"]))
        facts.append(
            {"label": words("map_sentiment"), "value": said.amount(mood["value"], "tone"),
             "interval": said.interval(mood, "tone"), "about": [number]}
        )  # fmt: skip
    return facts


def _dropped(phase: Mapping[str, Any], said: JourneyWords) -> list[dict[str, Any]]:
    words, (drop, about, touches) = said.words, drop_of(phase, said)
    if not drop:
        return []
    last = [words("map_drop_last", touch=touch, share=share) for touch, share in touches[:LAST]]
    return [
        {"label": words("map_drop"), "value": words.percent(drop["value"], 1),
         "interval": said.interval(drop, "share"), "about": [about, *last]}
    ]  # fmt: skip


def _days(dwell: Mapping[str, Any], said: JourneyWords) -> str:
    return said.interval(dwell, "count") if dwell["median"] is not None else ""
