"""Reading the features and labels tables: their schema, and the rows of one cutoff."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.contract import DAY_US
from features.errors import InputError


def newest_rows(table: Path, cutoff_us: int) -> pa.Table:
    """Read the rows of one cutoff (a midnight, microseconds) from a features or labels table.

    Raises
    ------
    InputError
        If the table is missing.
    """
    if not table.exists():
        raise InputError(f"{table} is missing; run `klantreis features` first (or `dvc repro`)")
    if cutoff_us % DAY_US:
        raise InputError(f"cutoff {cutoff_us} is not a midnight UTC; cutoffs are day boundaries")
    return pq.read_table(table, filters=[("cutoff_us", "=", cutoff_us)])


def schema_of(table: Path) -> pa.Schema:
    """Read the schema of a table that is a file, or a folder with a file per cutoff.

    Raises
    ------
    InputError
        If the table is missing.
    """
    files = [table] if table.is_file() else sorted(table.glob("*.parquet"))
    if not files:
        raise InputError(f"{table} is missing; run `klantreis features` first (or `dvc repro`)")
    return pq.read_schema(files[0])
