"""The decisions that a policy was judged on are kept: sorted, per phase, the same bytes twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from features.contract import DAY_US
from models.actions.action_rule import Candidates
from models.actions.judged_decisions import JudgedDecisions, judged_decisions, read_judged, write_judged

LOG = Candidates(
    arms=("none", "mail"),
    x=np.zeros((4, 1), np.float32),
    day=np.array([20_300, 20_300, 20_290, 20_300], np.float32),
    customers=np.array([7, 3, 9, 3]),
    arm=np.array([0, 1, -1, 0]),
    eligible=np.array([[True, True], [True, True], [True, True], [True, False]]),
    propensity=np.array([0.5, 0.01, 0.4, 1.0]),
    outcome=np.zeros(4),
    value=np.zeros(4),
    cost=np.zeros(2),
)
MONEY = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, np.nan]])
CHANCE = np.array([[0.0, 1.0], [0.25, 0.75], [1.0, 0.0], [1.0, 0.0]])


def kept() -> JudgedDecisions:
    return judged_decisions(LOG, MONEY, CHANCE, floor=0.02, contact_share=0.3, min_ess=200)


def test_in_the_order_of_day_and_customer_and_back_from_the_file(tmp_path: Path) -> None:
    one = kept()
    assert one.customers.tolist() == [9, 3, 3, 7]
    assert (one.cutoff_us // DAY_US).tolist() == [20_290, 20_300, 20_300, 20_300]
    assert one.propensity.tolist() == [0.4, 0.02, 1.0, 0.5]
    other = replace(one, arms=("none", "visit"), contact_share=1.0)
    write_judged([("awareness", other), ("decision", one)], tmp_path / "a.parquet")
    back = read_judged(tmp_path / "a.parquet", "decision")
    assert back is not None and back.arms == one.arms
    assert (back.contact_share, back.min_ess) == (0.3, 200)
    for name in ("customers", "cutoff_us", "money", "chance", "taken", "propensity"):
        np.testing.assert_array_equal(getattr(back, name), getattr(one, name))
    assert back.eligible.tolist() == [[True, True], [True, True], [True, False], [True, True]]
    assert back.scores(back.chance).tolist() == [5.0, 3.75, 7.0, 2.0]
    assert back.taken_chance(back.chance).tolist() == [0.0, 0.75, 1.0, 0.0]
    assert read_judged(tmp_path / "a.parquet", "retention") is None


def test_the_same_decisions_give_the_same_bytes_and_none_an_empty_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_judged([("decision", kept())], tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    write_judged([], tmp_path / "none")
    assert read_judged(tmp_path / "none", "decision") is None
