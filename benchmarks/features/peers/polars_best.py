"""Polars: a lazy scan, sorted once, then per cutoff one filter and ``group_by`` per window; streaming sink.

``python -m benchmarks.features.peers.polars_best EVENTS_FOLDER OUT_FOLDER``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from benchmarks.features import task

WORDS = [("count", "kind", word) for word in task.KINDS15]
WORDS += [("channel", "channel", word) for word in task.CHANNELS8]
#: Families in which a customer without an event in the window has 0, not null.
COUNTED = ("count", "channel", "events", "sum", "distinct", "category")


def read(events: Path) -> pl.DataFrame:
    """Read the log, sorted; each event knows the days since the one before."""
    return (
        pl.scan_parquet(events / "events.parquet")
        .select(task.READS)
        .sort("customer_id", "occurred_us")
        .with_columns(
            pl.col("kind").cast(pl.Enum(task.KINDS15)),
            pl.col("channel").cast(pl.Enum(task.CHANNELS8)),
            pl.col("category").cast(pl.Enum(task.CATEGORIES)),
            day=pl.col("occurred_us") // task.DAY_US,
            gap=pl.col("occurred_us").diff().over("customer_id") / task.DAY_US,
        )
        .collect(engine="streaming")
    )


def features(log: pl.LazyFrame, cutoff_us: int) -> pl.LazyFrame:
    """Give the features at one cutoff, one row per customer."""
    past = log.filter(pl.col("occurred_us") < cutoff_us)
    table = past.group_by("customer_id").agg(*ever(cutoff_us))
    for days in task.WINDOWS:
        recent = past.filter(pl.col("occurred_us") >= cutoff_us - days * task.DAY_US)
        in_window = recent.group_by("customer_id").agg(*within(days))
        table = table.join(in_window, on="customer_id", how="left")
    counted = [name for name in task.COLUMNS if name.split("__")[0] in COUNTED]
    return (
        table.with_columns(pl.col(counted).fill_null(0))
        .with_columns(*trends())
        .select(
            "customer_id",
            pl.lit(cutoff_us, dtype=pl.Int64).alias("cutoff_us"),
            *(pl.col(name).cast(pl.Float32) for name in task.COLUMNS),
        )
    )


def ever(cutoff_us: int) -> Iterator[pl.Expr]:
    """Give the columns over the whole history."""
    moment = pl.col("occurred_us")
    for _, column, word in WORDS:
        last = moment.filter(pl.col(column) == word).max()
        yield ((cutoff_us - last) / task.DAY_US).alias(f"recency__{word}")
    yield ((cutoff_us - moment.min()) / task.DAY_US).alias("rhythm__tenure")
    gap = pl.col("gap")
    yield gap.mean().alias("rhythm__gap_mean")
    yield gap.std().alias("rhythm__gap_std")
    yield gap.max().alias("rhythm__gap_max")


def within(days: int) -> Iterator[pl.Expr]:
    """Give the columns of one window."""
    yield pl.len().alias(f"events__all__{days}d")
    for family, column, word in WORDS:
        yield (pl.col(column) == word).sum().alias(f"{family}__{word}__{days}d")
    for kind in task.VALUED:
        value = pl.col("value").filter(pl.col("kind") == kind)
        yield value.sum().alias(f"sum__{kind}__{days}d")
        yield value.mean().alias(f"mean__{kind}__{days}d")
        yield value.max().alias(f"max__{kind}__{days}d")
    for plural, column in (("days", "day"), ("categories", "category"), ("sessions", "session_id")):
        yield pl.col(column).n_unique().alias(f"distinct__{plural}__{days}d")
    if days in task.CATEGORY_WINDOWS:
        for category in task.TOP_CATEGORIES:
            yield (pl.col("category") == category).sum().alias(f"category__{category}__{days}d")


def trends() -> Iterator[pl.Expr]:
    """Give the rate of the last week over that of the last month."""
    for family, word in (*((family, word) for family, _, word in WORDS), ("events", "all")):
        week, month = pl.col(f"{family}__{word}__7d"), pl.col(f"{family}__{word}__30d")
        yield pl.when(month > 0).then((week / 7) / (month / 30)).alias(f"trend__{word}")


def run(events: Path, out: Path) -> None:
    """Write the table."""
    out.mkdir(parents=True, exist_ok=True)
    log = read(events).lazy()
    table = pl.concat([features(log, cutoff_us) for cutoff_us in task.CUTOFFS])
    table.sink_parquet(out / "features.parquet", compression="lz4")


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
