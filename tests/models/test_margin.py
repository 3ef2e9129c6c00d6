from __future__ import annotations

import numpy as np
import pytest

from models.actions.margin import learn_margin, with_margin


def net(n: int = 2000, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 3))


def everything(n: int = 2000) -> np.ndarray:
    return np.ones((n, 3), dtype=bool)


def test_the_margin_gives_up_the_share_it_says_and_more_of_the_choices():
    values, free = net(), everything()
    margin = learn_margin(values, free, 1, at_stake=0.05)
    row = np.arange(len(values))
    full = values[row, with_margin(values, free, 1, 0.0)] - values[:, 1]
    kept = values[row, with_margin(values, free, 1, margin)] - values[:, 1]
    assert 0.945 < kept.sum() / full.sum() <= 0.955
    assert (kept > 0).mean() < 0.9 * (full > 0).mean()


def test_without_leads_there_is_no_margin_and_ties_go_to_the_constant():
    same = np.zeros((50, 3))
    assert learn_margin(same, everything(50), 2) == 0.0
    assert (with_margin(same, everything(50), 2, 0.0) == 2).all()


def test_where_the_constant_is_not_eligible_none_stands_in_for_it():
    values = np.array([[0.0, 9.0, 0.2], [0.0, 9.0, 3.0]])
    free = np.array([[True, False, True], [True, False, True]])
    assert with_margin(values, free, 1, 1.0).tolist() == [0, 2]


def test_a_choice_depends_on_its_own_row_only():
    values, free = net(), everything()
    margin = learn_margin(values, free, 0)
    whole = with_margin(values, free, 0, margin)
    assert with_margin(values[7:8], free[:1], 0, margin).tolist() == [whole[7]]


def test_nobody_to_choose_for_is_no_error():
    assert learn_margin(np.zeros((0, 2)), np.ones((0, 2), bool), 0) == pytest.approx(0.0)
