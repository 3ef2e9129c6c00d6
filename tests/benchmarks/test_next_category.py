"""The benchmark of the next category: its truth by hand, and its judge."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import benchmarks.next_category as bench
from benchmarks.next_category import OURS, OWN, Truth, judged, markdown

CUTOFF = date(2017, 10, 2)
LINES = [
    # household, basket, days from the cutoff, product
    (1, 1, -200, "tea"), (1, 2, -30, "tea"), (1, 2, -30, "tea"), (1, 3, 3, "tea"),
    (2, 4, -10, "milk"), (2, 5, 2, "tea"), (2, 6, 2, "nothing"),
    (3, 7, -100, "milk"), (3, 8, 1, "milk"),
    (4, 9, -5, "unknown"), (4, 10, 14, "tea"),
]  # fmt: skip


@pytest.fixture
def truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Truth:
    names = {"tea": 1, "milk": 2, "nothing": 3, "unknown": 4}
    midnight = datetime.combine(CUTOFF, datetime.min.time())
    lines = pd.DataFrame(
        [
            (who, basket, midnight + timedelta(days=day, hours=1), names[what])
            for who, basket, day, what in LINES
        ],
        columns=["household_id", "basket_id", "transaction_timestamp", "product_id"],
    )
    lines.to_parquet(tmp_path / "transactions.parquet")
    products = pd.DataFrame({"product_id": [1, 2, 3], "product_category": ["tea", "milk", None]})
    products.to_parquet(tmp_path / "products.parquet")
    monkeypatch.setattr(bench, "RANKED_BEFORE", CUTOFF)
    return Truth(tmp_path)


def test_the_truth_by_hand(truth: Truth) -> None:
    assert truth.categories == ["tea", "milk"]
    # A line whose product is unknown is an order all the same.
    assert truth.population(CUTOFF) == ["1", "2", "4"]
    who = ["1", "2", "4"]
    assert truth.baskets(who, CUTOFF, None, 0).tolist() == [[2, 0], [0, 1], [0, 0]]
    assert truth.baskets(who, CUTOFF, 0, 14).tolist() == [[1, 0], [1, 0], [0, 0]]
    assert truth.baskets(who, CUTOFF, -112, 0).tolist() == [[1, 0], [0, 1], [0, 0]]


def test_judged_beside_own_frequency(truth: Truth) -> None:
    perfect = pd.DataFrame([[0.9, 0.1]] * 3, index=["1", "2", "4"], columns=["tea", "milk"])
    found = judged({CUTOFF: perfect}, truth, 20)
    assert found["scopes"]["all"][OURS]["value"] == 1.0
    assert found["scopes"]["all"]["households"] == [2]
    # Household 2 bought milk before, then tea: second place by own frequency.
    second = 1 / np.log2(3)
    assert found["scopes"]["all"][OWN]["value"] == pytest.approx((1 + second) / 2, abs=1e-6)
    # New is tea for household 2 only: the only one that competes.
    assert found["scopes"]["new"]["households"] == [1]
    assert found["scopes"]["new"][OWN]["value"] == 1.0
    assert "| all | 2 | **1.0000**" in markdown(found)


def test_another_population_is_a_fault(truth: Truth) -> None:
    fewer = pd.DataFrame([[0.9, 0.1]], index=["1"], columns=["tea", "milk"])
    with pytest.raises(RuntimeError, match="1 households predicted, 3 by SQL"):
        judged({CUTOFF: fewer}, truth, 20)
