"""The tables that a kernel computes for each batch: kept aside per batch, then merged into one file per cutoff.

Every engine writes through here, so the bytes do not depend on the engine, nor on how persons were batched.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.cutoffs import day_of
from features.plan import PLAN_DIGEST, Plan

#: Rows of a row group of the merged tables.
GROUP_ROWS = 1 << 16


def put_aside(name: str, part: int, table: pa.Table, plan: Plan, folder: Path) -> None:
    """Keep the rows of one batch, cutoff by cutoff, until all are there.

    Parameters
    ----------
    name : str
        Which table.
    part : int
        Number of the batch.
    table : pyarrow.Table
        Rows sorted by (cutoff_us, customer_id).
    plan : Plan
        The cutoffs.
    folder : Path
        Where; a batch that is computed twice (an engine may try again) gives the same file.
    """
    cutoffs = table["cutoff_us"].to_numpy()
    some = table.to_batches()[0] if len(table) else pa.RecordBatch.from_pylist([], schema=table.schema)
    with pa.ipc.new_file(folder / f"{name}.{part:06d}.arrow", table.schema) as writer:
        for cutoff_us in plan.all_cutoffs:
            start, end = np.searchsorted(cutoffs, [cutoff_us, cutoff_us + 1])
            rows = table.slice(int(start), int(end - start)).combine_chunks().to_batches()
            # An empty batch must bring the same words along: the format allows one dictionary per file.
            writer.write_batch(rows[0] if rows else some.slice(0, 0))


def merge(name: str, plan: Plan, folder: Path, out: Path, threads: int) -> None:
    """Merge what was put aside into one Parquet file per cutoff, sorted by ``customer_id``.

    Parameters
    ----------
    name : str
        Which table.
    plan : Plan
        The cutoffs; the schema carries its digest (``PLAN_DIGEST``), which tells tables of another run apart.
    folder : Path
        Where the parts are.
    out : Path
        A folder, made here: ``<day of the cutoff>.parquet``.
    threads : int
        Cutoffs that are written at the same time.
    """
    out.mkdir()
    parts = sorted(folder.glob(f"{name}.*.arrow"))
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda cutoff: _merge_cutoff(parts, cutoff, plan, out), range(len(plan.all_cutoffs))))


def _merge_cutoff(parts: list[Path], cutoff: int, plan: Plan, out: Path) -> None:
    with pa.ipc.open_file(str(parts[0])) as first:
        schema = first.schema.with_metadata({PLAN_DIGEST: plan.digest})
    floats = [field.name for field in schema if pa.types.is_floating(field.type)]
    with pq.ParquetWriter(
        out / f"{day_of(plan.all_cutoffs[cutoff])}.parquet", schema, compression="lz4",
        use_dictionary=[field.name for field in schema if field.name not in floats],
        use_byte_stream_split=floats, write_statistics=False,
    ) as writer:  # fmt: skip
        for rows in _row_groups(_in_order(parts, cutoff)):
            writer.write_table(rows.replace_schema_metadata(schema.metadata), row_group_size=GROUP_ROWS)


def _row_groups(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Cut rows into tables of ``GROUP_ROWS``, however they come; at least one, which may be empty."""
    waiting, given = next(tables), False
    for table in tables:
        waiting = pa.concat_tables([waiting, table])
        while len(waiting) >= GROUP_ROWS:
            yield waiting.slice(0, GROUP_ROWS).unify_dictionaries().combine_chunks()
            waiting, given = waiting.slice(GROUP_ROWS), True
    # No empty group after full ones: one table of so many rows leaves none either.
    if len(waiting) or not given:
        yield waiting.unify_dictionaries().combine_chunks()


def _in_order(parts: list[Path], cutoff: int) -> Iterator[pa.Table]:
    """Give the rows of a cutoff by customer: part after part where that is their order, else sorted."""
    ids = [_rows(part, cutoff, ["customer_id"])["customer_id"].to_numpy() for part in parts]
    ends = np.concatenate([one[[0, -1]] for one in ids if len(one)] or [np.zeros(0, np.int64)])
    if (ends[1:] >= ends[:-1]).all():
        yield from (_rows(part, cutoff) for part in parts)
        return
    whole = pa.concat_tables([_rows(part, cutoff) for part in parts])
    yield whole.take(pc.sort_indices(whole["customer_id"]))


def _rows(part: Path, cutoff: int, columns: list[str] | None = None) -> pa.Table:
    options = pa.ipc.IpcReadOptions(use_threads=False)
    if columns is not None:
        with pa.ipc.open_file(str(part)) as file:
            places = [file.schema.get_field_index(name) for name in columns]
        options = pa.ipc.IpcReadOptions(use_threads=False, included_fields=places)
    with pa.memory_map(str(part)) as source, pa.ipc.open_file(source, options=options) as file:
        return pa.Table.from_batches([file.get_batch(cutoff)])
