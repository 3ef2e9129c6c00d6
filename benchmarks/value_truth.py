"""What the simulator of the demo expects of everybody: its own number of orders, times the net money of an order."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.demo_world import WEEK_US, persons_of, queried, read_settings_of, week_of
from pipelines.demo_shop.effects import seen
from pipelines.demo_shop.evidence import phase_of
from pipelines.demo_shop.policy import decide
from pipelines.demo_shop.settings import START_US, DemoSettings
from pipelines.demo_shop.simulation import Monday, acted, lives
from pipelines.demo_shop.week import Draws, advance

Floats = NDArray[np.float64]
#: Random futures per person.
PATHS = 24


def with_oracle(root: Path, tested: pa.Table, paths: int = PATHS) -> pa.Table:
    """Add column ``oracle``, and leave out rows that belong to no person of the simulation.

    Parameters
    ----------
    root : Path
        Project folder of the demo.
    tested : pyarrow.Table
        As ``artifacts/value/out_of_time.parquet``.
    paths : int
        Random futures per person.
    """
    settings = read_settings_of(root / "data/demo_truth")
    contracts = json.loads((root / "data/plan.json").read_text(encoding="utf-8"))["contracts"]
    weeks = next(one["horizon_days"] for one in contracts if one["target"] == "value") // 7
    rows = tested.to_pandas().merge(persons_of(root)[["customer_id", "person"]], on="customer_id")
    rows = rows.sort_values(["cutoff_us", "customer_id"])
    # Two ids of one person at one cutoff (a browser not linked yet): the person is asked about once.
    rows = rows.drop_duplicates(["cutoff_us", "person"], keep="last").reset_index(drop=True)
    asked = {
        week_of(int(str(cutoff))): np.unique(part["person"].to_numpy(dtype=np.int64))
        for cutoff, part in rows.groupby("cutoff_us")
    }
    orders = _orders(settings, asked, weeks, paths)
    week = ((rows["cutoff_us"] - START_US) // WEEK_US).to_numpy()
    expected = np.zeros(len(rows))
    for one, known in orders.items():
        mine = week == one
        expected[mine] = known.loc[rows["person"].to_numpy()[mine]].to_numpy()
    rows["oracle"] = expected * _net_money_of_an_order(root)
    return pa.Table.from_pandas(rows.drop(columns="person"), preserve_index=False)


def _orders(
    settings: DemoSettings, asked: dict[int, NDArray[np.int64]], weeks: int, paths: int
) -> dict[int, pd.Series[float]]:
    """Give the expected number of orders within the coming weeks, by person, from the Monday of each week asked."""
    found = {}
    for monday, _ in lives(settings, mondays=True):
        if monday.week in asked:
            persons = asked[monday.week]
            total = sum((_one_path(monday, persons, weeks, settings, path) for path in range(paths)),
                        np.zeros(len(persons)))  # fmt: skip
            found[monday.week] = pd.Series(total / paths, index=persons)
    return found


def _one_path(
    monday: Monday, rows: NDArray[np.int64], weeks: int, settings: DemoSettings, path: int
) -> Floats:
    """Orders of one random future: hazards are added up, far less noise than counting orders."""
    state, expected = monday.state.take(rows), np.zeros(len(rows))
    for step in range(weeks):
        week = monday.week + step
        phase, x = phase_of(state, 7 * week), seen(state, 7 * week)
        key = [settings.seed, 2_000, monday.week, path, step]
        now, lift = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows))
        if settings.decides(week):
            decided = decide(state, x, phase, np.random.default_rng([*key, 1]), settings)
            now, lift = acted(x, phase, decided, settings)
        draws = Draws(np.random.default_rng(key), len(rows))
        expected += advance(state, week, phase, now, lift, draws, settings).hazard
    return expected


def _net_money_of_an_order(root: Path) -> float:
    """Money of all orders less what came back, per order: the same for everybody."""
    found = queried(
        f"""
        SELECT sum(value) AS net, count(DISTINCT (customer_id, occurred_us)) FILTER (kind = 'purchase') AS orders
        FROM '{root}/data/canonical/events.parquet' WHERE kind IN ('purchase', 'return')
        """
    )
    return float(found["net"][0] / found["orders"][0])
