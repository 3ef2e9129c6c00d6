"""Hold the intervals of the segment table on what is true of the demo shop, and measure what they cost.

``python -m benchmarks.segment_lift [--root FOLDER] [--replicates N] [--json FILE]``, after ``make repro`` with
``source: demo``. Every replicate draws customers afresh, and what happens to them, and judges the same predictions.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.segment_lift_world import Population, large_target, populations
from features.atomic import replacing
from features.errors import InputError
from models.metrics import everything
from models.segments import cells, segment_lift
from models.settings import EvaluationSettings

HERE = Path(__file__).resolve().parent
SETTINGS = EvaluationSettings()
METRICS = [one for one in everything(SETTINGS.top_shares).values() if one.of_runs or one.of_sums]
#: Rows of the seldomest outcome in a cell.
SIZES = (0, 20, 40, 100, 10**9)
KEY = ["phase", "segment_kind", "segment", "metric"]
INTERVALS = ("value", "difference", "champion_difference")

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 if lift is covered in 93-97 % of cells and false discoveries are at most 10 %."""
    asked = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    people = populations(asked.root, asked.paths, asked.seed)
    found = measure(people, asked.replicates, asked.seed, asked.processes)
    found["cost"] = cost(asked.customers, asked.seed)
    with replacing(asked.json) as beside:
        beside.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    sys.stdout.write(told(found))
    return 0 if found["holds"] else 1


def measure(people: Sequence[Population], replicates: int, seed: int, processes: int = 1) -> dict[str, Any]:
    """Measure coverage and false discoveries.

    Parameters
    ----------
    people : sequence of Population
        One per target.
    replicates : int
        Fresh draws of customers and outcomes, per target. Dimensions take turns: each judges one beside the phases.
    seed : int
    processes : int
        Work side by side; what is found does not depend on it.
    """
    parts = [
        Part(population, kind, tuple(range(place, replicates, len(kinds))), seed)
        for population in people
        for kinds in [list(population.groups.columns[1:])]
        for place, kind in enumerate(kinds)
    ]
    if processes > 1:
        with ProcessPoolExecutor(processes) as pool:
            found = list(pool.map(measured, parts))
    else:
        found = [measured(part) for part in parts]
    rows, null = (pd.concat(frames, ignore_index=True) for frames in zip(*found, strict=True))
    return {"replicates": replicates, "seed": seed, **judged(rows, null)}


@dataclass(frozen=True)
class Part:
    """Some of the replicates of a target: those that judge one dimension."""

    population: Population
    kind: str
    replicates: tuple[int, ...]
    seed: int


