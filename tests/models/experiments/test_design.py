"""What a log that cannot tell gets instead of a model."""

from __future__ import annotations

import json

import pytest

from models.experiments.design import design
from models.experiments.power import Question, customers_needed, dunnett_shares


def test_it_names_arms_sizes_and_weeks() -> None:
    plan = design(["coupon", "newsletter", "none", "coupon"], 0.20, 5000, relative_effect=0.10)
    assert plan.arms == ("none", "coupon", "newsletter")
    assert plan.holdout_share == pytest.approx(2**0.5 / (2**0.5 + 2))
    assert plan.customers == customers_needed(Question(base=0.20, effect=0.02), dunnett_shares(2))
    assert plan.weeks == -(-sum(plan.customers) // 5000)
    assert plan.detectable is None
    assert f"{plan.customers[0]:,} customers without and {plan.customers[1]:,} per action" in plan.words["en"]
    assert f"{plan.weeks} hele weken, weekenden inbegrepen" in plan.words["nl"]


def test_at_least_two_whole_weeks() -> None:
    assert design(["mail"], 0.3, 1e6).weeks == 2


def test_too_long_is_said_with_what_can_be_found() -> None:
    plan = design(["mail"], 0.10, 500)
    assert plan.weeks is not None and plan.weeks > 26
    assert plan.detectable is not None and 0.10 < plan.detectable < 1
    assert "26 weeks show a change of" in plan.words["en"]
    hopeless = design(["mail"], 0.002, 20)
    assert hopeless.detectable is None
    assert "too few for any effect" in hopeless.words["en"]
    assert "te weinig klanten voor enig effect" in hopeless.words["nl"]


@pytest.mark.parametrize("rate", [float("nan"), 0.0, 1.0, 0.97])
@pytest.mark.parametrize("pace", [0.0, float("nan"), 100.0])
def test_thin_counts_still_give_arms_and_words(rate: float, pace: float) -> None:
    plan = design(["mail"], rate, pace)
    assert plan.customers == () and plan.weeks is None
    assert plan.words["en"].endswith("no rate of success is known yet.")
    json.dumps(plan.to_json(), allow_nan=False)


def test_without_an_action_there_is_nothing_to_compare() -> None:
    for arms in ([], ["none"]):
        plan = design(arms, 0.1, 100)
        assert plan.arms == ("none",)
        assert "no action to compare" in plan.words["en"]


def test_json_is_the_same_after_a_round_trip() -> None:
    told = design(["mail"], 0.10, 500).to_json()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
