"""Canonical tables on disk: Parquet in row groups of a fixed size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

GROUP_ROWS = 500_000


def write_table(path: Path, schema: pa.Schema, tables: Iterator[pa.Table]) -> None:
    """Write tables to one Parquet file in row groups of a fixed size, however the rows arrive.

    Parameters
    ----------
    path : Path
        The file.
    schema : schema
        Its columns; more columns in ``tables`` are left out.
    tables : iterator of table
        The rows, in order.
    """
    pending = schema.empty_table()
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for table in tables:
            pending = pa.concat_tables([pending, table.select(schema.names).cast(schema)])
            while pending.num_rows >= GROUP_ROWS:
                writer.write_table(pending.slice(0, GROUP_ROWS).combine_chunks(), row_group_size=GROUP_ROWS)
                pending = pending.slice(GROUP_ROWS)
        if pending.num_rows:
            writer.write_table(pending.combine_chunks(), row_group_size=GROUP_ROWS)