def measured(part: Part) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the segment table of every replicate with what is true, and what is found where nothing differs."""
    population, names = part.population, ["phase", part.kind]
    truth = true_table(population, names)
    tables, null = [], []
    for replicate in part.replicates:
        rng = np.random.default_rng([part.seed, replicate, len(population.target)])
        sample, groups = population.draw(rng)
        frame = segment_lift(population.target, sample, groups[names], SETTINGS)
        tables.append(frame.merge(truth, on=KEY, suffixes=("", "_true")))
        null.append(_no_difference(population.target, sample, groups[names], rng))
    logger.info("%s by %s: %d replicates", population.target, part.kind, len(part.replicates))
    empty = [pd.DataFrame()]
    return pd.concat(tables or empty, ignore_index=True), pd.concat(null or empty, ignore_index=True)


def judged(rows: pd.DataFrame, null: pd.DataFrame) -> dict[str, Any]:
    """Sum up coverage and false discoveries, and say whether they are what was promised."""
    found: dict[str, Any] = {
        "coverage": {name: coverage(rows, name) for name in INTERVALS},
        "false_discoveries": false_discoveries(null),
    }
    lifts = [found["coverage"]["value"][one.name]["all"]["share"] for one in METRICS if one.family == "lift"]
    found["holds"] = all(0.93 <= one <= 0.97 for one in lifts) and all(
        one["any"] <= 0.1 for one in found["false_discoveries"].values()
    )
    return found


def true_table(population: Population, names: list[str]) -> pd.DataFrame:
    """Give what is true of each segment: of the model, of it minus the rest, and of it minus the champion."""
    rows = []
    for cell in cells(population.groups[names]):
        mine = population.truth(METRICS, cell.inside)
        champion = population.truth(METRICS, cell.inside, "champion")
        rest = population.truth(METRICS, cell.rest) if cell.rest.sum() > 1 else {}
        rows += [
            {"phase": cell.phase, "segment_kind": cell.kind, "segment": cell.segment, "metric": name,
             "value_true": value, "difference_true": value - rest.get(name, np.nan),
             "champion_difference_true": value - champion[name]}
            for name, value in mine.items()
        ]  # fmt: skip
    return pd.DataFrame(rows)


def coverage(rows: pd.DataFrame, name: str) -> dict[str, Any]:
    """Count how often an interval holds the truth, per metric and size of the cell."""
    low, high = ("low", "high") if name == "value" else (f"{name}_low", f"{name}_high")
    some = rows[rows[[low, high, f"{name}_true"]].notna().all(axis=1)]
    within = (some[low] <= some[f"{name}_true"]) & (some[f"{name}_true"] <= some[high])
    seldomest = np.minimum(some["positives"], some["n"] - some["positives"])
    size = pd.Series(pd.cut(seldomest, SIZES), index=some.index).astype(str)
    wide = (some[high] - some[low]).groupby(some["metric"]).median()
    found: dict[str, Any] = {}
    for metric, mine in within.groupby(some["metric"]):
        by = mine.groupby(size.loc[mine.index])
        found[str(metric)] = {
            "all": {"n": len(mine), "share": round(float(mine.mean()), 4)},
            **{str(key): {"n": len(one), "share": round(float(one.mean()), 4)} for key, one in by},
            "median_width": round(float(wide[metric]), 5),
        }
    return found


def _no_difference(
    target: str, sample: pd.DataFrame, groups: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Give every customer the segments of somebody else, the same at all cutoffs: then no segment differs."""
    first = groups[~sample["customer_id"].duplicated()].to_numpy()
    shuffled = pd.DataFrame(rng.permutation(first)[sample["customer_id"]], columns=groups.columns)
    judged = sample.assign(phase=shuffled["phase"]).drop(columns=["champion"])
    frame = segment_lift(target, judged, shuffled, SETTINGS)
    known = frame[frame["q_value"].notna()]
    return pd.DataFrame(
        [
            {"metric": str(metric), "cells": len(one), "found": int((one["q_value"] <= 0.05).sum())}
            for metric, one in known.groupby("metric")
        ]
    )


def false_discoveries(families: pd.DataFrame) -> dict[str, Any]:
    """Give, per metric, the share of tables with any discovery at q <= 0.05, and of cells; nothing is there."""
    return {
        str(metric): {
            "tables": len(one),
            "any": round(float((one["found"] > 0).mean()), 4),
            "cells": round(float(one["found"].sum() / one["cells"].sum()), 5),
        }
        for metric, one in families.groupby("metric")
    }


def cost(customers: int, seed: int) -> dict[str, Any]:
    """Measure the CPU of 15 models x 30 segments x 200 resamples: 3 targets, 5 phases, 3 cutoffs; one process."""
    cpu, wall, numbers = time.process_time(), time.perf_counter(), 0
    for target in range(3):
        rows, groups = large_target(customers, cutoffs=3, phases=5, kinds=6, seed=seed + target)
        numbers += len(segment_lift(str(target), rows, groups, SETTINGS))
    return {
        "customers": customers, "cpu_seconds": round(time.process_time() - cpu, 1),
        "wall_seconds": round(time.perf_counter() - wall, 1), "numbers": numbers, "resamples": SETTINGS.resamples,
    }  # fmt: skip


def told(found: dict[str, Any]) -> str:
    """Put what was found into a table."""
    lines = [
        "| metric | value | difference from rest | from champion | any false discovery |",
        "|---|---|---|---|---|",
    ]
    for metric in METRICS:
        shares = [
            found["coverage"][name].get(metric.name, {}).get("all", {}).get("share") for name in INTERVALS
        ]
        false = found["false_discoveries"].get(metric.name, {}).get("any")
        lines.append("| " + " | ".join([metric.name, *(_percent(one) for one in (*shares, false))]) + " |")
    spent = found.get("cost", {})
    return "\n".join(lines) + (
        f"\n\n{found['replicates']} replicates per target; {spent.get('cpu_seconds')} CPU-seconds for 15 models x 30 "
        f"segments x {spent.get('resamples')} resamples ({spent.get('customers')} customers x 3 cutoffs)\n"
    )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.segment_lift", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--root", type=Path, default=HERE.parent, help="project folder")
    parser.add_argument("--replicates", type=int, default=200, help="fresh draws per target")
    parser.add_argument("--paths", type=int, default=8, help="random futures per person")
    parser.add_argument("--customers", type=int, default=20_000, help="of the measurement of CPU")
    parser.add_argument("--processes", type=int, default=1, help="that work side by side")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", type=Path, default=HERE / "results/segment_lift.json", metavar="FILE")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"error: {error}")
