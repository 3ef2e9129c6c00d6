"""A saved policy does at the new decisions what scoring would have done, or says why it cannot."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.contract import DAY_US
from features.errors import InputError
from models.actions.action_effects import RidgeEffect
from models.actions.action_rule import ActionRule
from models.actions.judged_decisions import JudgedDecisions
from models.actions.money import SpendModel
from models.actions.phase_policy import PhasePolicy
from models.promotion.champion_choice import champion_choice, kept_choice, saved_policy
from models.signed_log import SignedLogScale

WORDS = {"en": "so says the log", "nl": "aldus het logboek"}
COLUMNS = ("recency__order",)
#: Another order than the rule's, and one more action: what today's log compares.
ARMS = ("none", "call", "mail")


def rule() -> ActionRule:
    """Mail works on customers with a high feature, nothing on the others; the rule knows no calls."""
    return ActionRule(
        arms=("none", "mail"),
        scale=SignedLogScale(np.zeros(1), np.ones(1)),
        baseline=np.zeros(2),
        effects=(RidgeEffect(-0.2, np.array([0.2]), 1.0),),
        spend=SpendModel(np.array([[0.0, 0.0], [0.0, 3.0]]), np.ones((2, 2))),
        cost=np.array([0.0, 0.1]),
        margin_rate=1.0,
    )


def policy(state: str = "personalise", recommended: str = "mail") -> PhasePolicy:
    return PhasePolicy("decision", state, recommended, WORDS, COLUMNS, rule=rule())


def decisions(customers: list[int]) -> JudgedDecisions:
    n = len(customers)
    return JudgedDecisions(
        ARMS, np.array(customers), np.full(n, 7 * DAY_US), np.zeros((n, 3)), np.zeros((n, 3)),
        np.zeros(n, np.int64), np.ones(n),
    )  # fmt: skip


@pytest.fixture
def features(tmp_path: Path) -> Path:
    """Customer 1 has 0, 2 has 20, 3 has 10; all have another number a day later."""
    today = pd.DataFrame(
        {"customer_id": [3, 1, 2], "cutoff_us": 7 * DAY_US, COLUMNS[0]: np.array([10, 0, 20], np.float32)}
    )
    tomorrow = today.assign(cutoff_us=8 * DAY_US, **{COLUMNS[0]: np.float32(0)})
    pd.concat([tomorrow, today]).to_parquet(tmp_path / "features.parquet", index=False)
    return tmp_path / "features.parquet"


def names(chance: np.ndarray) -> list[str]:
    return [ARMS[place] for place in chance.argmax(axis=1)]


def test_the_rule_chooses_by_the_features_of_the_moment_and_among_what_was_possible(features: Path) -> None:
    one = decisions([2, 1, 9, 3])
    chance, rows = champion_choice(policy(), one, features)
    assert rows.tolist() == [True, True, False, True], "customer 9 has no features"
    assert names(chance[rows]) == ["mail", "none", "mail"] and not chance[2].any()
    barred = replace(one, money=np.where(np.arange(4)[:, None] == 0, [0.0, 0.0, np.nan], one.money))
    assert names(champion_choice(policy(), barred, features).chance[rows]) == ["none", "none", "mail"]


def test_a_contact_budget_goes_to_those_whom_the_champion_wants_most(features: Path) -> None:
    one = replace(decisions([3, 2, 1]), contact_share=1 / 3)
    assert names(champion_choice(policy(), one, features).chance) == ["none", "mail", "none"]


def test_an_action_for_everybody_needs_no_features(tmp_path: Path) -> None:
    one = decisions([1, 2])
    barred = replace(one, money=np.array([[0.0, 0.0, 0.0], [0.0, 0.0, np.nan]]))
    chance, rows = champion_choice(policy("constant"), barred, tmp_path / "none.parquet")
    assert names(chance) == ["mail", "none"] and rows.all()


def test_what_its_run_kept_is_found_again_decision_by_decision() -> None:
    one = decisions([2, 2, 1, 3])
    chose = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    # Two decisions of customer 2 on one day stay apart; customer 3 is new; the arms stood in another order.
    kept = JudgedDecisions(
        ("none", "mail"), np.array([1, 2, 2]), np.full(3, 7 * DAY_US), np.zeros((3, 2)), chose,
        np.zeros(3, np.int64), np.ones(3),
    )  # fmt: skip
    chance, rows = kept_choice(kept, one)
    assert rows.tolist() == [True, True, True, False]
    assert names(chance[rows]) == ["none", "mail", "mail"]
    barred = replace(one, money=np.where(np.arange(4)[:, None] == 2, [0.0, 0.0, np.nan], one.money))
    assert kept_choice(kept, barred).rows.tolist() == [True, True, False, False]
    assert not kept_choice(replace(kept, contact_share=0.5), one).rows.any()
    assert not kept_choice(replace(kept, arms=("none", "visit")), one).rows.any()


def test_what_cannot_be_applied_says_why(features: Path, tmp_path: Path) -> None:
    one = decisions([1, 2])
    with pytest.raises(InputError, match="chooses 'visit', and today's decisions compare only call, mail"):
        champion_choice(policy("constant", "visit"), one, features)
    less = replace(one, arms=("none", "call"), money=one.money[:, :2])
    with pytest.raises(InputError, match="chooses 'mail'"):
        champion_choice(policy(), less, features)
    old = replace(policy(), columns=("gone__28d",))
    with pytest.raises(InputError, match=r"needs 1 columns that this project does not make: gone__28d"):
        champion_choice(old, one, features)
    path = tmp_path / "policy.json"
    policy().save(path)
    assert champion_choice(saved_policy(path), one, features).chance.tolist() == [[1, 0, 0], [0, 0, 1]]
    saved = json.loads(path.read_text())
    saved["rule"]["learners"] = {"gone": {}}
    path.write_text(json.dumps(saved))
    with pytest.raises(InputError, match=r"saved by another version and cannot be read \(KeyError: 'gone'\)"):
        saved_policy(path)
