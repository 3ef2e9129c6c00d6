"""A random small log for the verbs, and the same rows as plain dictionaries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml

from features.contract import DAY_US, EVENTS
from features.labels._base import contracts
from features.plan import Plan
from features.planning import make_plan
from features.settings import CutoffSettings, FeatureSettings, JourneySettings, LabelSettings, Rhythm

Plain = list[dict[str, Any]]


@pytest.fixture(scope="session")
def canonical() -> Callable[..., pa.Table]:
    """Make canonical events of a few columns; the others are empty, or what they mostly are."""

    def make(**columns: Any) -> pa.Table:
        n = len(columns["occurred_us"])
        customer = columns.get("customer_id", [1] * n)
        given = {
            "event_id": np.arange(n), "customer_id": customer, "person_id": customer,
            "known_us": columns["occurred_us"], "kind": ["purchase"] * n, "source": ["t"] * n, **columns,
        }  # fmt: skip
        table = pa.table([given.get(name, pa.nulls(n)) for name in EVENTS.names], names=EVENTS.names)
        return table.cast(EVENTS)

    return make


@pytest.fixture(scope="session")
def noisy(canonical: Callable[..., pa.Table]) -> Callable[[int], pa.Table]:
    """Make 120 events of 8 customers in 60 days: moments that coincide, and nulls of every sort."""

    def make(seed: int) -> pa.Table:
        random = np.random.default_rng(seed)
        n = 120

        def some(values: Any) -> pa.Array:
            return pa.array(values, mask=random.random(n) < 0.2)

        return canonical(
            customer_id=random.choice([-5, 0, 3, 4, 9, 2**40, 7, -(2**50)], n),
            occurred_us=random.integers(0, 60, n) * DAY_US
            + random.choice([0, 1, DAY_US - 1, DAY_US // 3], n),
            event_id=random.permutation(n),
            kind=random.choice(["purchase", "page_view", "search", "email_sent"], n),
            channel=some(random.choice(["web", "store", "telepathy"], n)),
            category=some(random.choice(["b", "a", "é", "zz"], n)),
            session_id=some(random.integers(0, 20, n)),
            value=some(np.round(random.gamma(2, 20, n), 2)),
            quantity=some(random.integers(1, 4, n).astype(np.float64)),
        )

    return make


@pytest.fixture(scope="session")
def plain() -> Callable[[pa.Table], Plain]:
    """Give events as dictionaries in the order of the kernel: by customer, time and id."""

    def rows(table: pa.Table) -> Plain:
        found = table.to_pylist()
        return sorted(found, key=lambda row: (row["customer_id"], row["occurred_us"], row["event_id"]))

    return rows


@pytest.fixture(scope="session")
def small_plan(repo: Path) -> Callable[..., Plan]:
    """Make a plan with cutoffs on some days, the last of which is the present; look-back 30 days."""
    text = (repo / "conf" / "journeys" / "five_phase.yaml").read_text(encoding="utf-8")
    journey = JourneySettings.model_validate(yaml.safe_load(text), strict=False)
    rhythm = Rhythm(step_days=7, churn_horizon_days=7, readiness_horizon_days=7)

    def make(families: tuple[str, ...], days: tuple[int, ...]) -> Plan:
        meta = {
            "source": "test", "currency": "EUR", "kinds": ["purchase", "page_view", "search", "email_sent"],
            "channels": ["web", "store"], "start_us": 0, "complete_until_us": days[-1] * DAY_US,
            "missing_days": [],
        }  # fmt: skip
        settings = FeatureSettings(families=families, windows_days=(7, 28), lookback_days=30)
        wanted = contracts({"churn": LabelSettings()}, rhythm)
        plan = make_plan(meta, settings, CutoffSettings(min_history_days=1), wanted, journey, rhythm)
        return plan.model_copy(update={"cutoffs": {"churn": tuple(day * DAY_US for day in days[:-1])}})

    return make
