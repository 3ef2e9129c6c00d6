from __future__ import annotations

import numpy as np

from models.actions.average_effects import average_effect

ROWS = np.arange(4000)


def test_groups_are_the_averages_of_their_fifth():
    predicted = np.linspace(-1, 1, 4000)
    one = average_effect(predicted, predicted, predicted, ROWS, 900.0, 0.95)
    assert np.allclose([group.value for group in one.groups], [-0.8, -0.4, 0.0, 0.4, 0.8], atol=0.01)
    effect, low, high = one.near(np.array([-5.0, 0.05, 5.0]))
    assert np.allclose(effect, [-0.8, 0.0, 0.8], atol=0.01)
    assert (low < effect).all() and (effect < high).all()


def test_equal_predictions_give_one_group():
    contrast = np.random.default_rng(0).normal(size=4000)
    one = average_effect(contrast, contrast, np.zeros(4000), ROWS, 900.0, 0.95)
    assert len(one.groups) == 1
    assert one.groups[0] == one.effect


def test_a_small_log_is_not_cut_up():
    contrast = np.random.default_rng(0).normal(size=600)
    assert len(average_effect(contrast, contrast, contrast, ROWS[:600], 90.0, 0.95).groups) == 1
