"""Scoring beside the least it could cost: ``Booster.predict`` of the same boosters on the same rows, read and written.

``python -m benchmarks.scoring --customers 1000000 --json benchmarks/results/scoring.json``, in a project whose stages
have run. The customers of the newest cutoff are repeated under new ids until there are enough. Every measurement is a
process of its own; CPU counts from after the imports, memory is the peak of the process. Two definitions:

- ``probabilities``: ``p_churn`` and ``p_ready``. Bare: the row groups of the features are read, put into a float32
  matrix, and every booster predicts the rows that need its answer. Ours: `models.scoring.score_rows`, which also mixes
  in the logistic models, calibrates, and gives score, percentile and band.
- ``full``: every column of a score file but the next categories, which come from events. Bare: all boosters of
  `probabilities`, of exits, timing and value, the contributions (``pred_contrib``) behind the reasons, and the writing
  of that very file.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from features.cutoffs import day_of
from features.settings import DORMANT
from models import bundle
from models.estimators.lightgbm import FittedLightGBM
from models.exits import bundle as exits_bundle
from models.json_files import write_json
from models.panel import Panel, panel_of
from models.scoring import score_rows
from models.target import PROBABILITIES
from models.timing import bundle as timing_bundle
from models.value import bundle as value_bundle
from models.value.serving import MODEL
from pipelines.params import load_params, project_root
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.score_batches import ROWS, scored

TASKS = ("bare probabilities", "our probabilities", "bare full", "our full", "write full")
WHO = pa.schema([("customer_id", pa.int64()), ("p_churn", pa.float64()), ("p_ready", pa.float64())])
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Place:
    """The project whose models score, and the folder of the enlarged tables."""

    root: Path
    folder: Path

    @property
    def features(self) -> Path:
        """Features of everybody at one cutoff."""
        return self.folder / "features.parquet"

    @property
    def labels(self) -> Path:
        """Their labels."""
        return self.folder / "labels.parquet"

    def batches(self) -> Iterator[tuple[pa.Table, pa.Table]]:
        """Read features and labels in slices of ``ROWS``, as scoring does."""
        with pq.ParquetFile(self.features) as rows, pq.ParquetFile(self.labels) as theirs:
            for group in range(rows.num_row_groups):
                some, labels = rows.read_row_group(group), theirs.read_row_group(group)
                for start in range(0, some.num_rows, ROWS):
                    yield some.slice(start, ROWS), labels.slice(start, ROWS)


def enlarge(place: Place, customers: int) -> None:
    """Write ``customers`` rows of features and labels, encoded as the stage ``features`` does."""
    project = Project(place.root)
    plan = load_plan(project)
    place.folder.mkdir(parents=True, exist_ok=True)
    for table, out in ((project.features, place.features), (project.labels, place.labels)):
        rows = pq.read_table(table / f"{day_of(plan.as_of_us)}.parquet")
        floats = [field.name for field in rows.schema if pa.types.is_floating(field.type)]
        others = [name for name in rows.column_names if name not in floats]
        at = rows.schema.get_field_index("customer_id")
        with pq.ParquetWriter(
            out, rows.schema, compression="lz4", use_dictionary=others, use_byte_stream_split=floats,
            write_statistics=False,
        ) as writer:  # fmt: skip
            for start in range(0, customers, 1 << 16):
                ids = np.arange(start, min(start + (1 << 16), customers), dtype=np.int64)
                some = rows.take(pa.array(ids % len(rows)))
                writer.write_table(some.set_column(at, rows.schema.field(at), pa.array(ids * 7919)))


def bare_probabilities(place: Place) -> int:
    """Read, predict with every booster of churn and readiness whom it serves, write."""
    project = Project(place.root)
    plan, count = load_plan(project), 0
    with pq.ParquetWriter(place.folder / "bare.parquet", WHO, compression="zstd") as writer:
        for features, labels in place.batches():
            panel = panel_of(features, None, "churn", plan.journey.phase_keys)
            found = {}
            for target in PROBABILITIES:
                at_risk = labels[target.population_column].to_numpy() & ~panel.in_phase(DORMANT)
                found[target.score], predicted = _boosted(panel, project.artifacts(target.name), at_risk)
                count += predicted
            columns = {"customer_id": panel.customer_id, **found}
            writer.write_table(pa.table([pa.array(columns[name]) for name in WHO.names], schema=WHO))
    return count


def _boosted(panel: Panel, artifacts: Path, at_risk: Mask, contributions: bool = False) -> tuple[Floats, int]:
    """Ask the boosters of each phase, on its rows alone."""
    p, count = np.full(len(panel), np.nan), 0
    for phase in panel.phases:
        rows = np.flatnonzero(panel.in_phase(phase) & at_risk)
        if phase != DORMANT and len(rows):
            for _, _, fitted in bundle.load(artifacts / phase).members:
                if isinstance(fitted, FittedLightGBM):
                    count += _ask(fitted, panel, rows, p, contributions)
    return p, count


def _ask(
    fitted: FittedLightGBM, panel: Panel, rows: npt.NDArray[np.int64], p: Floats, contributions: bool = False
) -> int:
    x = _columns(panel, rows, fitted.columns)
    for booster in fitted.boosters:
        p[rows] = booster.predict(x, num_threads=1)
        if contributions:
            booster.predict(x, pred_contrib=True, num_threads=1)
    return len(rows) * len(fitted.boosters)


def _columns(panel: Panel, rows: npt.NDArray[np.int64], names: tuple[str, ...]) -> npt.NDArray[np.float32]:
    place = {name: j for j, name in enumerate(panel.columns)}
    return panel.x[np.ix_(rows, np.array([place[name] for name in names], dtype=np.int64))]


def our_probabilities(place: Place) -> int:
    """Score churn and readiness as the product does, write the same columns."""
    project, params = Project(place.root), load_params(place.root)
    plan, count = load_plan(project), 0
    artifacts = {target.name: project.artifacts(target.name) for target in PROBABILITIES}
    with pq.ParquetWriter(place.folder / "ours.parquet", WHO, compression="zstd") as writer:
        for features, labels in place.batches():
            scores = score_rows(features, labels, plan.journey, plan.contracts, artifacts, params.score)
            writer.write_table(pa.table([pa.array(scores[name]) for name in WHO.names], schema=WHO))
            count += len(scores)
    return count


def bare_full(place: Place) -> int:
    """Read, and predict with every booster that serves a column; `write_full` is the writing."""
    project = Project(place.root)
    plan, count = load_plan(project), 0
    for features, labels in place.batches():
        panel = panel_of(features, None, "churn", plan.journey.phase_keys)
        awake = ~panel.in_phase(DORMANT)
        for target in PROBABILITIES:
            at_risk = labels[target.population_column].to_numpy() & awake
            reasons = target.name == "readiness"
            count += _boosted(panel, project.artifacts(target.name), at_risk, reasons)[1]
        count += _others(project, panel, np.flatnonzero(awake))
    return count


def _others(project: Project, panel: Panel, awake: npt.NDArray[np.int64]) -> int:
    """Ask the boosters of exits, timing and value about who is awake."""
    if not len(awake):
        return 0
    p, count = np.full(len(panel), np.nan), 0
    timing = timing_bundle.load(project.artifacts("timing"))
    served = [*timing.horizons, *([timing.left] if timing.left else [])]
    boosted = [one for model in served for _, _, one in model.members if isinstance(one, FittedLightGBM)]
    for one in boosted:
        count += _ask(one, panel, awake, p)
    exits = exits_bundle.load(project.artifacts("exits"))
    value = value_bundle.load(project.artifacts("value") / MODEL)
    members: list[Any] = [one for _, _, one in exits.members]
    members += [one for mix in (value.pooled, *value.separate.values()) for _, _, one in mix.members]
    for member in members:
        booster = getattr(member, "booster", None)
        if booster is not None:
            booster.predict(_columns(panel, awake, member.columns), num_threads=1)
            count += len(awake)
    return count


def our_full(place: Place) -> int:
    """Score every column but the next categories as the product does, and write them."""
    project, params = Project(place.root), load_params(place.root)
    plan, count = load_plan(project), 0
    writer: pq.ParquetWriter | None = None
    for features, labels in place.batches():
        table, _ = scored(project, params, plan, features, labels)
        writer = writer or pq.ParquetWriter(place.folder / "full.parquet", table.schema, compression="zstd")
        writer.write_table(table)
        count += table.num_rows
    if writer is not None:
        writer.close()
    return count


def measured(place: Place, task: str) -> dict[str, Any]:
    """Do one task in this process; CPU seconds from here on, and the peak of its memory."""
    if task == "write full":
        table = pq.read_table(place.folder / "full.parquet")
    began, wall = _cpu(), time.monotonic()
    if task == "write full":
        pq.write_table(table, place.folder / "again.parquet", compression="zstd", row_group_size=ROWS)
        count = table.num_rows
    else:
        does = {
            "bare probabilities": bare_probabilities, "our probabilities": our_probabilities,
            "bare full": bare_full, "our full": our_full,
        }  # fmt: skip
        count = does[task](place)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return {
        "cpu_seconds": round(_cpu() - began, 2), "wall_seconds": round(time.monotonic() - wall, 2),
        "peak_memory_gb": round(peak, 2), "rows": count,
    }  # fmt: skip


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def compare(place: Place, customers: int, repeats: int) -> dict[str, Any]:
    """Run every task in a process of its own; of several runs the one with the least CPU counts."""
    found: dict[str, dict[str, Any]] = {}
    for _ in range(repeats):
        for task in TASKS:
            command = [
                sys.executable,
                "-m",
                "benchmarks.scoring",
                "--task",
                task,
                "--folder",
                str(place.folder),
            ]
            said = subprocess.run(
                [*command, "--project", str(place.root)], check=True, capture_output=True, text=True
            )
            one = json.loads(said.stdout.splitlines()[-1])
            if task not in found or one["cpu_seconds"] < found[task]["cpu_seconds"]:
                found[task] = one
    bare = found["bare full"]["cpu_seconds"] + found["write full"]["cpu_seconds"]
    return {
        "customers": customers,
        "tasks": found,
        "cpu_ratio": {
            "probabilities": round(
                found["our probabilities"]["cpu_seconds"] / found["bare probabilities"]["cpu_seconds"], 2
            ),
            "full": round(found["our full"]["cpu_seconds"] / bare, 2),
        },
        "peak_memory_gb": max(found[task]["peak_memory_gb"] for task in ("our probabilities", "our full")),
    }


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--project", type=Path, default=None)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--task", choices=TASKS, default=None)
    given = parser.parse_args()
    root = given.project or project_root()
    place = Place(root.resolve(), (given.folder or root / "data/benchmark/scoring").resolve())
    if given.task:
        sys.stdout.write(json.dumps(measured(place, given.task)) + "\n")
        return
    enlarge(place, given.customers)
    found = compare(place, given.customers, given.repeats)
    if given.json:
        write_json(given.json, found)
    sys.stdout.write(json.dumps(found["cpu_ratio"] | {"peak_memory_gb": found["peak_memory_gb"]}) + "\n")


if __name__ == "__main__":
    main()
