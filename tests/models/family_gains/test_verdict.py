"""Who earns its cost, and how it is written down for the file and the terminal."""

from __future__ import annotations

from typing import Any

import pytest

from models.family_gains.costs import BuildSeconds
from models.family_gains.report_lines import lines
from models.family_gains.shortlist import Shortlist
from models.family_gains.trial import NoTrial
from models.family_gains.verdict import MARGIN, assembled, verdict


def gain(value: float, low: float, high: float, whole: float = 0.1) -> dict[str, Any]:
    """A gain and its shares of a whole."""
    return {
        "value": value, "low": low, "high": high,
        "share": value / whole, "share_low": low / whole, "share_high": high / whole,
    }  # fmt: skip


CLEAR = gain(0.02, 0.01, 0.03)
TINY = gain(0.0003, 0.0001, 0.0009)
WORSE = gain(-0.001, -0.004, 0.003)
HARM = gain(-0.003, -0.004, -0.001)
WIDE = gain(0.002, -0.001, 0.005)


@pytest.mark.parametrize(
    ("gains", "cost", "expected"),
    [
        ([CLEAR, WORSE], 0.9, "earns"),
        ([CLEAR, HARM], 0.9, "mixed"),
        ([WIDE, HARM], 0.9, "unclear"),
        ([WIDE, WORSE], 0.9, "unclear"),
        ([TINY, WORSE], 0.9, "dear"),
        ([TINY, WORSE], 0.05, "small"),
        ([TINY], 0.1, "small"),
        ([], 0.9, "unknown"),
    ],
)
def test_the_rule(gains: list[dict[str, Any]], cost: float, expected: str) -> None:
    assert verdict(gains, cost, fair_share=0.1) == expected


def test_a_gain_that_is_sure_but_below_the_margin_does_not_pay_for_a_dear_family() -> None:
    assert TINY["low"] > 0 and TINY["share_high"] < MARGIN
    assert verdict([TINY], 0.5, 0.1) == "dear"


def test_what_is_on_the_short_list_is_never_called_dear() -> None:
    assert verdict([TINY, WORSE], 0.9, 0.1, listed=True) == "unclear"
    assert verdict([CLEAR], 0.9, 0.1, listed=True) == "earns"


def test_without_a_whole_only_the_sign_counts() -> None:
    nothing = {"share": None, "share_low": None, "share_high": None}
    assert verdict([gain(0.01, -0.01, 0.02) | nothing], 0.9, 0.1) == "unclear"
    assert verdict([gain(-0.01, -0.02, 0.02) | nothing], 0.9, 0.1) == "dear"


def content(**targets: Any) -> dict[str, Any]:
    columns = {
        "phase": ("days_in_phase",), "clear": ("clear__a", "clear__b"), "weather": ("weather__a",),
        "unbuilt": (),
    }  # fmt: skip
    stored = {
        "customer_id": 50, "phase": 3, "days_in_phase": 7, "clear__a": 100, "clear__b": 200, "weather__a": 100,
    }  # fmt: skip
    built = BuildSeconds({"clear": 1.0, "weather": 3.0}, {"weather": 2.0}, 5.0, 8.5)
    short = Shortlist({"clear": 0.9, "weather": 0.2}, 0.1, ("clear",))
    return assembled(columns, stored, built, targets, short) | {
        "measured": {"events": 1000, "events_in_log": 5000, "persons": 40, "cutoffs": 9},
        "settings": {"rows": 1000, "resamples": 60, "confidence": 0.95, "keep": 0.95},
    }


JUDGED = {
    "judged": True, "cutoffs_us": [0], "rows": 500, "customers": 300, "known_rows": 900, "tuned": {}, "base_loss": 0.6,
    "loss": 0.5, "gain": 0.1, "groups": {"clear": CLEAR, "weather": TINY, "phase": WIDE},
}  # fmt: skip


def test_cost_and_gain_stand_side_by_side() -> None:
    found = content(churn=JUDGED, readiness=NoTrial("too_short", {"days": 28}))
    clear, weather = found["families"]["clear"], found["families"]["weather"]
    assert (clear["columns"], clear["bytes"], clear["cpu_share"], clear["bytes_share"]) == (
        2,
        300,
        0.25,
        0.75,
    )
    assert (clear["share"], clear["alone"], clear["verdict"]) == (pytest.approx(0.2), 0.9, "earns")
    assert clear["share_per_cpu_second"] == pytest.approx(0.2)
    assert (weather["verdict"], weather["learning_seconds"]) == ("dear", 2.0)
    assert found["phases"]["bytes"] == 10
    assert found["together"] == {"columns": 4, "cpu_seconds": 8.5, "bytes": 460}
    assert found["targets"]["readiness"] == {"judged": False, "reason": "too_short", "figures": {"days": 28}}
    assert "groups" not in found["targets"]["churn"]
    assert found["order"] == ["clear", "weather"]


def test_without_a_judged_target_costs_are_all_there_is() -> None:
    found = content(churn=NoTrial("few_labels", {"positives": 3, "negatives": 90, "least": 50}))
    assert [one["verdict"] for one in found["families"].values()] == ["unknown", "unknown"]
    assert found["families"]["clear"]["share"] is None
    assert found["order"] == ["clear", "weather"]
    told = "\n".join(lines(found))
    assert "churn: not judged, 3 positives and 90 negatives are too few (at least 50 of each)" in told
    assert "not judged" in told.split("weather")[1]


def test_the_table_tells_cost_gain_and_verdict() -> None:
    told = lines(content(churn=JUDGED, readiness=NoTrial("no_label", {})))
    table = {line.split()[0]: line for line in told if line}
    assert "+20.0 (+10.0 to +30.0)" in table["clear"] and "earns its cost" in table["clear"]
    assert "+0.3 (+0.1 to +0.9)" in table["weather"] and "DOES NOT EARN ITS COST" in table["weather"]
    assert "100 = 0.1000 nats" in table["all"]
    assert "readiness" not in table["family"]
    assert "short list: clear" in "\n".join(told) and "25% of the build time" in "\n".join(told)
    assert told.index(table["clear"]) < told.index(table["weather"])


def test_minus_nothing_is_nothing() -> None:
    level = gain(-0.00001, -0.002, 0.002)
    told = lines(content(churn=JUDGED | {"groups": JUDGED["groups"] | {"clear": level}}))  # type: ignore[operator]
    assert "+0.0 (-2.0 to +2.0)" in "\n".join(told)
