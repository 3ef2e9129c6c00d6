from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from features.contract import DAY_US
from features.crowd import Learnt, count_crowd, crowds, fit_crowd
from features.plan import Plan
from features.table import build, column_dictionary

#: Learns, per category, how many customers bought it and how many did at the cutoff before.
FAVOURITES = """
import pyarrow as pa
from features.families._base import Crowd, Family, Measure

def count(history, scope):
    bought = history.only(kinds=("purchase",))
    words = bought.words["category"]
    row, word = bought.row, bought.column("category_word")
    pairs = sorted({(str(words[w]), int(r)) for r, w in zip(row, word) if w >= 0})
    names = [name for name, _ in pairs]
    return pa.table({"category": pa.array(names, pa.string()), "customers": pa.array([1] * len(names), pa.int64())})

def fit(counts, scope, before):
    old = {} if before is None else dict(zip(*before.select(["category", "customers"]).to_pydict().values()))
    grown = [now - old.get(name, 0) for name, now in zip(*counts.to_pydict().values())]
    return counts.append_column("grown", pa.array(grown, pa.int64()))

def measures(history, scope):
    known = None if scope.learnt is None else float(sum(scope.learnt["customers"].to_pylist()))
    yield Measure("known", history.total() * 0 + (-1.0 if known is None else known), "buyers", "a", "b")

FAMILY = Family(measures, needs=("purchase",), crowd=Crowd(count, fit, ("category",)))
"""


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_plan: Callable[..., Plan]) -> Plan:
    (tmp_path / "crowd_shop").mkdir()
    (tmp_path / "crowd_shop" / "favourites.py").write_text(FAVOURITES)
    monkeypatch.syspath_prepend(tmp_path)
    return small_plan(("recency", "crowd_shop.favourites"), (10, 20, 60))


@pytest.fixture
def batch(canonical: Callable[..., pa.Table]) -> pa.Table:
    """Three customers; what the third bought was known late."""
    return canonical(
        customer_id=[1, 1, 2, 3, 3],
        occurred_us=[DAY_US * day for day in (2, 3, 12, 4, 13)],
        known_us=[DAY_US * day for day in (2, 3, 12, 15, 13)],
        category=["a", "b", "a", "b", None],
    )


def learnt_of(batch: pa.Table, plan: Plan) -> Learnt:
    return fit_crowd([count_crowd(batch, plan)], plan)


def rows(learnt: Learnt, day: int) -> list[tuple[object, ...]]:
    table = learnt.at("favourites", day * DAY_US)
    assert table is not None
    return [tuple(row.values()) for row in table.to_pylist()]


def test_each_cutoff_learns_from_what_was_known_then(batch: pa.Table, plan: Plan) -> None:
    learnt = learnt_of(batch, plan)
    assert rows(learnt, 10) == [("a", 1, 1), ("b", 1, 1)]
    assert rows(learnt, 20) == [("a", 2, 1), ("b", 2, 1)]
    # The look-back of 30 days holds nothing any more.
    assert rows(learnt, 60) == []


def test_the_newest_of_a_cutoff_or_before_is_handed_over(batch: pa.Table, plan: Plan) -> None:
    learnt = learnt_of(batch, plan)
    assert learnt.at("favourites", 10 * DAY_US - 1) is None
    assert rows(learnt, 19) == rows(learnt, 10)
    assert rows(learnt, 59) == rows(learnt, 20)
    assert learnt.at("recency", 60 * DAY_US) is None
    assert set(crowds(plan)) == {"favourites"}


def test_counts_of_batches_are_added_in_any_order(batch: pa.Table, plan: Plan) -> None:
    parts = [batch.filter(pa.compute.equal(batch["customer_id"], customer)) for customer in (1, 2, 3)]
    whole = learnt_of(batch, plan)
    for order in itertools.permutations([count_crowd(part, plan) for part in [*parts, batch.slice(0, 0)]]):
        found = fit_crowd(order, plan)
        for day in (10, 20, 60):
            one, other = found.at("favourites", day * DAY_US), whole.at("favourites", day * DAY_US)
            assert one is not None and one.equals(other)


def test_what_is_written_is_what_is_read(batch: pa.Table, plan: Plan, tmp_path: Path) -> None:
    learnt = learnt_of(batch, plan)
    learnt.write(tmp_path / "crowd")
    found = Learnt.read(tmp_path / "crowd")
    # Also of a cutoff at which nothing was known: the table of the one before must not speak for it.
    for day in (9, 10, 20, 59, 60, 99):
        one, other = found.at("favourites", day * DAY_US), learnt.at("favourites", day * DAY_US)
        assert (one is None and other is None) or (one is not None and one.equals(other))
    assert build(batch, plan, found)[0].equals(build(batch, plan, learnt)[0])


def test_no_folder_is_nothing_learnt(batch: pa.Table, plan: Plan, tmp_path: Path) -> None:
    assert Learnt.read(tmp_path / "crowd").tables == {}
    told = build(batch, plan, Learnt())[0]["favourites__known"].to_numpy()
    assert np.unique(told).tolist() == [-1.0]
    defaults = {column["name"]: column["default"] for column in column_dictionary(plan)}
    assert defaults["favourites__known"] == -1.0
    assert set(build(batch, plan, learnt_of(batch, plan))[0]["favourites__known"].to_pylist()) == {
        2.0,
        4.0,
        0.0,
    }


def test_what_is_written_replaces_what_there_was(batch: pa.Table, plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "crowd").mkdir()
    (tmp_path / "crowd" / "gone.parquet").write_text("old")
    learnt_of(batch, plan).write(tmp_path / "crowd")
    assert [path.name for path in (tmp_path / "crowd").iterdir()] == ["favourites.parquet"]
