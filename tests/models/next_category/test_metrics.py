from __future__ import annotations

import math

import numpy as np
import pytest

from models.next_category.metrics import hit_rate, ndcg, top


def slow_ndcg(scores: list[float], relevant: list[bool], among: list[bool], k: int) -> float:
    order = sorted((j for j in range(len(scores)) if among[j]), key=lambda j: (-scores[j], j))[:k]
    gain = sum(1 / math.log2(place + 2) for place, j in enumerate(order) if relevant[j])
    number = sum(r and a for r, a in zip(relevant, among, strict=True))
    if not number:
        return math.nan
    return gain / sum(1 / math.log2(place + 2) for place in range(min(number, k)))


@pytest.mark.parametrize("k", [1, 3, 5, 9])
def test_as_by_hand(k: int) -> None:
    random = np.random.default_rng(k)
    scores = random.integers(0, 4, (60, 7)).astype(np.float64)
    relevant, among = random.random((60, 7)) < 0.3, random.random((60, 7)) < 0.7
    slow = [
        slow_ndcg(*row, k) for row in zip(scores.tolist(), relevant.tolist(), among.tolist(), strict=True)
    ]
    assert np.allclose(ndcg(scores, relevant, among, k), slow, equal_nan=True)
    assert np.isnan(slow).any()
    hits = hit_rate(scores, relevant, among, k)
    assert np.array_equal(hits[~np.isnan(hits)] > 0, np.array(slow)[~np.isnan(hits)] > 0)


def test_equals_go_to_the_category_most_bought() -> None:
    assert top(np.zeros((1, 4)), np.array([[False, True, True, True]]), 2).tolist() == [[1, 2]]


def test_who_bought_nothing_is_not_judged() -> None:
    nothing = np.zeros((1, 3), dtype=bool)
    assert np.isnan(ndcg(np.ones((1, 3)), nothing, ~nothing))
    assert np.isnan(hit_rate(np.ones((1, 3)), nothing, ~nothing))
