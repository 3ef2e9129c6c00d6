from __future__ import annotations

import math

from models.actions.headline_metrics import headline_numbers

PERSONAL = {
    "state": "personalise", "recommended": "coupon", "gain": {"value": 1.0, "low": 0.6, "high": 1.4},
    "decisions_needed": 500, "over_none": {"coupon": {"value": 1.5}},
    "policies": [{"name": "personalised", "value": 6.5, "ess": 300.0}, {"name": "none", "value": 4.0, "ess": 90.0}],
}  # fmt: skip
REFUSED = {"state": "refuse", "recommended": "none", "gain": None, "policies": [], "decisions_needed": None}


def test_a_phase_has_at_most_eight_numbers_and_all_are_of_what_is_followed() -> None:
    told = {"different": [{"phase": "buy"}, {"phase": "buy"}]}
    found = headline_numbers({"phases": {"buy": PERSONAL}, "segment_effects": told})
    assert found == {
        "buy": {
            "state": 3.0, "gain": 1.0, "gain_low": 0.6, "value": 6.5, "over_none": 2.5,
            "effective_decisions": 300.0, "decisions_needed": 500.0, "segments": 2.0,
        }
    }  # fmt: skip


def test_what_is_not_known_is_left_out() -> None:
    assert headline_numbers({}) == {} == headline_numbers({"phases": {}})
    assert headline_numbers({"phases": {"buy": REFUSED}}) == {"buy": {"state": 0.0}}
    odd = PERSONAL | {"gain": {"value": math.nan, "low": None}}
    assert "gain" not in headline_numbers({"phases": {"buy": odd}})["buy"]
