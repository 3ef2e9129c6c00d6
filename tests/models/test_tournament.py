from __future__ import annotations

import numpy as np
import pytest

from models.actions.action_rule import Candidates, Learning
from models.actions.tournament import LOGGED, RANDOM, run_tournament

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
        assert entries[name].ips.value == pytest.approx(truth, abs=1.8), name
    assert entries[LOGGED].value.value == pytest.approx(
        (log().value - np.array([0.0, 1.0])[log().arm]).mean()
    )


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
