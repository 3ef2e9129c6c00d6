"""The cards of the personas in words: what they do, what they need, where they stand or stall."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.settings import DORMANT, JourneySettings
from models.personas.cards import OF_ORDERS, stem_of
from models.reporting.journey_words import JourneyWords
from models.reporting.words import Words, dictionary

#: Differences smaller than this (standard deviations) are not told.
TOLD = 0.3
#: Fewer than this on average is written as none.
NOTHING = 0.05
#: They stall in a buyer phase if they have been there this long on average.
STALL_DAYS = 28.0
#: Phases with a smaller share of a persona are not named.
NAMED = 0.01


def persona_cards(
    found: Mapping[str, Any], said: JourneyWords, journey: JourneySettings | None = None
) -> list[dict[str, Any]]:
    """Give one card per persona, the most valuable first.

    Parameters
    ----------
    found : mapping
        The content of ``artifacts/personas/personas.json``, or nothing.
    said : JourneyWords
        Texts.
    journey : JourneySettings, optional
        Tells in which phases customers have yet to order: only there they can stall.
    """
    buyer = {phase.key for phase in journey.phases if phase.part == "buyer"} if journey else set()
    return [_card(one, buyer, said) for one in found.get("personas", [])]


def _card(one: Mapping[str, Any], buyer: set[str], said: JourneyWords) -> dict[str, Any]:
    words = said.words
    does = [_does(each, said) for each in one["stands_out"] if abs(each["distance"]) >= TOLD]
    where, stalls = _where(one, buyer, words)
    channel = one["channel"]
    facts = [(words("persona_value"), _spent(one["spend"], said))] if one["spend"] is not None else []
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
        "where": where,
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
            if share >= NAMED
        ],
    }


def _where(one: Mapping[str, Any], buyer: set[str], words: Words) -> tuple[str, str]:
    """Say where they stand; that they stall only where most sleep or stay long before an order."""
    asleep, phase = one["phases"].get(DORMANT, 0.0), one["stalls_in"]
    told = []
    if asleep >= 0.5:
        told.append(words("persona_asleep", share=words.percent(asleep)))
    if phase != DORMANT:
        told.append(
            words("persona_others" if told else "persona_stands", phase=words.phase(phase),
                  days=words.number(one["stall_days"]), share=words.percent(one["phases"][phase]))
        )  # fmt: skip
    stall = asleep >= 0.5 or (phase in buyer and one["stall_days"] >= STALL_DAYS)
    return words("persona_where" if stall else "persona_where_stand"), " ".join(told)


def _spent(value: float, said: JourneyWords) -> str:
    """Write money in whole euros, so that next to nothing reads as such."""
    if value == 0:
        return said.words("persona_no_spend")
    return said.money(value) if value >= 100 else said.money(value, digits=0)


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
    if not written and numbers["here"] < NOTHING and f"none_{stem}" in dictionary():
        text = words(f"none_{stem}")
    days = words("does_window", days=words.number(int(window[0][:-1]))) if window else ""
    said_here = text.format(here=values["here"])
    whom = "does_buyers" if stem in OF_ORDERS else "does"
    return words(whom, text=f"{said_here}{days}", everybody=values["everybody"])


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
