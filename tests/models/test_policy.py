from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from features.contract import DAY_US
from features.errors import InputError
from models.actions.action_effects import RidgeEffect
from models.actions.action_rule import ActionRule
from models.actions.average_effects import average_effect
from models.actions.money import SpendModel
from models.actions.phase_policy import PhasePolicy, load_policies
from models.policies.constraints import Constraints
from models.policies.settings import ActionSettings, Budget, ContactCap, PolicySettings
from models.policy import decide
from models.signed_log import SignedLogScale

N = 4000
IDS = np.arange(N, dtype=np.int64) + 10
X = np.column_stack([np.where(np.arange(N) % 2, 3.0, -3.0), np.ones(N)]).astype(np.float32)
PHASE = np.full(N, "decision", dtype=object)


def policy(state: str = "personalise", recommended: str = "none") -> PhasePolicy:
    """Mail helps where the first column is above 0, call where it is below."""
    zero = np.zeros(2)
    rule = ActionRule(
        arms=("none", "call", "mail"),
        scale=SignedLogScale(zero, np.ones(2)),
        baseline=np.zeros(3),
        effects=(
            RidgeEffect(0.0, np.array([-0.1, 0.0]), 10.0),
            RidgeEffect(0.0, np.array([0.1, 0.0]), 10.0),
        ),
        spend=SpendModel(np.array([[0.0, 0.0, 0.0], [0.0, 0.0, np.log1p(10.0)]]), np.ones((2, 3))),
        cost=np.array([0.0, 1.0, 0.5]),
        margin_rate=1.0,
    )
    contrast = np.tile([-0.02, 0.1], 600)
    averages = {
        arm: average_effect(contrast, 10 * contrast, contrast, np.arange(1200), 900.0, 0.95)
        for arm in ("call", "mail")
    }
    return PhasePolicy(
        "decision", state, recommended, {"en": "", "nl": ""}, ("a", "b"), effects=averages, rule=rule,
        cost={"none": 0.0, "call": 1.0, "mail": 0.5},
    )  # fmt: skip


def run(one: PhasePolicy, **more: object):
    given: dict[str, object] = {"control_share": 0.0, **more}
    return decide({"decision": one}, X, ["a", "b"], PHASE, IDS, 0, **given)  # type: ignore[arg-type]


def test_personalised_takes_the_action_with_the_highest_net_value():
    done = run(policy())
    assert set(done.action[1::2]) == {"mail"} and set(done.action[::2]) == {"call"}
    # log1p(3) * 0.1 * 10 - cost
    assert done.action_value[1] == pytest.approx(np.log(4) - 0.5)
    assert done.action_value[0] == pytest.approx(np.log(4) - 1.0)
    assert done.action_cost[:2].tolist() == [1.0, 0.5]
    assert (done.effect_low <= done.action_effect).all() and (done.action_effect <= done.effect_high).all()


@pytest.mark.parametrize("state", ["constant", "explore more"])
def test_no_gate_no_personal_choice(state: str):
    done = run(policy(state, "mail"))
    assert set(done.action) == {"mail"}
    assert len(set(done.action_value)) == 1
    assert done.action_value[0] == pytest.approx(policy().effects["mail"].gain.value)
    assert set(run(policy(state, "none")).action) == {"none"}


