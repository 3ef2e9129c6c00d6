"""The rows of one cutoff, of the features or the labels."""

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
    if not table.is_file():
        raise InputError(f"{table} is missing; run `klantreis features` first (or `dvc repro`)")
    if cutoff_us % DAY_US:
        raise InputError(f"cutoff {cutoff_us} is not a midnight UTC; cutoffs are day boundaries")
    return pq.read_table(table, filters=[("cutoff_us", "=", cutoff_us)])
