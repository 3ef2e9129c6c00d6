"""The cards of the personas in words: what they do, what they need, where they stall."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.settings import DORMANT
from models.personas.cards import stem_of
from models.reporting.journey_words import JourneyWords
from models.reporting.words import Words

#: Differences smaller than this (standard deviations) are not told.
TOLD = 0.3


def persona_cards(found: Mapping[str, Any], said: JourneyWords) -> list[dict[str, Any]]:
    """Give one card per persona, the most valuable first.

    Parameters
    ----------
    found : mapping
        The content of ``artifacts/personas/personas.json``, or nothing.
    said : JourneyWords
        Texts.
    """
    return [_card(one, said) for one in found.get("personas", [])]


def _card(one: Mapping[str, Any], said: JourneyWords) -> dict[str, Any]:
    words = said.words
    does = [_does(each, said) for each in one["stands_out"] if abs(each["distance"]) >= TOLD]
    stalls = words(
        "persona_stalls", phase=words.phase(one["stalls_in"]), days=words.number(one["stall_days"]),
        share=words.percent(one["phases"][one["stalls_in"]]),
    )  # fmt: skip
    channel = one["channel"]
    facts = [(words("persona_value"), said.money(one["spend"]))] if one["spend"] is not None else []
    if channel:
        share = words.percent(one["channel_share"])
        facts.append((words("persona_channel_label"), f"{words.segment('channel', channel)} · {share}"))
    facts.append((words("persona_stability"), words.percent(one["stability"])))
    return {
        "name": words.persona(one["id"]),
        "id": one["id"],
        "n": words.number(one["n"]),
        "share": words.percent(one["share"]),
        "does": [text for text in does if text] or [words("persona_average")],
        "needs": needs(one["id"], words),
        "stalls": stalls,
        "facts": facts,
        "phases": [
            {
                "label": words.phase(key),
                "share": words.percent(share),
                "width": f"{100 * share:.1f}",
                "colour": "dormant" if key == DORMANT else f"p{words.place('phase', key)[0]:.0f}",
            }
            for key, share in words.in_order(one["phases"])
        ],
    }


def _does(each: Mapping[str, Any], said: JourneyWords) -> str:
    """Say one thing that stands out, beside everybody; empty for a column without words."""
    words, stem = said.words, stem_of(each["column"])
    window = each["column"].split("__")[2:]
    numbers = {"here": each["here"], "everybody": each["everybody"]}
    if stem.startswith("channel__"):
        channel = words.segment("channel", stem.removeprefix("channel__").removesuffix("_share"))
        text, written = words("does_channel", channel=channel, here="{here}"), "share"
    else:
        text = words.known(f"does_{stem}", "")
        written = "money" if stem == "monetary__order_value" else "share" if stem.endswith("_rate") else ""
    if not text:
        return ""
    values = {name: _number(value, written, said) for name, value in numbers.items()}
    days = words("does_window", days=words.number(int(window[0][:-1]))) if window else ""
    said_here = text.format(here=values["here"])
    return words("does", text=f"{said_here}{days}", everybody=values["everybody"])


def _number(value: float, written: str, said: JourneyWords) -> str:
    if written == "share":
        return said.words.percent(value)
    if written == "money":
        return said.money(value)
    return said.words.number(value, 0 if abs(value) >= 20 else 1)


def needs(persona: str, words: Words) -> list[str]:
    """Say what a persona needs, by what sort of customers they are and by what stands out."""
    kind, _, trait = persona.partition("+")
    found = [words.known(f"need_{name}", "") for name in (kind, trait) if name]
    return [text for text in found if text]
