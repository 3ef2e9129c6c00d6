from __future__ import annotations

import numpy as np
import pytest

from features.errors import InputError
from models.actions.action_rule import Candidates, Learning
from models.actions.tournament import LOGGED, PERSONALISED, RANDOM, run_tournament
from models.actions.tournament_settings import TournamentSettings

HOW = Learning(folds=2, floor=0.02, margin_rate=1.0, seed=3, num_threads=1)


def log(n: int = 1500, mail_days: float = 1.0, seed: int = 0) -> Candidates:
    """Half succeed, worth 10, or 20 after a mail of cost 1; mail is possible on a share of the days."""
    rng = np.random.default_rng(seed)
    eligible = np.ones((n, 2), dtype=bool)
    eligible[:, 1] = rng.random(n) < mail_days
    arm = np.where(eligible[:, 1], rng.integers(0, 2, n), 0)
    outcome = (rng.random(n) < 0.5).astype(float)
    return Candidates(
        ("none", "mail"), rng.normal(size=(n, 2)).astype(np.float32), np.zeros(n, np.float32), np.arange(n),
        arm, eligible, np.where(eligible[:, 1], 0.5, 1.0), outcome,
        outcome * (10 + 10 * arm), np.array([0.0, 1.0]),
    )  # fmt: skip


def test_every_policy_is_valued_near_the_truth():
    entries = run_tournament(log(), HOW, 200, 0.95).entries
    for name, truth in (("none", 5.0), ("mail", 9.0), (LOGGED, 7.0), (RANDOM, 7.0), ("personalised", 9.0)):
        assert entries[name].value.value == pytest.approx(truth, abs=1.2), name
        assert entries[name].estimates["ips"].value == pytest.approx(truth, abs=1.8), name
    assert entries[LOGGED].value.value == pytest.approx(
        (log().value - np.array([0.0, 1.0])[log().arm]).mean()
    )


def test_the_scores_that_are_subtracted_are_those_of_the_value():
    found = run_tournament(log(1500, mail_days=0.7), HOW, 100, 0.95)
    for name, one in found.entries.items():
        assert one.scores.mean() == pytest.approx(one.value.value), name
        if name != LOGGED:
            assert {"dr", "ips", "snips", "sndr", "switch_dr"} == set(one.estimates), name
            assert {"dm", "sndr", "switch_dr"} <= set(one.summary())


def test_an_action_falls_back_to_none_where_it_was_not_possible():
    part = log(3000, mail_days=0.4)
    mail = run_tournament(part, HOW, 200, 0.95).entries["mail"]
    assert mail.shares["mail"] == pytest.approx(part.eligible[:, 1].mean())
    assert mail.value.value == pytest.approx(0.4 * 9 + 0.6 * 5, abs=0.8)
    # Its support is counted on the days it was possible, about half of which went to mail.
    assert mail.support.n == part.eligible[:, 1].sum()
    assert mail.support.ess < 0.6 * mail.support.n


def test_without_support_there_is_no_number():
    entries = run_tournament(log(600), HOW, 400, 0.95).entries
    row = entries["mail"].summary()
    assert not row["evaluable"] and row["value"] is None and "not evaluable" in row["note"]
    assert "ips" not in row


def test_the_rule_is_cross_fitted_by_customer():
    one = log(1000)
    double = Candidates(
        **{**vars(one), "customers": one.customers // 2}  # two decisions per customer
    )
    first = run_tournament(double, HOW, 200, 0.95)
    flipped = np.where(double.customers == 0, 1 - double.outcome, double.outcome)
    second = run_tournament(Candidates(**{**vars(double), "outcome": flipped}), HOW, 200, 0.95)
    own = double.customers == 0
    assert np.array_equal(first.predicted[own], second.predicted[own])
    assert not np.array_equal(first.predicted, second.predicted)


def test_every_contender_is_valued_and_only_one_is_gated():
    entries = run_tournament(log(), HOW, 200, 0.95).entries
    assert list(entries)[:3] == ["none", "mail", LOGGED]
    assert {"best_response", "hybrid", "pcvl", RANDOM, "response", PERSONALISED} == set(list(entries)[3:])
    assert [name for name, one in entries.items() if one.summary()["gated"]] == [PERSONALISED]
    kinds = [one.summary()["kind"] for one in entries.values()]
    assert kinds[:3] == ["single action", "single action", "logged"] and set(kinds[3:]) == {"contender"}
    # Mail helps everybody here: whoever always shows an action is as good as mail for all.
    for name in ("best_response", "pcvl", "response", "hybrid"):
        assert entries[name].value.value == pytest.approx(entries["mail"].value.value, abs=0.3), name


def test_every_contender_keeps_to_the_contact_budget_and_the_log_is_what_it_was():
    free = run_tournament(log(), HOW, 200, 0.95)
    tight = run_tournament(log(), HOW, 200, 0.95, TournamentSettings(contact_share=0.3))
    for name, one in tight.entries.items():
        if name != LOGGED:
            assert 1 - one.shares["none"] <= 0.3 + 1e-9, name
    assert tight.entries[LOGGED].shares == free.entries[LOGGED].shares
    # 30 % of a gain of 4, wherever the contacts go.
    gain = tight.entries["mail"].value.value - tight.entries["none"].value.value
    whole = free.entries["mail"].value.value - free.entries["none"].value.value
    assert gain == pytest.approx(0.3 * whole)
    # What an action does to who gets it knows no budget.
    assert np.array_equal(tight.money, free.money)


def test_an_action_called_as_a_policy_is_refused():
    one = log(600)
    clash = Candidates(**{**vars(one), "arms": ("none", "random")})
    with pytest.raises(InputError, match="'random'"):
        run_tournament(clash, HOW, 200, 0.95)


def test_a_contender_that_targets_who_gains_beats_response_ranking_within_the_budget():
    """Half the customers gain 0.4 by a mail; the other half buy anyway and are the likeliest to respond."""
    rng = np.random.default_rng(4)
    n = 6000
    loyal = rng.random(n) < 0.5
    arm = rng.integers(0, 2, n)
    outcome = (rng.random(n) < np.where(loyal, 0.8, 0.1 + 0.4 * arm)).astype(float)
    one = Candidates(
        ("none", "mail"), np.column_stack([loyal, rng.normal(size=n)]).astype(np.float32), np.zeros(n, np.float32),
        np.arange(n), arm, np.ones((n, 2), bool), np.full(n, 0.5), outcome, 10 * outcome, np.array([0.0, 0.5]),
    )  # fmt: skip
    entries = run_tournament(one, HOW, 200, 0.95, TournamentSettings(contact_share=0.5)).entries
    worth = {name: entry.value.value - entries["none"].value.value for name, entry in entries.items()}
    assert worth[PERSONALISED] == pytest.approx(0.5 * 3.5, abs=0.5)
    assert worth["response"] < 0.4 * worth[PERSONALISED]
    assert worth["response"] < worth["mail"] < worth[PERSONALISED]
