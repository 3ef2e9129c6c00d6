"""Peers: cells with different rates are told apart, from what was known at the cutoff only."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pytest

from features.contract import DAY_US, EVENTS
from features.crowd import Learnt, count_crowd, fit_crowd
from features.plan import Plan
from features.settings import JourneySettings
from features.table import build

T = 400
WORDS = {"nl": "", "en": ""}
PLAN = Plan(
    source="test", currency="EUR", kinds=("page_view", "purchase"), channels=("web",),
    complete_until_us=T * DAY_US, missing_days=(), as_of_us=T * DAY_US, cutoffs={}, contracts=(),
    families=("peers",), windows_days=(7, 28), lookback_days=200, mean_gap_days=28.0,
    journey=JourneySettings(name="none", title=WORDS, phases=(), dormant=WORDS),
)  # fmt: skip
SITE = PLAN.model_copy(update={"kinds": ("page_view",)})


def log(acts: Iterable[tuple[int, float]], kind: str = "purchase", known: int | None = None) -> pa.Table:
    """Events of (customer, day) pairs; the table says nothing else of them."""
    rows = [
        {"event_id": 1_000 * customer + number, "customer_id": customer, "person_id": customer, "kind": kind,
         "occurred_us": int(day * DAY_US), "known_us": int((day if known is None else known) * DAY_US),
         "source": "test"}
        for number, (customer, day) in enumerate(acts)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=EVENTS)


def learn(*batches: pa.Table, plan: Plan = PLAN) -> pa.Table:
    table = fit_crowd([count_crowd(batch, plan) for batch in batches], plan).at("peers", plan.as_of_us)
    assert table is not None
    return table


def told(events: pa.Table, learnt: pa.Table, plan: Plan = PLAN) -> dict[int, dict[str, float]]:
    features, _ = build(events, plan, Learnt({"peers": {plan.as_of_us: learnt}}))
    return {row["customer_id"]: row for row in features.to_pylist()}


def planted(seed: int = 0) -> list[tuple[int, float]]:
    """Customers 1..300 order every week; 301..700 ordered once, long ago, and one in ten of them returned lately."""
    random = np.random.default_rng(seed)
    weekly = [(one, day + random.uniform(0, 0.9)) for one in range(1, 301) for day in range(T - 180, T, 7)]
    once = [(one, T - 170 + random.uniform(0, 5)) for one in range(301, 701)]
    back = [(one, T - 10 + random.uniform(0, 5)) for one in range(301, 341)]
    return weekly + once + back


def test_cells_with_different_rates_are_told_apart() -> None:
    events = log(planted())
    rows = told(events, learn(events))
    often, seldom = rows[1], rows[700]
    # Everybody who ordered weekly did so within 28 days; of those who ordered once one in ten came back.
    assert often["peers__rate__28d"] > 0.9
    assert seldom["peers__rate__28d"] == pytest.approx(0.1, abs=0.05)
    overall = (300 + 40 + 0.5) / 701
    assert seldom["peers__relative__28d"] == pytest.approx(seldom["peers__rate__28d"] / overall, rel=1e-5)
    assert often["peers__evidence"] == pytest.approx(300 / 350)


def test_who_is_in_a_cell_not_seen_is_told_what_everybody_does() -> None:
    rows = told(log([(9, T - 3.5)]), learn(log(planted())))
    assert rows[9]["peers__rate__28d"] == pytest.approx((300 + 40 + 0.5) / 701)
    assert rows[9]["peers__relative__28d"] == 1.0
    assert rows[9]["peers__evidence"] == 0.0


def test_where_nothing_was_learnt_the_chance_is_even() -> None:
    features, _ = build(log([(9, T - 3.5)]), PLAN)
    assert features["peers__rate__7d"].to_pylist() == [0.5]
    assert features["peers__relative__7d"].to_pylist() == [1.0]


def test_batches_in_any_order_teach_the_same_table() -> None:
    whole = learn(log(planted()))
    parts = [log(act for act in planted() if act[0] % 5 == part) for part in range(5)]
    assert learn(*parts).equals(whole)
    assert learn(*parts[::-1]).equals(whole)


def test_nothing_after_the_cutoff_teaches_anything() -> None:
    # Those who ordered once all come back: after the cutoff, or before it as we learn after it.
    later = log([(one + 10_000, T + 1.5) for one in range(301, 701)])
    of_late = log([(one, T - 5.5) for one in range(301, 701)], known=T + 1)
    in_time = log([(one, T - 5.5) for one in range(301, 701)], known=T)
    events = log(planted())
    taught = learn(events)
    assert learn(pa.concat_tables([events, later, of_late])).equals(taught)
    assert not learn(pa.concat_tables([events, in_time])).equals(taught)


def test_without_orders_any_activity_is_what_customers_do_next() -> None:
    events = log(planted(), kind="page_view")
    rows = told(events, learn(events, plan=SITE), plan=SITE)
    assert rows[1]["peers__rate__7d"] > 0.9
    assert rows[700]["peers__rate__7d"] < 0.2
    assert learn(events).num_rows < learn(events, plan=SITE).num_rows
