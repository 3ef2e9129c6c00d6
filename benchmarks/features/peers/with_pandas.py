"""pandas: a mask per window, ``groupby(...).size().unstack()``, per cutoff.

``python -m benchmarks.features.peers.with_pandas EVENTS_FOLDER OUT_FOLDER``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from benchmarks.features import task


def read(events: Path) -> pd.DataFrame:
    """Read the log; words become categories, and each event knows the days since the one before."""
    log = pd.read_parquet(events / "events.parquet", columns=list(task.READS))
    for name, words in (("kind", task.KINDS15), ("channel", task.CHANNELS8), ("category", task.CATEGORIES)):
        log[name] = pd.Categorical(log[name], categories=words)
    log["day"] = log["occurred_us"] // task.DAY_US
    log = log.sort_values(["customer_id", "occurred_us"])
    log["gap"] = log.groupby("customer_id")["occurred_us"].diff() / task.DAY_US
    return log


def features(log: pd.DataFrame, cutoff_us: int) -> pd.DataFrame:
    """Give the features at one cutoff, one row per customer."""
    past = log[log["occurred_us"] < cutoff_us]
    by_customer = past.groupby("customer_id")
    out: dict[str, pd.Series] = {}
    first = by_customer["occurred_us"].min()
    customers = first.index
    for days in task.WINDOWS:
        recent = past[past["occurred_us"] >= cutoff_us - days * task.DAY_US]
        out |= in_window(recent, days, customers)
    for name in ("kind", "channel"):
        last = past.groupby(["customer_id", name], observed=True)["occurred_us"].max().unstack()
        for column in last:
            out[f"recency__{column}"] = (cutoff_us - last[column]) / task.DAY_US
    out["rhythm__tenure"] = (cutoff_us - first) / task.DAY_US
    gaps = by_customer["gap"].agg(["mean", "std", "max"])
    out |= {f"rhythm__gap_{measure}": gaps[measure] for measure in gaps}
    for word in (*task.KINDS15, *task.CHANNELS8, "all"):
        family = "count" if word in task.KINDS15 else "channel" if word in task.CHANNELS8 else "events"
        week, month = out[f"{family}__{word}__7d"], out[f"{family}__{word}__30d"]
        out[f"trend__{word}"] = (week / 7) / (month / 30).where(month > 0)
    table = pd.DataFrame(out, index=customers).reindex(columns=list(task.COLUMNS)).astype("float32")
    table.insert(0, "cutoff_us", cutoff_us)
    return table.reset_index()


def in_window(recent: pd.DataFrame, days: int, customers: pd.Index) -> dict[str, pd.Series]:
    """Give the features of one window; customers without an event in it have nothing."""
    out: dict[str, pd.Series] = {}
    for name, family in (("kind", "count"), ("channel", "channel"), ("category", "category")):
        if name == "category" and days not in task.CATEGORY_WINDOWS:
            continue
        rows = recent[recent["category"].isin(task.TOP_CATEGORIES)] if name == "category" else recent
        counts = rows.groupby(["customer_id", name], observed=False).size().unstack(fill_value=0)
        counts = counts.reindex(customers, fill_value=0)
        words = task.TOP_CATEGORIES if name == "category" else counts.columns
        for word in words:
            out[f"{family}__{word}__{days}d"] = counts[word]
    by_customer = recent.groupby("customer_id")
    out[f"events__all__{days}d"] = by_customer.size().reindex(customers, fill_value=0)
    for plural, name in (("days", "day"), ("categories", "category"), ("sessions", "session_id")):
        distinct = by_customer[name].nunique()
        out[f"distinct__{plural}__{days}d"] = distinct.reindex(customers, fill_value=0)
    for kind in task.VALUED:
        money = recent[recent["kind"] == kind].groupby("customer_id")["value"].agg(["sum", "mean", "max"])
        out[f"sum__{kind}__{days}d"] = money["sum"].reindex(customers, fill_value=0)
        out[f"mean__{kind}__{days}d"] = money["mean"]
        out[f"max__{kind}__{days}d"] = money["max"]
    return out


def run(events: Path, out: Path) -> None:
    """Write the table."""
    out.mkdir(parents=True, exist_ok=True)
    log = read(events)
    table = pd.concat([features(log, cutoff_us) for cutoff_us in task.CUTOFFS], ignore_index=True)
    table.to_parquet(out / "features.parquet", compression="lz4", index=False)


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
