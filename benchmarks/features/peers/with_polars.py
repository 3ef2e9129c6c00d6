"""Polars, all columns as expressions of one lazy ``group_by`` per cutoff, a mask in each; streaming sink.

``python -m benchmarks.features.peers.with_polars EVENTS_FOLDER OUT_FOLDER``. How one writes it first; a filter per
window (``polars_best``) reads fewer rows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from benchmarks.features import task
from benchmarks.features.peers.polars_best import WORDS, ever, read, trends


def features(log: pl.LazyFrame, cutoff_us: int) -> pl.LazyFrame:
    """Give the features at one cutoff, one row per customer."""
    columns = [*ever(cutoff_us)]
    for days in task.WINDOWS:
        columns += within(days, pl.col("occurred_us") >= cutoff_us - days * task.DAY_US)
    return (
        log.filter(pl.col("occurred_us") < cutoff_us)
        .group_by("customer_id")
        .agg(*columns)
        .with_columns(*trends())
        .select(
            "customer_id",
            pl.lit(cutoff_us, dtype=pl.Int64).alias("cutoff_us"),
            *(pl.col(name).cast(pl.Float32) for name in task.COLUMNS),
        )
    )


def within(days: int, recent: pl.Expr) -> Iterator[pl.Expr]:
    """Give the columns of one window."""
    yield recent.sum().alias(f"events__all__{days}d")
    for family, column, word in WORDS:
        yield ((pl.col(column) == word) & recent).sum().alias(f"{family}__{word}__{days}d")
    for kind in task.VALUED:
        value = pl.col("value").filter((pl.col("kind") == kind) & recent)
        yield value.sum().alias(f"sum__{kind}__{days}d")
        yield value.mean().alias(f"mean__{kind}__{days}d")
        yield value.max().alias(f"max__{kind}__{days}d")
    for plural, column in (("days", "day"), ("categories", "category"), ("sessions", "session_id")):
        yield pl.col(column).filter(recent).n_unique().alias(f"distinct__{plural}__{days}d")
    if days in task.CATEGORY_WINDOWS:
        for category in task.TOP_CATEGORIES:
            in_category = (pl.col("category") == category) & recent
            yield in_category.sum().alias(f"category__{category}__{days}d")


def run(events: Path, out: Path) -> None:
    """Write the table."""
    out.mkdir(parents=True, exist_ok=True)
    log = read(events).lazy()
    table = pl.concat([features(log, cutoff_us) for cutoff_us in task.CUTOFFS])
    table.sink_parquet(out / "features.parquet", compression="lz4")


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
