"""featuretools: one ``calculate_feature_matrix`` per window, the cutoffs shared by all customers.

``PYTHON -m benchmarks.features.peers.with_featuretools EVENTS_FOLDER OUT_FOLDER`` with the python of an
environment of its own (``benchmarks.features.outside``): it does not run on pandas 3. It has no trend
between windows and no statistics of gaps: those 27 columns are left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import featuretools as ft  # type: ignore[import-not-found]
import pandas as pd
from featuretools.primitives import (  # type: ignore[import-not-found]
    Count,
    Max,
    Mean,
    NumUnique,
    Sum,
    TimeSinceFirst,
    TimeSinceLast,
)

from benchmarks.features import task

#: It has no trend between windows and no statistics of gaps.
COLUMNS = [name for name in task.COLUMNS if not name.startswith(("trend", "rhythm__gap"))]


def read(events: Path) -> Any:
    """Read the log as an entity set: events of customers."""
    log = pd.read_parquet(events / "events.parquet", columns=list(task.READS))
    log["day"] = log["occurred_us"] // task.DAY_US
    log["occurred"] = pd.to_datetime(log.pop("occurred_us"), unit="us")
    log["event"] = range(len(log))
    words = dict.fromkeys(("kind", "channel", "category", "session_id", "day"), "Categorical")
    entities = ft.EntitySet("log")
    entities.add_dataframe(dataframe=log, dataframe_name="events", index="event", time_index="occurred",
                           logical_types=words)  # fmt: skip
    entities.normalize_dataframe("events", "customers", "customer_id", make_time_index=False)
    return entities


def ever(entities: Any) -> Iterator[Any]:
    """Define the columns over the whole history."""
    moment = ft.Feature(entities["events"].ww["occurred"])
    for column, words in (("kind", task.KINDS15), ("channel", task.CHANNELS8)):
        for word in words:
            where = ft.Feature(entities["events"].ww[column]) == word
            yield _made(moment, TimeSinceLast(unit="days"), f"recency__{word}", where)
    yield _made(moment, TimeSinceFirst(unit="days"), "rhythm__tenure")


def within(entities: Any, days: int) -> Iterator[Any]:
    """Define the columns of one window."""
    base = {name: ft.Feature(entities["events"].ww[name]) for name in entities["events"].ww.columns}
    yield _made(base["event"], Count, f"events__all__{days}d")
    families = [("count", "kind", task.KINDS15), ("channel", "channel", task.CHANNELS8)]
    if days in task.CATEGORY_WINDOWS:
        families.append(("category", "category", task.TOP_CATEGORIES))
    for family, column, words in families:
        for word in words:
            yield _made(base["event"], Count, f"{family}__{word}__{days}d", base[column] == word)
    for kind in task.VALUED:
        for measure, primitive in (("sum", Sum), ("mean", Mean), ("max", Max)):
            yield _made(base["value"], primitive, f"{measure}__{kind}__{days}d", base["kind"] == kind)
    for plural, column in (("days", "day"), ("categories", "category"), ("sessions", "session_id")):
        yield _made(base[column], NumUnique, f"distinct__{plural}__{days}d")


def _made(base: Any, primitive: Any, name: str, where: Any = None) -> Any:
    made = ft.Feature(base, parent_dataframe_name="customers", primitive=primitive, where=where)
    return made.rename(name)


def run(events: Path, out: Path) -> None:
    """Write the table."""
    out.mkdir(parents=True, exist_ok=True)
    entities = read(events)
    first = entities["events"].groupby("customer_id")["occurred"].min()
    asked = pd.concat(
        pd.DataFrame({"customer_id": first.index[first < cutoff], "time": cutoff})
        for cutoff in pd.to_datetime(list(task.CUTOFFS), unit="us")
    )
    parts = [_matrix(list(ever(entities)), entities, asked, None)]
    for days in task.WINDOWS:
        parts.append(_matrix(list(within(entities, days)), entities, asked, ft.Timedelta(days, "d")))
    table = pd.concat(parts, axis=1)[COLUMNS]
    distinct = [name for name in COLUMNS if name.startswith("distinct")]
    table = table.fillna(dict.fromkeys(distinct, 0)).astype("float32").reset_index()
    table.insert(1, "cutoff_us", table.pop("time").astype("datetime64[us]").astype("int64"))
    table.to_parquet(out / "features.parquet", compression="lz4", index=False)


def _matrix(features: list[Any], entities: Any, asked: pd.DataFrame, window: Any) -> pd.DataFrame:
    matrix: pd.DataFrame = ft.calculate_feature_matrix(
        features, entities, cutoff_time=asked, training_window=window, cutoff_time_in_index=True,
        include_cutoff_time=False,
    )  # fmt: skip
    return matrix


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
