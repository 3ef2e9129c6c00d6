from __future__ import annotations

import numpy as np

from models.actions.keyed_draws import customer_folds, keyed_uniform

IDS = np.arange(20_000, dtype=np.int64) * 7919 - 50_000


def test_draws_are_uniform_and_unrelated_between_keys():
    first, second = keyed_uniform(IDS, "a", 1), keyed_uniform(IDS, "a", 2)
    counts = np.histogram(first, bins=10, range=(0, 1))[0]
    assert counts.min() > 1850 and counts.max() < 2150
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03


def test_a_draw_does_not_depend_on_order_or_company():
    order = np.random.default_rng(0).permutation(len(IDS))
    assert np.array_equal(keyed_uniform(IDS, 5)[order], keyed_uniform(IDS[order], 5))
    assert keyed_uniform(IDS[3:4], 5)[0] == keyed_uniform(IDS, 5)[3]


def test_folds_keep_customers_whole_and_are_even():
    fold = customer_folds(np.repeat(IDS, 2), 3, 7)
    assert np.array_equal(fold[::2], fold[1::2])
    assert np.bincount(fold).min() > 0.95 * len(fold) / 3


def test_keys_are_told_apart_by_their_parts():
    assert not np.array_equal(keyed_uniform(IDS, "ab", "c"), keyed_uniform(IDS, "a", "bc"))
