"""One machine: DuckDB partitions by customer, the kernel computes, partitions are merged per cutoff."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.atomic import replacing, workspace
from features.events import READS
from features.plan import PLAN_DIGEST, Plan
from features.settings import EngineSettings
from features.table import build, column_dictionary

logger = logging.getLogger(__name__)


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
        with duckdb.connect(str(folder / "events.duckdb"), config=_config(settings, str(folder))) as store:
            events = _partition(store, events_path, settings.partitions)
            rows = _compute(store, plan, settings, folder, events)
        for name, out in (("features", features_out), ("labels", labels_out)):
            _merge(sorted(folder.glob(f"{name}.*.arrow")), plan, out)
    return {"events": events, "rows": rows, "columns": len(column_dictionary(plan))}


def write_columns(plan: Plan, path: Path) -> None:
    """Write the column dictionary (data/columns.json)."""
    with replacing(path) as beside:
        beside.write_text(json.dumps(column_dictionary(plan), indent=1, sort_keys=True, ensure_ascii=False))


def _config(settings: EngineSettings, folder: str) -> dict[str, Any]:
    return {"threads": settings.threads, "memory_limit": f"{settings.memory_gb}GB", "temp_directory": folder}


def _partition(store: duckdb.DuckDBPyConnection, events_path: Path, partitions: int) -> int:
    """Split the events by hash of customer into a file, so that memory holds one partition at a time."""
    store.execute(
        f"CREATE TABLE events AS SELECT {', '.join(READS)}, hash(customer_id) % ? AS part "
        "FROM read_parquet(?)",
        [partitions, str(events_path)],
    )
    return int(store.execute("SELECT count(*) FROM events").fetchall()[0][0])


def _compute(
    store: duckdb.DuckDBPyConnection, plan: Plan, settings: EngineSettings, folder: Path, events: int
) -> int:
    """Run the kernel on every partition; a worker holds one partition."""
    began, done, rows = time.monotonic(), 0, 0
    with ThreadPoolExecutor(settings.threads) as pool:
        waiting: list[Future[tuple[int, int]]] = [
            pool.submit(_one, store.cursor(), part, plan, folder) for part in range(settings.partitions)
        ]
        for number, future in enumerate(waiting, start=1):
            read, written = future.result()
            done, rows = done + read, rows + written
            seconds = max(time.monotonic() - began, 1e-6)
            logger.info("partition %d of %d: %d of %d events, %d rows, %.0f events/s", number, len(waiting),
                        done, events, rows, done / seconds)  # fmt: skip
    return rows


def _one(store: duckdb.DuckDBPyConnection, part: int, plan: Plan, folder: Path) -> tuple[int, int]:
    batch = store.sql(
        f"SELECT {', '.join(READS)} FROM events WHERE part = ? ORDER BY customer_id, occurred_us, event_id",
        params=[part],
    ).to_arrow_table()
    features, labels = build(batch, plan)
    for name, table in (("features", features), ("labels", labels)):
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.ipc.new_file(folder / f"{name}.{part:05d}.arrow", table.schema, options=options) as writer:
            for rows in _cutoff_slices(table, plan):
                writer.write_batch(rows)
    return len(batch), len(features)


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
