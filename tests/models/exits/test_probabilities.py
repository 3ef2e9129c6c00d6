from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.labels.exits import EXITS, possible_exits
from models.exits.probabilities import FLOOR, losses, mixed, shares, to_one

weights = st.lists(
    st.lists(st.floats(0, 1e6, allow_nan=False), min_size=4, max_size=4), min_size=1, max_size=20
)


@given(weights, st.integers(0, 10_000))
def test_sums_are_one_to_the_last_bit_in_any_order(rows: list[list[float]], seed: int) -> None:
    random = np.random.default_rng(seed)
    possible = random.random((len(rows), 4)) < 0.6
    possible[:, random.integers(0, 4)] = True
    p = to_one(np.array(rows), possible)
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]):
        total = np.zeros(len(p))
        for exit in order:
            total += p[:, exit]
        assert (total == 1.0).all()
    assert (p[~possible] == 0).all()
    assert (p[possible] >= FLOOR * 0.999).all()


@given(weights)
def test_what_is_likelier_stays_likelier(rows: list[list[float]]) -> None:
    given_, p = np.array(rows), to_one(np.array(rows), np.ones((len(rows), 4), dtype=np.bool_))
    assert (np.take_along_axis(p, given_.argmax(axis=1)[:, None], 1)[:, 0] >= p.max(axis=1) - 1e-9).all()


def test_nothing_comes_before_the_first_or_after_the_last_phase() -> None:
    table = possible_exits(3)
    advance, regress = EXITS.index("advance"), EXITS.index("regress")
    assert table[:, advance].tolist() == [True, True, False, True]
    assert table[:, regress].tolist() == [False, True, True, True]
    one = possible_exits(1)[0]
    assert [EXITS[k] for k in np.flatnonzero(one)] == ["stall", "leave"]


def test_shares_are_counted_per_phase_and_drawn_together_where_rows_are_few() -> None:
    y, phase = np.repeat([0, 1], [1000, 500]), np.repeat([0, 1], [1000, 500])
    found = shares(y, phase, 3)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    assert found[0, 0] > 0.98
    assert found[1, 1] > 0.98
    np.testing.assert_allclose(found[2], [1001 / 1504, 501 / 1504, 1 / 1504, 1 / 1504])


def test_one_model_is_given_back_as_it_is() -> None:
    p = np.array([[0.1, 0.2, 0.3, 0.4]])
    assert mixed({"a": p, "b": p[:, ::-1]}, {"a": 1.0}) is p
    np.testing.assert_allclose(mixed({"a": p, "b": p}, {"a": 0.5, "b": 0.5}), p)


def test_a_loss_is_held_where_the_impossible_happened() -> None:
    assert losses(np.array([[1.0, 0.0, 0.0, 0.0]]), np.array([3])).tolist() == [-np.log(1e-4)]
