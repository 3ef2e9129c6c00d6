"""One Spark session for the tests of a file, and events that are awkward in every way."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from features.contract import CHANNELS, DAY_US, EVENTS, KINDS, NEVER
from features.identity import settle, versions

DAYS = 160


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One session for all tests here; a task that fails is tried once more."""
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.builder.master("local[2, 2]").config("spark.ui.enabled", "false")
        builder = builder.config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        builder = builder.config("spark.log.level", "OFF").config("spark.driver.host", "127.0.0.1")
        session = builder.config(
            "spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("spark"))
        ).getOrCreate()
        yield session
        session.stop()


def awkward_events(seed: int, customers: int = 14, rows: int = 400) -> pa.Table:
    """Events of some customers: kinds, words and numbers of every sort, learnt of late, linked to one another."""
    random = np.random.default_rng(seed)
    ids = random.integers(-(2**62), 2**62, customers)
    # The first customer has more events than a batch takes.
    customer = np.where(random.random(rows) < 0.2, ids[0], random.choice(ids, rows))
    occurred = random.integers(0, DAYS * DAY_US, rows)
    known = occurred + np.where(random.random(rows) < 0.2, random.integers(0, 20 * DAY_US, rows), 0)
    links = settle(ids[1:6], ids[2:7], random.integers(0, DAYS * DAY_US, 5))
    found = versions(customer, occurred, known, links)

    def some(values: Any) -> pa.Array:
        return pa.array(values, mask=random.random(rows) < 0.2)

    columns: dict[str, Any] = {
        "event_id": pa.array(random.permutation(rows)),
        "occurred_us": pa.array(occurred),
        "kind": pa.array(np.where(random.random(rows) < 0.4, "purchase", random.choice(KINDS, rows))),
        "channel": some(random.choice(CHANNELS[:5], rows)),
        "campaign": some(random.choice(["spring", "autumn"], rows)),
        "session_id": some(random.integers(0, 60, rows)),
        "category": some(random.choice(list("abcdé"), rows)),
        "value": some(np.round(random.gamma(2, 20, rows), 2)),
        "quantity": some(random.integers(1, 5, rows).astype(float)),
        "duration_s": some(random.gamma(2, 30, rows)),
        "rating": some(random.integers(1, 6, rows).astype(float)),
        "rating_scale": some(random.choice(["nps", "stars"], rows)),
        "sentiment": some(random.uniform(-1, 1, rows)),
        "source": pa.repeat("t", rows),
    }
    table = pa.table(columns).take(pa.array(found.row))
    more = {
        "customer_id": pa.array(found.owner), "known_us": pa.array(found.known_us),
        "person_id": pa.array(links.persons(found.owner)),
        "until_us": pa.array(found.until_us, mask=found.until_us == NEVER),
    }  # fmt: skip
    for name, column in more.items():
        table = table.append_column(name, column)
    return table.select(EVENTS.names).cast(EVENTS)


@pytest.fixture(scope="session")
def events_of() -> Callable[[int], pa.Table]:
    return awkward_events
