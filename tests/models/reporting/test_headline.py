from __future__ import annotations

from typing import Any

import pytest

from models.reporting.headline import action_card
from models.reporting.words import Words


def phase(state: str, recommended: str, worth: float | None = None) -> dict[str, Any]:
    told = {} if worth is None else {recommended: {"value": worth, "low": worth - 1, "high": worth + 1}}
    return {"state": state, "recommended": recommended, "over_none": told, "policies": [], "n": 10}


PHASES = {
    "look": phase("constant", "none"),
    "buy": phase("constant", "coupon", 2.953),
    "stay": phase("constant", "none"),
}


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["buy: coupon for everybody, where it is possible. It earns €\u00a02.95 more per decision than doing "
                "nothing (1.95 to 3.95).", "Plan nothing in look and stay: "]),
        ("nl", ["buy: kortingsbon voor iedereen, waar dat kan. Dat levert per besluit €\u00a02,95 meer op dan niets "
                "doen (1,95 tot 3,95).", "Plan niets in look en stay: "]),
    ],
)  # fmt: skip
def test_what_everybody_gets_is_said_as_a_marketer_says_it(language: str, told: list[str]) -> None:
    sentences = action_card({"phases": PHASES}, "EUR", Words(language))["sentences"]  # type: ignore[arg-type]
    assert sentences[0] == told[0] and sentences[1].startswith(told[1]) and len(sentences) == 3


def test_an_action_without_worth_is_a_whole_sentence() -> None:
    sentences = action_card({"phases": {"buy": phase("constant", "free_gift")}}, "EUR", Words("en"))[
        "sentences"
    ]
    assert sentences[0] == "buy: free gift for everybody, where it is possible."


def test_other_states_name_their_phases() -> None:
    phases = {"look": phase("explore more", "none"), "buy": phase("refuse", "none")}
    sentences = action_card({"phases": phases}, "EUR", Words("en"))["sentences"]
    assert (
        sentences[0].startswith("Test first in look:") and "in buy:" in sentences[1] and len(sentences) == 2
    )
