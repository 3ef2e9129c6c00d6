"""One machine: DuckDB partitions by person, the kernel computes, partitions are merged per cutoff."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.atomic import replacing, workspace
from features.engines.partitions import partitions
from features.events import READS
from features.plan import PLAN_DIGEST, Plan
from features.settings import EngineSettings
from features.table import build, column_dictionary


def run(
    events_path: Path, plan: Plan, settings: EngineSettings, features_path: Path, labels_path: Path
) -> dict[str, int]:
    """Build the features and labels tables of all customers.

    Parameters
    ----------
    events_path : Path
        Canonical events (parquet file).
    plan : Plan
        What to build.
    settings : EngineSettings
        Partitions, threads, memory. They change how fast and in how much memory, never a byte of the result.
    features_path, labels_path : Path
        Written whole or not at all, sorted by (cutoff_us, customer_id), one row group per cutoff; the schema
        carries the digest of the plan (``PLAN_DIGEST``), which tells tables of another run apart.

    Returns
    -------
    dict of str to int
        Counts: ``events``, ``rows``, ``columns``.
    """
    with (
        replacing(features_path) as features_out,
        replacing(labels_path) as labels_out,
        workspace(features_path.with_name("build")) as folder,
    ):
        with partitions(events_path, settings, folder, READS) as parts:
            rows = sum(parts.map(lambda part, batch: _one(part, batch, plan, folder)))
        for name, out in (("features", features_out), ("labels", labels_out)):
            _merge(sorted(folder.glob(f"{name}.*.arrow")), plan, out)
    return {"events": parts.events, "rows": rows, "columns": len(column_dictionary(plan))}


def write_columns(plan: Plan, path: Path) -> None:
    """Write the column dictionary (data/columns.json)."""
    with replacing(path) as beside:
        beside.write_text(json.dumps(column_dictionary(plan), indent=1, sort_keys=True, ensure_ascii=False))


def _one(part: int, batch: pa.Table, plan: Plan, folder: Path) -> int:
    features, labels = build(batch, plan)
    for name, table in (("features", features), ("labels", labels)):
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.ipc.new_file(folder / f"{name}.{part:05d}.arrow", table.schema, options=options) as writer:
            for rows in _cutoff_slices(table, plan):
                writer.write_batch(rows)
    return len(features)


def _cutoff_slices(table: pa.Table, plan: Plan) -> Iterator[pa.RecordBatch]:
    """One batch per cutoff, an empty one included, so that batch i of every partition is cutoff i."""
    whole = table.combine_chunks()
    rows = whole.to_batches()[0] if len(whole) else pa.RecordBatch.from_pylist([], schema=whole.schema)
    cutoffs = whole["cutoff_us"].to_numpy()
    for cutoff_us in plan.all_cutoffs:
        start, end = np.searchsorted(cutoffs, [cutoff_us, cutoff_us + 1])
        yield rows.slice(int(start), int(end - start))


def _merge(parts: list[Path], plan: Plan, out: Path) -> None:
    """Merge the partitions cutoff by cutoff: bounded by one cutoff, the same bytes for any partitioning."""
    files = [pa.ipc.open_file(pa.memory_map(str(part))) for part in parts]
    schema = files[0].schema.with_metadata({PLAN_DIGEST: plan.digest})
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for cutoff in range(len(plan.all_cutoffs)):
            rows = pa.Table.from_batches([file.get_batch(cutoff) for file in files])
            order = pc.sort_indices(rows["customer_id"])
            rows = rows.take(order).unify_dictionaries().combine_chunks()
            writer.write_table(
                rows.replace_schema_metadata(schema.metadata), row_group_size=max(len(rows), 1)
            )
