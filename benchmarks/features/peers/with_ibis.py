"""Ibis expressions on DuckDB: the plan of the best SQL, with the cutoffs joined in one expression.

``python -m benchmarks.features.peers.with_ibis EVENTS_FOLDER OUT_FOLDER``. One expression per
cutoff cost half as much again: building and compiling an expression this wide takes most of a second.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis  # type: ignore[import-untyped]

from benchmarks.features import task

NEVER = 2**63 - 1
KEYS = list(task.KEYS)
WORDS = [("count", "kind", word) for word in task.KINDS15]
WORDS += [("channel", "channel", word) for word in task.CHANNELS8]
#: Families in which a customer without an event in the window has 0, not null.
COUNTED = ("count", "channel", "events", "sum", "distinct", "category")


def read(connection: Any, events: Path) -> Any:
    """Read the log, sorted; each event knows the days since the one before and what comes after it."""
    log = connection.read_parquet(events / "events.parquet").select(*task.READS)
    log = log.mutate(day=log.occurred_us // task.DAY_US)
    before = log.occurred_us.lag().over(group_by=log.customer_id, order_by=log.occurred_us)
    columns = {"gap": (log.occurred_us - before) / task.DAY_US}
    for what, column in (("days", log.day), ("categories", log.category), ("sessions", log.session_id)):
        after = log.occurred_us.lead().over(group_by=[log.customer_id, column], order_by=log.occurred_us)
        columns[f"next_in_{what}"] = after.fill_null(NEVER)
    log = log.mutate(**columns).order_by("customer_id", "occurred_us")
    return connection.create_table("events", log, temp=True)


def features(log: Any, *cutoffs_us: int) -> Any:
    """Give the features at some cutoffs, one row per customer and cutoff."""
    cutoffs = ibis.memtable({"cutoff_us": list(cutoffs_us)})
    past = log.join(cutoffs, log.occurred_us < cutoffs.cutoff_us)
    table = past.group_by(KEYS).aggregate(**dict(ever(past)))
    for days in task.WINDOWS:
        since = cutoffs.cutoff_us - days * task.DAY_US
        recent = log.join(cutoffs, [log.occurred_us < cutoffs.cutoff_us, log.occurred_us >= since])
        in_window = recent.group_by(KEYS).aggregate(**dict(within(recent, days)))
        table = table.left_join(in_window, KEYS).drop(*(f"{key}_right" for key in KEYS))
    counted = [name for name in task.COLUMNS if name.split("__")[0] in COUNTED]
    table = table.mutate(**{name: table[name].fill_null(0) for name in counted})
    table = table.mutate(**dict(ages(table)), **dict(trends(table)))
    return table.select(*KEYS, **{name: table[name].cast("float32") for name in task.COLUMNS})


def ever(past: Any) -> Iterator[tuple[str, Any]]:
    """Give the columns over the whole history."""
    for _, column, word in WORDS:
        yield f"last__{word}", past.occurred_us.max(where=past[column] == word)
    yield "first", past.occurred_us.min()
    yield "rhythm__gap_mean", past.gap.mean()
    yield "rhythm__gap_std", past.gap.std(how="sample")
    yield "rhythm__gap_max", past.gap.max()


def within(recent: Any, days: int) -> Iterator[tuple[str, Any]]:
    """Give the columns of one window."""
    yield f"events__all__{days}d", recent.count()
    for family, column, word in WORDS:
        yield f"{family}__{word}__{days}d", (recent[column] == word).sum()
    for kind in task.VALUED:
        of_kind = recent.kind == kind
        yield f"sum__{kind}__{days}d", recent.value.sum(where=of_kind)
        yield f"mean__{kind}__{days}d", recent.value.mean(where=of_kind)
        yield f"max__{kind}__{days}d", recent.value.max(where=of_kind)
    for what in ("days", "categories", "sessions"):
        yield f"distinct__{what}__{days}d", (recent[f"next_in_{what}"] >= recent.cutoff_us).sum()
    if days in task.CATEGORY_WINDOWS:
        for category in task.TOP_CATEGORIES:
            yield f"category__{category}__{days}d", (recent.category == category).sum()


def ages(table: Any) -> Iterator[tuple[str, Any]]:
    """Give the days from moments to the cutoff."""
    for _, _, word in WORDS:
        yield f"recency__{word}", (table.cutoff_us - table[f"last__{word}"]) / task.DAY_US
    yield "rhythm__tenure", (table.cutoff_us - table["first"]) / task.DAY_US


def trends(table: Any) -> Iterator[tuple[str, Any]]:
    """Give the rate of the last week over that of the last month."""
    for family, word in (*((family, word) for family, _, word in WORDS), ("events", "all")):
        week, month = table[f"{family}__{word}__7d"], table[f"{family}__{word}__30d"]
        yield f"trend__{word}", (week / 7) / (month / 30).nullif(0)


def run(events: Path, out: Path) -> None:
    """Write the table."""
    out.mkdir(parents=True, exist_ok=True)
    connection = ibis.duckdb.connect()
    table = features(read(connection, events), *task.CUTOFFS)
    connection.to_parquet(table, out / "features.parquet", compression="lz4_raw")


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