def test_refused_consent_blocks_and_unknown_does_not():
    consent = np.array([True, False, None, False] * (N // 4), dtype=object)
    done = run(policy("constant", "mail"), consent={"post": consent}, channels={"mail": "post"})
    assert done.action[:4].tolist() == ["mail", "none", "mail", "none"]
    assert done.blocked[1] == ["mail:consent_post"] and done.blocked[0] == []
    assert done.action_effect[1] == 0 and done.action_cost[1] == 0


def test_refused_personalisation_blocks_every_action_and_a_refused_channel_only_its_own():
    refused = {
        "personalisation": np.array([False, None, True, None] * (N // 4), dtype=object),
        "post": np.array([None, None, None, False] * (N // 4), dtype=object),
    }
    done = run(policy(), consent=refused, channels={"mail": "post", "call": "phone"})
    assert done.action[:4].tolist() == ["none", "mail", "call", "none"]
    assert done.blocked[0] == ["call:consent_personalisation", "mail:consent_personalisation"]
    assert done.blocked[3] == ["mail:consent_post"]
    assert done.blocked[1] == done.blocked[2] == []
    assert done.action_value[0] == done.action_cost[0] == 0


def test_a_refused_consent_is_named_before_any_other_rule():
    no = np.full(N, False, dtype=object)
    done = run(policy(), consent={"post": no}, channels={"mail": "post"}, allowed={"decision": ["none"]})
    assert done.blocked[0] == ["call:phase", "mail:consent_post"]


def test_a_blocked_action_is_replaced_by_the_next_best():
    done = run(policy(), allowed={"decision": ["mail"]})
    assert set(done.action[::2]) == {"none"} and set(done.action[1::2]) == {"mail"}
    assert done.blocked[0] == ["call:phase"]
    assert "call" in set(run(policy(), allowed={"decision": []}).action)


def test_control_is_held_back_reproducibly_and_at_its_share():
    done = run(policy(), control_share=0.1)
    again = run(policy(), control_share=0.1)
    assert np.array_equal(done.is_control, again.is_control)
    assert 0.08 < done.is_control.mean() < 0.12
    assert set(done.action[done.is_control]) == {"none"}
    assert (done.action_value[done.is_control] == 0).all()
    part = decide({"decision": policy()}, X[7:9], ["a", "b"], PHASE[7:9], IDS[7:9], 0, 0.1)
    assert np.array_equal(part.is_control, done.is_control[7:9])


def test_the_control_group_stands_whatever_the_policy_and_moves_with_the_seed():
    one = run(policy(), control_share=0.1).is_control
    assert np.array_equal(one, run(policy("constant", "mail"), control_share=0.1).is_control)
    other = decide({"decision": policy()}, X, ["a", "b"], PHASE, IDS, 8, 0.1).is_control
    assert not np.array_equal(one, other)


def test_nobody_is_control_who_could_not_be_acted_on():
    phase = np.where(IDS % 2 == 0, "dormant", "decision").astype(object)
    done = decide({"decision": policy()}, X, ["a", "b"], phase, IDS, 7, 0.5)
    assert not done.is_control[phase == "dormant"].any()
    whole = decide({"decision": policy()}, X, ["a", "b"], PHASE, IDS, 7, 0.5)
    assert np.array_equal(done.is_control[phase == "decision"], whole.is_control[phase == "decision"])


def test_a_phase_without_a_policy_does_nothing_and_says_why():
    done = decide({"decision": policy()}, X[:2], ["a", "b"], np.array(["dormant"] * 2, object), IDS[:2], 0)
    assert done.action.tolist() == ["none", "none"]
    assert done.blocked[0] == ["call:no_evidence", "mail:no_evidence"]


def test_columns_are_found_by_name_and_a_missing_one_is_named():
    swapped = decide({"decision": policy()}, X[:, ::-1], ["b", "a"], PHASE, IDS, 0, 0.0)
    assert np.array_equal(swapped.action, run(policy()).action)
    with pytest.raises(InputError, match="features missing: b"):
        decide({"decision": policy()}, X[:, :1], ["a"], PHASE, IDS, 0)


def test_policies_come_back_from_disk_the_same(tmp_path):
    policy().save(tmp_path / "decision" / "policy.json")
    again = load_policies(tmp_path)
    assert again["decision"].to_json() == policy().to_json()
    first, second = run(policy()), run(again["decision"])
    assert np.array_equal(first.action_value, second.action_value)
    assert np.array_equal(first.effect_low, second.effect_low)


def held(said: PolicySettings, contacts: tuple[np.ndarray, ...] = ()) -> Constraints:
    return Constraints(said, 20_000 * DAY_US, contacts)


def test_without_constraints_nothing_is_drawn_and_nothing_is_dated():
    done = run(policy())
    assert set(done.propensity) == {1.0} and not done.explore.any()
    assert set(done.action_valid_until) == {None}
    assert done.eligible_actions[1] == ["mail"]


def test_a_contact_cap_blocks_over_its_channel_and_without_one_every_action():
    contacts = np.array([0, 1, 2, 3] * (N // 4))
    own = PolicySettings(contact_caps=(ContactCap(channel="email", most=2),), exploration="off")
    done = run(policy(), channels={"mail": "email"}, constraints=held(own, (contacts,)))
    assert done.action[:4].tolist() == ["call", "mail", "call", "none"]
    assert done.blocked[3] == ["mail:contact_cap_email"]
    every = PolicySettings(contact_caps=(ContactCap(most=2),), exploration="off")
    done = run(policy(), channels={"mail": "email"}, constraints=held(every, (contacts,)))
    assert done.action[:4].tolist() == ["call", "mail", "none", "none"]
    assert done.blocked[2] == ["call:contact_cap", "mail:contact_cap"]


def test_an_action_is_given_from_its_first_day_up_to_its_last():
    for days, wanted in (((0, 0), "mail"), ((1, 9), "none"), ((-9, -1), "none")):
        first, until = (date(2024, 10, 4) + timedelta(days=one) for one in days)
        said = PolicySettings(
            actions={"mail": ActionSettings(**{"from": first, "until": until})}, exploration="off"
        )
        done = run(policy("constant", "mail"), constraints=held(said))
        assert set(done.action) == {wanted}
        assert done.blocked[0] == ([] if wanted == "mail" else ["mail:validity"])


def test_a_lever_moves_the_choice_but_makes_no_loss_a_gain():
    x = np.array([[3.0, 1.0]], np.float32)

    def chosen(**levers: float) -> str:
        actions = {arm: ActionSettings(lever=lever) for arm, lever in levers.items()}
        said = PolicySettings(actions=actions, exploration="off")
        done = decide(
            {"decision": policy()}, x, ["a", "b"], PHASE[:1], IDS[:1], 0, 0.0, constraints=held(said)
        )
        return str(done.action[0])

    # A call loses money on this customer, mail brings some.
    assert chosen() == chosen(call=1000.0) == chosen(mail=0.01) == "mail"


def test_scarce_money_goes_to_whom_it_brings_most_and_a_weight_moves_it_between_phases():
    """Mail costs .5 and brings log(4) - .5 to the odd rows; a call costs 1 and brings log(4) - 1 to the even ones."""
    money = {"money": Budget(limit=100.0)}
    done = run(policy(), constraints=held(PolicySettings(exploration="off", budgets=money)))
    assert (done.action == "mail").sum() == 200 and (done.action == "call").sum() == 0
    assert done.action_cost.sum() == 100.0
    assert done.blocked[0] == ["call:budget_money"]
    levers = {"call": ActionSettings(lever=10.0)}
    said = PolicySettings(exploration="off", budgets=money, actions=levers)
    other = run(policy(), constraints=held(said))
    assert (other.action == "call").sum() == 100 and (other.action == "mail").sum() == 0


def test_stock_is_not_given_out_twice():
    said = PolicySettings(exploration="off", actions={"mail": ActionSettings(stock=7)})
    done = run(policy("constant", "mail"), constraints=held(said))
    assert (done.action == "mail").sum() == 7
    assert sum(one == ["mail:stock"] for one in done.blocked) == N - 7


def test_an_action_for_all_is_given_whatever_its_average_and_shows_that_average():
    one = policy("constant", "mail")
    contrast = np.tile([-0.12, 0.1], 600)
    loses = average_effect(contrast, contrast, contrast, np.arange(1200), 900.0, 0.95)
    done = run(replace(one, effects={**one.effects, "mail": loses}))
    assert set(done.action) == {"mail"}
    assert done.action_value[0] == pytest.approx(-0.01)


def test_a_drawn_action_on_which_nothing_was_measured_claims_nothing():
    one = policy("constant", "none")
    done = run(replace(one, effects={}), constraints=held(PolicySettings(exploration=0.9)))
    drawn = done.action == "mail"
    assert drawn.any() and set(done.action_value[drawn]) == {0.0}
    assert set(done.effect_low[drawn]) == {-1.0} and set(done.effect_high[drawn]) == {1.0}


def test_a_new_action_is_drawn_where_the_journey_names_it_and_its_cost_is_said_but_never_planned():
    refused = PhasePolicy("decision", "refuse", "none", {"en": "", "nl": ""}, ("a", "b"))
    names = {"decision": ["none", "sms"]}
    quiet = run(refused, allowed=names, constraints=held(PolicySettings(exploration=0.5)))
    assert set(quiet.action) == {"none"} and quiet.blocked[0] == ["sms:no_evidence"]
    said = PolicySettings(
        exploration=0.5,
        actions={"sms": ActionSettings(trial_cost=0.25)},
        budgets={"money": Budget(limit=50.0)},
    )
    tried = run(refused, allowed=names, constraints=held(said))
    assert set(tried.action) == {"none", "sms"} and tried.explore[tried.action == "sms"].all()
    assert 20.0 < tried.action_cost.sum() <= 50.0
    assert tried.action_cost.sum() == 0.25 * (tried.action == "sms").sum()
    elsewhere = run(refused, allowed={"decision": ["none", "mail"]}, constraints=held(said))
    assert set(elsewhere.action) == {"none"}
