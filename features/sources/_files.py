"""Raw files: finding them, reading Parquet in batches of bounded size, refusing what is broken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import InputError
from features.sources._batches import RawBatch, RawFile, Role

BATCH_ROWS = 250_000


def parquet_batches(
    file: RawFile, rows: int = BATCH_ROWS, columns: Sequence[str] | None = None
) -> Iterator[RawBatch]:
    """Read a Parquet file in batches of bounded size (all ``columns``, or those of them that it has).

    A broken file is an `InputError`.
    """
    start = 1
    if file.path.stat().st_size == 0:
        return  # as a table without rows: an export that found nothing to write
    try:
        with pq.ParquetFile(file.path) as parquet:
            chosen = (
                None if columns is None else [name for name in parquet.schema_arrow.names if name in columns]
            )
            for batch in parquet.iter_batches(batch_size=rows, columns=chosen, use_threads=False):
                if batch.num_rows:
                    numbers = np.arange(start, start + batch.num_rows, dtype=np.int64)
                    yield RawBatch(file, pa.Table.from_batches([batch]), numbers)
                    start += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{file.name}: not a whole Parquet file ({first_line(error)}); it was probably cut off while "
            "being copied or downloaded: fetch it again, or take it out of the folder"
        ) from error


def require_columns(found: list[str], wanted: Mapping[str, str], file: RawFile) -> None:
    """Refuse a file that lacks a column; ``wanted`` maps each column to the key that asks for it."""
    for column, key in wanted.items():
        if column not in found:
            raise InputError(
                f"{file.name}: column {column!r} is missing; the columns found are "
                f"{', '.join(map(repr, found))}; mend the file or change {key}"
            )


def file_in(folder: Path, name: str, table: str, *, source: str, role: Role = "events") -> RawFile:
    """Give the file ``name`` of the folder; an `InputError` if it is absent."""
    path = folder / name
    if not path.is_file():
        raise InputError(
            f"{name} is not in {folder}; change path in conf/sources/{source}.yaml, or put the file there"
        )
    return RawFile(path, name, table, role)


def first_line(error: BaseException) -> str:
    """Give the first line of an error message."""
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
