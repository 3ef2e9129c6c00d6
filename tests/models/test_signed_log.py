from __future__ import annotations

import numpy as np

from models.signed_log import REACH, SignedLogScale, weighted_sums


def test_skew_is_tamed_and_sign_kept():
    x = np.random.default_rng(0).lognormal(3, 2, size=(5000, 1)) * np.array([[1.0, -1.0]])
    z = SignedLogScale.learn(x).apply(x)
    assert np.abs(z.mean(axis=0)).max() < 0.05
    assert np.corrcoef(x[:, 0], z[:, 0])[0, 1] > 0 and np.corrcoef(z[:, 0], z[:, 1])[0, 1] < -0.99


def test_far_away_rows_are_held_and_constant_columns_are_silent():
    scale = SignedLogScale.learn(np.array([[0.0, 4.0], [1.0, 4.0]]))
    z = scale.apply(np.array([[1e9, 7.0], [-1e9, 0.0]]))
    assert z.tolist() == [[REACH, 0.0], [-REACH, 0.0]]


def test_sums_of_a_row_do_not_depend_on_the_other_rows():
    rng = np.random.default_rng(1)
    z, coefficients = rng.normal(size=(501, 137)), rng.normal(size=(3, 137))
    whole = weighted_sums(z, coefficients)
    assert np.allclose(whole, z @ coefficients.T)
    for size in (1, 2, 7, 64):
        assert np.array_equal(weighted_sums(z[:size], coefficients), whole[:size])
