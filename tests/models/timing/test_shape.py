from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.timing.shape import LINEAR, QUANTILES, SEEN, STEADY, Shape, even, learn_spread, repaired

HORIZONS = (7, 14, 28)
chances = st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=15)


@given(chances)
def test_repaired_probabilities_rise_and_change_only_what_fell(rows: list[list[float]]) -> None:
    p = np.array(rows)
    risen, changed = repaired(p)
    assert (np.diff(risen, axis=1) >= 0).all()
    assert (risen >= p).all()
    assert (changed == (np.diff(p, axis=1) < 0).any(axis=1)).all()
    assert (risen[~changed] == p[~changed]).all()


@pytest.mark.parametrize("kind", [LINEAR, STEADY, SEEN])
@given(chances, st.integers(0, 10_000))
def test_quantiles_rise_lie_in_the_right_interval_and_are_nobody_elses(
    kind: str, rows: list[list[float]], seed: int
) -> None:
    p, _ = repaired(np.array(rows))
    rng = np.random.default_rng(seed)
    shape = learn_spread(p, np.where(rng.random(len(p)) < 0.7, 28 * rng.random(len(p)), -1.0), HORIZONS)
    shape = Shape(kind, HORIZONS, shape.spread)
    q = shape.quantiles(p)
    ends = np.array([0, *HORIZONS])
    for place, level in enumerate(QUANTILES):
        assert (np.isnan(q[:, place]) == (p[:, -1] < level)).all()
        for row in np.flatnonzero(p[:, -1] >= level):
            interval = int(np.argmax(p[row] >= level))
            assert ends[interval] <= q[row, place] <= ends[interval + 1]
    known = np.where(np.isnan(q), np.inf, q)
    assert (known[:, 1:] >= known[:, :-1]).all()
    assert np.array_equal(shape.quantiles(p[:1])[0], q[0], equal_nan=True)
    assert np.array_equal(shape.quantiles(p[::-1])[::-1], q, equal_nan=True)


def test_a_steady_hazard_gives_back_its_own_quantiles() -> None:
    rate = np.array([0.02, 0.1, 0.5])
    p = 1 - np.exp(-rate[:, None] * np.array(HORIZONS))
    q = even(STEADY, HORIZONS).quantiles(p, (0.1, 0.3))
    assert q[:, 0] == pytest.approx(-np.log(0.9) / rate)
    assert np.isnan(even(STEADY, HORIZONS).quantiles(p, (0.9,))[0, 0])


def test_the_spread_that_was_seen_is_found_again() -> None:
    """Orders on the last two days of the week only, at twice the pace for half of the customers."""
    rng = np.random.default_rng(3)
    rate = np.repeat([0.05, 0.1], 20_000)
    p = 1 - np.exp(-rate[:, None] * np.array([7.0]))
    came = rng.random(len(rate)) < p[:, 0]
    inside = -np.log(1 - rng.random(len(rate)) * p[:, 0]) / (rate * 7)
    shape = learn_spread(p, np.where(came, 5 + 2 * inside, -1.0), (7,))
    spread = np.array(shape.spread[0])
    assert spread[20] < 0.01
    assert spread[24] == pytest.approx(0.5, abs=0.03)
    assert Shape.of_json(shape.as_json()) == shape


def test_the_chance_of_the_day_is_a_chance() -> None:
    """Over all steps of an interval the chances of an order in it sum to 1, whatever the way to fill in."""
    steps = np.arange(28 * 4) / 4
    p = np.tile([[0.3, 0.5, 0.9]], (len(steps), 1))
    learnt = learn_spread(p, steps, HORIZONS)
    for shape in (even(LINEAR, HORIZONS), even(STEADY, HORIZONS), learnt):
        chance = np.exp(shape.log_chance(p, steps))
        for start, end in ((0, 7), (7, 14), (14, 28)):
            assert chance[(steps >= start) & (steps < end)].sum() == pytest.approx(1.0)
