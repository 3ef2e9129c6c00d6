"""Naive DuckDB SQL: one join, one GROUP BY, a FILTER per column and COUNT(DISTINCT) per window.

``python -m benchmarks.features.peers.naive_sql EVENTS_FOLDER OUT_FOLDER``. The obvious definition of the task,
independent of every trick: the other engines are compared with this one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb

from benchmarks.features import task

DISTINCT = {"days": f"occurred_us // {task.DAY_US}", "categories": "category", "sessions": "session_id"}


def query(events: Path) -> str:
    """Write the query."""
    cutoffs = ", ".join(f"({cutoff})" for cutoff in task.CUTOFFS)
    columns = dict(_columns())
    selected = ",\n  ".join(f'CAST({columns[name]} AS FLOAT) AS "{name}"' for name in task.COLUMNS)
    return f"""
WITH cutoffs(cutoff_us) AS (VALUES {cutoffs}),
events AS (
  SELECT {", ".join(task.READS)},
    (occurred_us - lag(occurred_us) OVER (PARTITION BY customer_id ORDER BY occurred_us)) / {task.DAY_US} AS gap
  FROM read_parquet('{events}/events.parquet')
)
SELECT customer_id, cutoff_us,
  {selected}
FROM events JOIN cutoffs ON occurred_us < cutoff_us
GROUP BY customer_id, cutoff_us
"""


def _columns() -> Iterator[tuple[str, str]]:
    """Give each column and its expression."""
    words = {word: f"kind = '{word}'" for word in task.KINDS15}
    words |= {word: f"channel = '{word}'" for word in task.CHANNELS8}
    for word, condition in words.items():
        family = "count" if word in task.KINDS15 else "channel"
        for days in task.WINDOWS:
            yield f"{family}__{word}__{days}d", _count(days, condition)
        yield f"recency__{word}", _age(f"max(occurred_us) FILTER (WHERE {condition})")
        yield f"trend__{word}", _trend(condition)
    yield "trend__all", _trend("true")
    for days in task.WINDOWS:
        yield f"events__all__{days}d", _count(days, "true")
        for kind in task.VALUED:
            within = f"FILTER (WHERE kind = '{kind}' AND {_within(days)})"
            yield f"sum__{kind}__{days}d", f"coalesce(sum(value) {within}, 0)"
            yield f"mean__{kind}__{days}d", f"avg(value) {within}"
            yield f"max__{kind}__{days}d", f"max(value) {within}"
        for name, what in DISTINCT.items():
            yield f"distinct__{name}__{days}d", f"count(DISTINCT {what}) FILTER (WHERE {_within(days)})"
    for category in task.TOP_CATEGORIES:
        for days in task.CATEGORY_WINDOWS:
            yield f"category__{category}__{days}d", _count(days, f"category = '{category}'")
    yield "rhythm__tenure", _age("min(occurred_us)")
    yield from (
        ("rhythm__gap_mean", "avg(gap)"),
        ("rhythm__gap_std", "stddev_samp(gap)"),
        ("rhythm__gap_max", "max(gap)"),
    )


def _within(days: int) -> str:
    return f"occurred_us >= cutoff_us - {days * task.DAY_US}"


def _count(days: int, condition: str) -> str:
    return f"count(*) FILTER (WHERE {condition} AND {_within(days)})"


def _trend(condition: str) -> str:
    return f"({_count(7, condition)} / 7) / nullif({_count(30, condition)} / 30, 0)"


def _age(moment: str) -> str:
    return f"(cutoff_us - {moment}) / {task.DAY_US}"


def run(events: Path, out: Path) -> None:
    """Write the table."""
    out.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY ({query(events)}) TO '{out}/features.parquet' (FORMAT parquet, COMPRESSION lz4_raw)"
        )


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
