"""The decision log: what a decision must hold to be learnt from, and what is quarantined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

HEADER = (
    "decision_id,decided_at,customer_id,phase,eligible,action,propensity,policy,explore,cost,outcome,value\n"
)
GOOD = "d0,2024-02-05T06:00:00Z,K1,decision,none|coupon,coupon,0.25,rules,0,2.50,,"
ACTIONS = ["none", "newsletter", "coupon"]


def test_a_decision_is_read_whole(export: Callable[..., Any], micros: Callable[[str], int]) -> None:
    rows = f"{GOOD}\nd1,2024-02-05,K2,, coupon | None ,NONE,,,,0,1,12.5\n"
    log = export("decision_log", {"decisions.csv": HEADER + rows}, actions=ACTIONS)
    first, second = log.rows("decisions")
    assert first.pop("decision_id") != second.pop("decision_id")
    assert first == {
        "source_id": "K1",
        "decided_us": micros("2024-02-05T06:00:00"),
        "phase": "decision",
        "eligible": ["none", "coupon"],
        "action": "coupon",
        "propensity": 0.25,
        "policy": "rules",
        "explore": False,
        "cost": 2.5,
        "outcome": None,
        "value": None,
    }
    assert second == {
        "source_id": "K2",
        "decided_us": micros("2024-02-05"),
        "phase": None,
        "eligible": ["coupon", "none"],
        "action": "none",
        "propensity": None,
        "policy": "logged",
        "explore": None,
        "cost": 0.0,
        "outcome": 1.0,
        "value": 12.5,
    }
    assert log.source.declaration().actions == tuple(ACTIONS)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("K1", "", "customer is missing"),
        ("2024-02-05T06:00:00Z", "", "decided_at is missing"),
        ("2024-02-05T06:00:00Z", "monday", "decided_at cannot be read as a date"),
        ("2024-02-05T06:00:00Z", "2034-02-05", "decided_at lies in the future"),
        (",coupon,", ",,", "action is missing"),
        (",coupon,", ",phone,", "action is not one of none, newsletter, coupon"),
        (",coupon,", ",newsletter,", "action is not among those eligible"),
        ("none|coupon", "", "eligible is missing"),
        ("none|coupon", "coupon|phone", "eligible holds something else than none, newsletter, coupon"),
        ("none|coupon", "coupon|", "eligible holds something else than none, newsletter, coupon"),
        ("0.25", "0", "propensity is not above 0"),
        ("0.25", "-0.1", "propensity is not above 0"),
        ("0.25", "1.01", "propensity is above 1"),
        ("0.25", "25%", "propensity is not a number"),
        (",0,2.50", ",perhaps,2.50", "explore is neither yes nor no"),
        ("2.50", "", "cost is missing"),
        ("2.50", "-2.50", "cost is negative"),
        ("2.50", "free", "cost is not a number"),
        ("2.50,,", "2.50,2,", "outcome is above 1"),
        ("2.50,,", "2.50,,much", "value is not a number"),
    ],
)
def test_a_bad_decision_is_quarantined(old: str, new: str, reason: str, export: Callable[..., Any]) -> None:
    assert old in GOOD
    rows = GOOD.replace(old, new, 1) + "\n" + GOOD.replace("d0", "d1") + "\n"
    log = export("decision_log", {"decisions.csv": HEADER + rows}, actions=ACTIONS)
    assert log.reasons("decisions") == [reason, None]
    assert len(log.rows("decisions")) == 1


def test_a_log_without_costs_costs_nothing(export: Callable[..., Any]) -> None:
    text = "decided_at,customer_id,eligible,action\n2024-02-05,K1,none;coupon,geen\n"
    options = {"actions": ACTIONS, "words": {"geen": "none"}, "separator": ";"}
    log = export("decision_log", {"decisions.csv": text}, **options)
    (row,) = log.rows("decisions")
    assert (row["cost"], row["action"], row["eligible"]) == (0.0, "none", ["none", "coupon"])


def test_customers_may_be_told_by_card_or_address(export: Callable[..., Any]) -> None:
    for space, given, begin in (("card", "900", "card:900"), ("email", "Jan@example.nl", "email:")):
        log = export(
            "decision_log",
            {"decisions.csv": HEADER + GOOD.replace("K1", given)},
            actions=ACTIONS,
            id_space=space,
        )
        found = log.rows("decisions")[0]["source_id"]
        assert found.startswith(begin) and "jan" not in found.lower()


def test_lists_of_a_parquet_file_are_read_as_lists(export: Callable[..., Any]) -> None:
    table = pa.table(
        {
            "decided_at": ["2024-02-05"] * 3,
            "customer_id": [1, 2, 3],
            "eligible": [["none", "coupon"], [], None],
            "action": ["none"] * 3,
            "explore": [True, False, None],
        }
    )
    log = export("decision_log", {"decisions.parquet": table}, actions=ACTIONS)
    assert log.reasons("decisions") == [None, "eligible is missing", "eligible is missing"]
    assert log.rows("decisions")[0]["eligible"] == ["none", "coupon"]
    assert log.rows("decisions")[0]["explore"] is True


@pytest.mark.parametrize("actions", [[], ["coupon"], ["none", "none"], ["none", "Service call"]])
def test_actions_must_be_declared(actions: list[str], export: Callable[..., Any]) -> None:
    assert (
        "options.actions"
        in export("decision_log", {"decisions.csv": HEADER + GOOD}, actions=actions).refused()
    )


WHOLE = "decided_at,customer_id,eligible,action,propensity,propensities\n"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("0.25,0.75|0.25", None),
        (",0.75|0.25", None),
        ("0.25,", None),
        ("0.25,0.75000000001|0.25", None),
        ("0.25,0.65|0.25", "propensities do not add up to 1"),
        ("0.75,0.75|0.25", "propensity is not that of the action in propensities"),
        ("0.25,0.5|0.25|0.25", "propensities are not as many as the eligible actions"),
        ("0.25,1|0", "propensities are not all above 0 and at most 1"),
        ("0.25,1.75|-0.75", "propensities are not all above 0 and at most 1"),
        ("0.25,most|0.25", "propensities are not all above 0 and at most 1"),
        ("0.25,|1", "propensities are not all above 0 and at most 1"),
    ],
)
def test_the_chances_of_all_that_was_eligible_add_up(
    told: str, reason: str | None, export: Callable[..., Any]
) -> None:
    rows = f"2024-02-05,K1,none|coupon,coupon,{told}\n2024-02-05,K2,none|coupon,none,,0.4|0.6\n"
    log = export("decision_log", {"decisions.csv": WHOLE + rows}, actions=ACTIONS)
    assert log.reasons("decisions") == [reason, None]
    found = [row["propensity"] for row in log.rows("decisions")]
    assert found == ([0.4] if reason else [0.25, 0.4])


def test_chances_in_a_parquet_file_are_lists(export: Callable[..., Any]) -> None:
    table = pa.table(
        {
            "decided_at": ["2024-02-05"] * 3,
            "customer_id": [1, 2, 3],
            "eligible": [["none", "coupon"]] * 3,
            "action": ["coupon", "none", "none"],
            "propensities": [[0.5, 0.5], None, [0.5, 0.4]],
        }
    )
    log = export("decision_log", {"decisions.parquet": table}, actions=ACTIONS)
    assert log.reasons("decisions") == [None, None, "propensities do not add up to 1"]
    assert [row["propensity"] for row in log.rows("decisions")] == [0.5, None]
