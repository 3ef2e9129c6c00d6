from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from models.reporting.figures.album import pictures
from models.reporting.next_action_section import SYMBOLS, next_action_section
from models.reporting.page import environment
from models.reporting.words import Language, Words


def policy(name: str, value: float | None, over: float = 0.0) -> dict[str, Any]:
    if value is None:
        return {"name": name, "value": None, "low": None, "high": None, "n": 900, "ess": 40.0}
    gain = {"value": over, "low": over - 0.4, "high": over + 0.4, "se": 0.2}
    bounds = {"value": value, "low": value - 1, "high": value + 1}
    return {"name": name, **bounds, "n": 900, "ess": 450.0, "minus_best_constant": gain}


POLICIES = [
    policy("none", 4.0, -1.5), policy("coupon", 5.5), policy("personalised", 6.5, 1.0),
    policy("pcvl", 5.0, -0.5), policy("service_call", None),
]  # fmt: skip
LOOK = {
    "state": "personalise", "recommended": "coupon", "best_constant": "coupon", "n": 1200, "customers": 800,
    "reason": {"en": "Earns 1.5 more.", "nl": "Levert 1.5 meer op."}, "policies": POLICIES,
    "gain": {"value": 1.0, "low": 0.6, "high": 1.4},
    "arms": {"mail": {"dropped": {"en": "3 decisions", "nl": "3 besluiten"}}, "none": {"dropped": None}},
    "left_out": {"outcome not matured": 7, "only one action was possible": 0},
    "warnings": [{"en": "Mind the cost.", "nl": "Let op de kosten."}],
    "uplift": {
        "curve": [{"share": s, "gain": 2 * s, "low": s, "high": 3 * s, "line": 1.5 * s} for s in (0.0, 0.5, 1.0)],
        "lift": [{"share": 0.2, "gain": {"value": 0.4, "low": 0.1, "high": 0.7}, "over_random": None}],
    },
    "sensitivity": {"bands": [{"gamma": 1.5, "low": -0.25, "high": 2.0}]},
}  # fmt: skip
BUY = {
    "state": "refuse", "recommended": "none", "reason": {"en": "No hold-out.", "nl": "Geen controlegroep."},
    "experiment": {
        "arms": ["none", "coupon"], "shares": [0.5, 0.5], "customers": [14853, 14853],
        "words": {"en": "Leave half alone.", "nl": "Laat de helft met rust."},
    },
}  # fmt: skip
STAY = {
    "state": "constant", "recommended": "coupon", "best_constant": "coupon", "policies": POLICIES[:2],
    "over_none": {"coupon": {"value": 1.5, "low": 1.1, "high": 1.9}},
}  # fmt: skip
CELL = {
    "phase": "look", "action": "coupon", "segment_kind": "activity", "segment": "often", "n": 400,
    "measure": "probability", "effect": 0.08, "low": 0.04, "high": 0.12, "rest": 0.01, "difference": 0.07,
    "difference_low": 0.03, "difference_high": 0.11, "difference_q": 0.012,
}  # fmt: skip
SEGMENTS = {
    "discovery": 0.1,
    "cells": 60,
    "tested": 50,
    "too_small": 10,
    "found": [CELL],
    "different": [CELL],
}
FULL = {"phases": {"look": LOOK, "buy": BUY, "stay": STAY}, "segment_effects": SEGMENTS, "confidence": 0.95}


def section(language: Language = "en", **given: Any) -> dict[str, Any]:
    return next_action_section(FULL | given, "EUR", Words(language))


def page(found: dict[str, Any], language: Language = "en") -> str:
    template = environment().get_template("next_action.html.j2")
    shown = template.render(words=Words(language), actions=found, currency="EUR", pictures={})
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", shown))


def test_a_phase_at_a_glance_says_state_action_and_gains() -> None:
    buy, look, stay = section()["overview"]
    assert (look["state"]["label"], look["now"], look["gain"]["value"]) == (
        "personalise",
        "Per customer",
        "+1.00",
    )
    assert look["over_none"] == {"value": "+2.50", "interval": ""}
    assert (buy["now"], buy["over_none"], buy["gain"]) == ("Nothing", None, None)
    assert stay["over_none"] == {"value": "+1.50", "interval": "+1.10 to +1.90"}


