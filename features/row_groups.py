"""Canonical tables on disk: Parquet in row groups of a fixed size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

GROUP_ROWS = 500_000


def scratch_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Open a file that only this run reads: written fast rather than small."""
    words = [field.name for field in schema if pa.types.is_string(field.type)]
    return pq.ParquetWriter(path, schema, compression="lz4", use_dictionary=words, write_statistics=False)


def write_table(
    path: Path, schema: pa.Schema, tables: Iterator[pa.Table], sorted_by: tuple[str, ...] = ()
) -> None:
    """Write tables to one Parquet file in row groups of a fixed size, however the rows arrive.

    Parameters
    ----------
    path : Path
        The file.
    schema : schema
        Its columns; more columns in ``tables`` are left out.
    tables : iterator of table
        The rows, in order.
    sorted_by : tuple of str
        Columns by which the rows rise, which the file says of itself.
    """
    pending = schema.empty_table()
    rising = [pq.SortingColumn(schema.get_field_index(name)) for name in sorted_by]
    with pq.ParquetWriter(path, schema, compression="zstd", sorting_columns=rising or None) as writer:
        for table in tables:
            pending = pa.concat_tables([pending, table.select(schema.names).cast(schema)])
            while pending.num_rows >= GROUP_ROWS:
                writer.write_table(pending.slice(0, GROUP_ROWS).combine_chunks(), row_group_size=GROUP_ROWS)
                pending = pending.slice(GROUP_ROWS)
        if pending.num_rows:
            writer.write_table(pending.combine_chunks(), row_group_size=GROUP_ROWS)
