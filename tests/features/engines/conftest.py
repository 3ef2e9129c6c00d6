"""A small log on disk, and a plan over it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from features.contract import DAY_US, EVENTS
from features.labels._base import contracts
from features.plan import Plan
from features.planning import make_plan
from features.row_groups import write_table
from features.settings import CutoffSettings, FeatureSettings, JourneySettings, LabelSettings, Rhythm

RHYTHM = Rhythm(step_days=14, churn_horizon_days=14, readiness_horizon_days=7)
META = {
    "source": "test", "currency": "EUR", "kinds": ["purchase", "page_view"], "channels": ["web"],
    "start_us": 0, "complete_until_us": 120 * DAY_US, "missing_days": [],
}  # fmt: skip


@pytest.fixture(scope="session")
def plan_with(repo: Path) -> Callable[..., Plan]:
    """Make a plan; what is not said is as of a small shop."""
    text = (repo / "conf" / "journeys" / "five_phase.yaml").read_text(encoding="utf-8")
    journey = JourneySettings.model_validate(yaml.safe_load(text), strict=False)
    wanted = contracts({"churn": LabelSettings(), "readiness": LabelSettings()}, RHYTHM)

    def make(families: tuple[str, ...] = ("recency", "monetary", "treatment"), **changes: Any) -> Plan:
        settings = FeatureSettings(families=families, windows_days=(7, 28), lookback_days=90)
        cutoffs = changes.get("cutoffs", CutoffSettings())
        return make_plan({**META, **changes.get("meta", {})}, settings, cutoffs, wanted, journey, RHYTHM)

    return make


@pytest.fixture(scope="session")
def plan(plan_with: Callable[..., Plan]) -> Plan:
    return plan_with()


@pytest.fixture(scope="session")
def events() -> pa.Table:
    """600 events of 40 customers who are 14 persons, sorted by person; some found out to be another's.

    The ids of a person lie far apart, so that persons in order are not customers in order.
    """
    random = np.random.default_rng(5)
    n = 600
    occurred = random.integers(0, 120 * DAY_US, n)
    customer = random.integers(0, 40, n)
    found_out = (customer >= 28) & (random.random(n) < 0.5)
    columns: dict[str, Any] = {
        "event_id": np.arange(n), "customer_id": customer, "person_id": customer % 14,
        "occurred_us": occurred, "known_us": occurred,
        "until_us": pa.array(occurred + 30 * DAY_US, mask=~found_out),
        "kind": np.where(random.random(n) < 0.5, "purchase", "page_view"), "channel": ["web"] * n,
        "category": random.choice(list("abc"), n), "session_id": random.integers(0, 90, n),
        "value": np.round(random.gamma(2, 20, n), 2), "quantity": np.ones(n), "source": ["t"] * n,
    }  # fmt: skip
    whole = pa.table([columns.get(name, pa.nulls(n)) for name in EVENTS.names], names=EVENTS.names)
    whole = whole.cast(EVENTS)
    # What a browser (28 and up) did is known to be of its customer from that moment on.
    later = whole.filter(pa.array(found_out))
    later = later.set_column(1, EVENTS.field("customer_id"), pa.compute.subtract(later["customer_id"], 28))
    later = later.set_column(4, EVENTS.field("known_us"), later["until_us"])
    later = later.set_column(5, EVENTS.field("until_us"), pa.nulls(len(later), pa.int64()))
    order = [(name, "ascending") for name in ("person_id", "customer_id", "occurred_us", "event_id")]
    return pa.concat_tables([whole, later.cast(EVENTS)]).sort_by(order).combine_chunks()


@pytest.fixture(scope="session")
def log(events: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The events as ingest writes them: one file that says it is sorted by person."""
    path = tmp_path_factory.mktemp("log") / "events.parquet"
    write_table(path, EVENTS, iter([events]), sorted_by=("person_id", "customer_id", "occurred_us"))
    return path


@pytest.fixture(scope="session")
def unsorted(events: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two files in no order."""
    folder = tmp_path_factory.mktemp("unsorted")
    mixed = events.take(np.random.default_rng(1).permutation(len(events)))
    pq.write_table(mixed.slice(0, 200), folder / "one.parquet")
    (folder / "deeper").mkdir()
    pq.write_table(mixed.slice(200), folder / "deeper" / "two.parquet")
    return folder