def test_every_state_has_a_shape_and_a_word_of_its_own() -> None:
    assert len(set(SYMBOLS.values())) == len(SYMBOLS) == 4
    for language in ("en", "nl"):
        states = section(language)["states"]  # type: ignore[arg-type]
        assert len({one["label"] for one in states}) == len({one["symbol"] for one in states}) == 3


def test_policies_stand_best_first_with_what_the_log_carries() -> None:
    rows = section()["phases"][1]["rows"]
    assert [row["label"] for row in rows] == [
        "Per customer", "Coupon for everybody", "Response x value formula (PCVL)", "Nothing",
        "Service call for everybody",
    ]  # fmt: skip
    first, best, *_, last = rows
    assert first["followed"] and first["better"] and first["gain"]["interval"] == "+0.60 to +1.40"
    assert best["best"] and best["gain"] is None and (best["n"], best["ess"]) == ("900", "450")
    assert last["value"] is None and last["note"] == "not evaluable from this log" and last["ess"] == "40"


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["◆ personalise", "Earns 1.5 more.", "Mail: 3 decisions", "outcome not known yet: 7", "14,853",
                "Leave half alone.", "Mind the cost.", "20% of the list by effect gains +0.40",
                "up to 1.50 times: −0.25 to +2.00", "+7.0 pp", "the 95% interval", "Often here this month"]),
        ("nl", ["◆ personaliseer", "Levert 1,5 meer op.", "Mail: 3 besluiten", "uitkomst nog niet bekend: 7",
                "14.853", "Laat de helft met rust.", "Let op de kosten.", "levert +0,40 op",
                "tot 1,50 keer: −0,25 tot +2,00", "+7,0 pp", "het 95%-interval", "Vaak hier deze maand"]),
    ],
)  # fmt: skip
def test_everything_is_told_in_both_languages(language: Language, told: list[str]) -> None:
    text = page(section(language), language)
    for part in told:
        assert part in text, part


def test_what_an_older_tournament_lacks_is_left_out() -> None:
    bare = {"state": "constant", "recommended": "none", "reason": {}}
    found = next_action_section({"phases": {"look": bare}}, "EUR", Words("en"))
    text = page(found)
    assert "Effects per segment were not computed" in text
    assert found["phases"][0]["rows"] == [] and "None" not in text and "95%" not in text


def test_without_a_log_of_decisions_the_page_says_so() -> None:
    for nothing in (None, {}, {"phases": {}}):
        assert next_action_section(nothing, "EUR", Words("nl")) == {}
    assert "Geen besluitenlogboek" in page({}, "nl")


def test_nothing_found_is_said_in_words() -> None:
    none = SEGMENTS | {"different": [], "found": []}
    assert "do not choose actions by segment" in page(section(segment_effects=none))


def test_many_segments_are_counted_not_listed() -> None:
    found = section(segment_effects=SEGMENTS | {"different": [CELL] * 30})["segments"]
    assert len(found["rows"]) == 12 and "18 more" in found["notes"][0]


def test_pictures_are_drawn_for_what_can_be_compared() -> None:
    empty = pd.DataFrame({"target": []})
    drawn = pictures({"targets": {}, "next_action": FULL}, empty, "EUR", Words("en"))
    assert [(one.sheet, one.key) for one in drawn] == [
        ("next_action_tournament", "look"), ("next_action_uplift", "look"), ("next_action_tournament", "stay"),
    ]  # fmt: skip
    for one in drawn:
        assert one.alt and ElementTree.fromstring(one.svg()).tag.endswith("svg")
    assert (
        drawn[0].svg() == pictures({"targets": {}, "next_action": FULL}, empty, "EUR", Words("en"))[0].svg()
    )


def test_segments_of_estimated_chances_carry_the_warning() -> None:
    guessed = {**FULL["phases"], "stay": STAY | {"propensities": {"mode": "estimated"}}}
    warning = Words("en")("estimated_warning")
    assert warning in section(phases=guessed)["segments"]["notes"]
    assert warning not in section()["segments"]["notes"]
