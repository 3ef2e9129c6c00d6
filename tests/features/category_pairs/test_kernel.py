"""Pairs of customer and category: as counted by hand, blind to the future, the same however persons are batched."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.atomic import workspace
from features.category_pairs.crowd import Crowd
from features.category_pairs.gather import gather
from features.category_pairs.kernel import LATELY_DAYS, Asked, Pairs, category_pairs, merged
from features.category_pairs.ranking import most_bought
from features.category_pairs.table import columns_of, rows_of
from features.contract import DAY_US
from features.engines.persons import whole_persons
from features.plan import Plan
from features.settings import EngineSettings, LabelContract

Noisy = Callable[[int], pa.Table]
Planner = Callable[..., Plan]
CONTEXT = ("b", "a", "é", "zz")
CUTOFF, HORIZON, LOOKBACK = 40, 10, 30


@pytest.fixture
def asked(small_plan: Planner) -> Callable[..., Asked]:
    def make(**more: Any) -> Asked:
        plan = small_plan((), (CUTOFF, 60))
        contract = LabelContract(target="next_category", horizon_days=HORIZON, active_days=20)
        cutoffs = (CUTOFF * DAY_US, 60 * DAY_US)
        return Asked(**{"plan": plan, "contract": contract, "context": CONTEXT, "top": 3, "cutoffs": cutoffs,
                        "new_days": 12, **more})  # fmt: skip

    return make


def same(one: Pairs, other: Pairs, *but: str) -> bool:
    for field in fields(Pairs):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if field.name in but or field.name == "crowd":
            continue
        if isinstance(left, np.ndarray):
            if left.dtype != right.dtype or left.shape != right.shape or left.tobytes() != right.tobytes():
                return False
        elif left != right:
            return False
    if "crowd" in but:
        return True
    return all(
        np.array_equal(a, b)
        for a, b in zip(vars(one.crowd).values(), vars(other.crowd).values(), strict=True)
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_as_counted_by_hand(noisy: Noisy, asked: Callable[..., Asked], seed: int) -> None:
    events, ask = noisy(seed), asked()
    pairs = category_pairs(events, ask)[0]
    rows = [row for row in events.to_pylist() if row["kind"] == "purchase"]
    cutoff_us = CUTOFF * DAY_US
    past = [row for row in rows if cutoff_us - LOOKBACK * DAY_US <= row["occurred_us"] < cutoff_us]
    active = {row["customer_id"] for row in past if row["occurred_us"] >= cutoff_us - 20 * DAY_US}
    assert pairs.customer_id.tolist() == sorted(active)
    assert len(active) > 3
    for place, customer in enumerate(sorted(active)):
        for column, category in enumerate(ask.categories):
            days = sorted(
                CUTOFF - row["occurred_us"] // DAY_US
                for row in past
                if row["customer_id"] == customer and row["category"] == category
            )
            got = dict(zip(pairs.own_names, pairs.own[place, column].tolist(), strict=True))
            assert got["days__all"] == len(set(days))
            assert got["days__14d"] == len({day for day in days if day <= 14})
            assert got["recency"] == (days[0] if days else LOOKBACK)
            assert pairs.new[place, column] == (not days or days[0] > 12)
            late = {day for day in days if day <= LATELY_DAYS}
            assert pairs.taste[place, column] == round(8 * math.log1p(len(set(days))))
            assert pairs.lately[place, column] == round(8 * math.log1p(len(late)))
            soon = any(
                row["customer_id"] == customer and row["category"] == category
                and cutoff_us <= row["occurred_us"] < cutoff_us + HORIZON * DAY_US
                for row in rows
            )  # fmt: skip
            assert pairs.bought[place, column] == soon
    for column, category in enumerate(ask.context):
        buyers = {row["customer_id"] for row in past if row["category"] == category}
        assert pairs.crowd is not None
        assert pairs.crowd.together[column, column] == len(buyers)
    assert np.isfinite(pairs.own).all()
    assert np.isfinite(pairs.customer).all()


def test_a_label_that_has_not_matured_is_not_known(noisy: Noisy, asked: Callable[..., Asked]) -> None:
    matured, present = category_pairs(noisy(1), asked())
    assert not np.isnan(matured.bought).any()
    assert len(present.customer_id)
    assert np.isnan(present.bought).all()


def test_what_comes_later_changes_no_bit(noisy: Noisy, asked: Callable[..., Asked]) -> None:
    events = noisy(4)
    late = events["occurred_us"].to_numpy() >= CUTOFF * DAY_US
    without = category_pairs(events.filter(pa.array(~late)), asked())[0]
    other = events.set_column(
        events.schema.get_field_index("category"), "category",
        pa.array(np.where(late, "zz", events["category"].to_numpy(zero_copy_only=False)), pa.string()),
    )  # fmt: skip
    told = category_pairs(events, asked())[0]
    assert same(told, without, "bought")
    assert same(told, category_pairs(other, asked())[0], "bought")
    assert not np.array_equal(told.bought, without.bought)


@pytest.mark.parametrize("max_rows", [None, 9])
def test_order_and_batches_change_no_bit(
    noisy: Noisy, asked: Callable[..., Asked], max_rows: int | None
) -> None:
    events, ask = noisy(5), asked(max_rows=max_rows)
    whole = merged([category_pairs(events, ask)[0]], ask)
    shuffled = events.take(pa.array(np.random.default_rng(0).permutation(len(events))))
    assert same(whole, merged([category_pairs(shuffled, ask)[0]], ask))
    by_person = events.sort_by("person_id").to_batches(max_chunksize=5)
    parts = [category_pairs(batch, ask)[0] for batch in whole_persons(by_person, 20)]
    assert len(parts) > 3
    assert same(whole, merged(parts, ask))
    assert len(whole.customer_id) == (3 if max_rows else len(category_pairs(events, asked())[0].customer_id))
    # Also when some are put together first, as a stream does.
    assert same(whole, merged([merged(parts[:2], ask), *parts[2:]], ask))


def test_the_row_of_a_pair_depends_on_nobody_else(noisy: Noisy, asked: Callable[..., Asked]) -> None:
    pairs = category_pairs(noisy(6), asked())[0]
    assert pairs.crowd is not None
    crowd = Crowd.of(pairs.crowd)
    whole = rows_of(pairs, crowd).reshape(len(pairs.customer_id), 3, -1)
    for place in range(len(pairs.customer_id)):
        alone = rows_of(pairs.take(np.array([place])), crowd)
        assert alone.tobytes() == whole[place].tobytes()
    assert whole.shape[2] == len(columns_of(pairs, crowd))
    saved = Crowd.of_json(crowd.as_json())
    assert rows_of(pairs, saved).tobytes() == whole.tobytes()


def test_the_label_follows_the_person(
    canonical: Callable[..., pa.Table], asked: Callable[..., Asked]
) -> None:
    day = DAY_US
    linked = 45 * day
    events = canonical(
        customer_id=[1, 2, 2], person_id=[1, 1, 1], event_id=[1, 1, 2], category=["a", "a", "b"],
        occurred_us=[30 * day, 30 * day, 47 * day], known_us=[30 * day, linked, 47 * day],
        until_us=[linked, None, None],
    )  # fmt: skip
    pairs = category_pairs(events, asked())[0]
    assert pairs.customer_id.tolist() == [1]
    assert pairs.bought.tolist() == [[1.0, 0.0, 0.0]]


def test_nobody_is_no_pair(canonical: Callable[..., pa.Table], asked: Callable[..., Asked]) -> None:
    nobody = canonical(occurred_us=np.zeros(0, dtype=np.int64))
    pairs = category_pairs(nobody, asked())[0]
    assert pairs.own.shape[:2] == (0, 3)
    assert pairs.crowd is not None
    assert np.isfinite(Crowd.of(pairs.crowd).implied).all()


def test_a_stream_gives_what_one_batch_gives(
    noisy: Noisy, asked: Callable[..., Asked], tmp_path: Path
) -> None:
    events, ask = noisy(7), asked()
    pq.write_table(events, tmp_path / "events.parquet")
    with workspace(tmp_path / "work") as folder:
        found = gather(tmp_path / "events.parquet", ask, EngineSettings(threads=1, batch_events=15), folder)
    for one in category_pairs(events, ask):
        assert same(found[one.cutoff_us], merged([one], ask))


def test_most_bought_counts_only_what_was_known(canonical: Callable[..., pa.Table], tmp_path: Path) -> None:
    events = canonical(
        customer_id=[1, 1, 2, 2, 3, 3], category=["a", "b", "b", None, "c", "c"],
        occurred_us=[1, 2, 3, 4, 50, 6], known_us=[1, 2, 3, 4, 50, 60],
        kind=["purchase", "purchase", "purchase", "purchase", "purchase", "purchase"],
    )  # fmt: skip
    pq.write_table(events, tmp_path / "events.parquet")
    path = tmp_path / "events.parquet"
    assert most_bought(path, EngineSettings(), 10, 9, tmp_path) == ("b", "a")
    assert most_bought(path, EngineSettings(), 10, 1, tmp_path) == ("b",)
    assert most_bought(path, EngineSettings(), 100, 9, tmp_path) == ("b", "c", "a")
    assert most_bought(path, EngineSettings(), 1, 9, tmp_path) == ()
