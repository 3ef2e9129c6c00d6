"""What every contender must do: keep to eligible actions and to the contact budget; and what each one is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import models.actions.contenders as contenders
from features.discovery import discover
from models.actions.contenders._base import Proposal, View, within_share
from models.actions.contenders._single_action import SingleAction
from models.actions.tournament_settings import TournamentSettings

FOUND = discover(contenders, "CONTENDER")
ARMS = ("none", "call", "mail")


def view(rows: int = 400, seed: int = 0) -> View:
    """Random customers; a tenth can have nothing but `none`."""
    rng = np.random.default_rng(seed)
    eligible = rng.random((rows, 3)) < 0.8
    eligible[:, 0] = True
    eligible[: rows // 10, 1:] = False
    response = rng.random((rows, 3))
    effect = np.column_stack([np.zeros(rows), rng.normal(size=(rows, 2)) / 20])
    net = np.round(10 * rng.random((rows, 1)) + 20 * effect, 1)  # rounded: ties occur
    return View(
        ARMS, eligible, response, effect, net, np.array([9.0, 9.0, 9.0]), np.array([0.0, 2.0, 1.0]), 2, 2,
        TournamentSettings(),
    )  # fmt: skip


def test_a_dropped_file_is_a_contender():
    assert {"best_response", "hybrid", "pcvl", "personalised", "random", "response"} <= set(FOUND)


@pytest.mark.parametrize("name", [*FOUND, "call"])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.05, 0.3, 0.77, 1.0]))
def test_nobody_gets_what_is_not_eligible_and_the_contact_budget_holds(name: str, seed: int, share: float):
    seen = view(97, seed)
    proposal = {**FOUND, "call": SingleAction(1)}[name].propose(seen)
    target = within_share(proposal, share)
    assert np.allclose(target.sum(axis=1), 1.0) and target.min() >= 0.0
    assert not target[~seen.eligible].any()
    wanted = 1 - proposal.target[:, 0].mean()
    # Exactly the budget is used, or all that is wanted.
    assert 1 - target[:, 0].mean() == pytest.approx(min(share, wanted))
    kept = 1 - target[:, 0]
    wants = proposal.target[:, 0] < 1
    if (kept[wants] > 0.999).any() and (kept[wants] < 0.001).any():
        assert proposal.lead[wants & (kept > 0.999)].min() >= proposal.lead[wants & (kept < 0.001)].max()


def test_without_a_lead_a_random_part_is_contacted():
    target = within_share(SingleAction(1).propose(view()), 0.25)
    chances = np.unique(target[:, 1].round(9))
    assert len(chances) == 2 and chances[0] == 0.0 and 0.25 < chances[1] < 0.5


def test_best_response_knows_no_effect():
    seen = view()
    first = FOUND["best_response"].propose(seen)
    again = FOUND["best_response"].propose(replace(seen, effect=-seen.effect, net=-seen.net))
    assert np.array_equal(first.target, again.target)
    contacted = seen.eligible[:, 1:].any(axis=1)
    assert (first.target[contacted, 0] == 0).all()


def test_response_gives_the_best_single_action_to_the_likeliest_first():
    seen = view()
    target = within_share(FOUND["response"].propose(seen), 0.2)
    assert not target[:, 1].any()
    given_, left = target[:, 2] == 1, seen.eligible[:, 2] & (target[:, 2] == 0)
    assert seen.response[given_, 2].min() >= seen.response[left, 2].max()


def test_pcvl_follows_propensity_context_value_and_lever():
    seen = replace(view(), response=np.tile([0.9, 0.5, 0.4], (400, 1)), eligible=np.ones((400, 3), bool))
    # P x V: call 0.5 x (9 - 2) = 3.5, mail 0.4 x (9 - 1) = 3.2; doing nothing is not ranked.
    assert (FOUND["pcvl"].propose(seen).target[:, 1] == 1).all()
    for field in ("context", "lever"):
        pushed = replace(seen, settings=TournamentSettings(**{field: {"mail": 1.2}}))
        proposal = FOUND["pcvl"].propose(pushed)
        assert (proposal.target[:, 2] == 1).all()
        assert proposal.lead == pytest.approx(3.84)
    dear = replace(seen, cost=np.array([0.0, 9.5, 9.0]))
    assert (FOUND["pcvl"].propose(dear).target[:, 0] == 1).all()


def test_personalised_takes_the_highest_net_value_and_the_highest_gains_first():
    seen = view()
    proposal = FOUND["personalised"].propose(seen)
    best = np.where(seen.eligible, seen.net, -np.inf).max(axis=1)
    assert np.array_equal((proposal.target * seen.net).sum(axis=1), best)
    assert np.array_equal(proposal.lead, best - seen.net[:, 0])
    tied = replace(seen, net=np.zeros((400, 3)))
    assert (FOUND["personalised"].propose(tied).target[:, 0] == 1).all()


def test_hybrid_follows_the_effect_above_the_margin_and_the_response_below_it():
    seen = view()
    proposal = FOUND["hybrid"].propose(seen)
    choice = proposal.target.argmax(axis=1)
    row = np.arange(len(choice))
    best = np.where(seen.eligible, seen.net, -np.inf).max(axis=1)
    constant = np.where(seen.eligible[:, 2], 2, 0)
    lead = best - seen.net[row, constant]
    left = choice == constant
    assert np.allclose((seen.net[row, choice])[~left], best[~left])
    assert lead[~left].min() > lead[left].max() > 0
    assert 0.9 * lead.sum() < lead[~left].sum() < lead.sum()
    assert np.array_equal(proposal.lead[left], seen.response[row, choice][left])
    assert proposal.lead[~left].min() >= 1.0


def test_random_spreads_evenly_over_what_is_possible():
    seen = view()
    target = FOUND["random"].propose(seen).target
    assert target[:10].tolist() == [[1.0, 0.0, 0.0]] * 10
    assert np.allclose(target[seen.eligible.all(axis=1)], 1 / 3)


def test_a_budget_takes_the_highest_leads_and_shares_the_last_place():
    three = Proposal(np.eye(2)[[1, 1, 1, 0, 1]], np.array([2.0, 5.0, 2.0, 9.0, 1.0]))
    assert within_share(three, 0.4)[:, 1] == pytest.approx([0.5, 1.0, 0.5, 0.0, 0.0])
