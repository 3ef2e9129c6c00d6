"""Writes score files: CSV, Parquet or Excel, whole or not at all, in bounded memory."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.atomic import replacing
from pipelines.customer_list import check_format
from pipelines.exports.csv_out import write_csv
from pipelines.exports.excel import write_excel
from pipelines.exports.spreadsheet_safe import neutralised


def write_scores(scores: pa.Table | Iterable[pa.Table], path: Path) -> None:
    """Write scores as CSV, Excel or Parquet by the ending of the file, moved into place when all is there.

    Parameters
    ----------
    scores : pyarrow.Table or iterable of pyarrow.Table
        One table, or blocks of rows with the same columns, at least one.
    path : Path
        In CSV and Excel lists are joined by ``; ``, and texts that a spreadsheet would run as a formula get an
        apostrophe before them (`pipelines.exports.spreadsheet_safe`).

    Raises
    ------
    InputError
        If the ending is another, or Excel does not hold so many rows or is not installed.
    """
    check_format(path, f"--out {path}: a score file")
    rest = iter([scores] if isinstance(scores, pa.Table) else scores)
    first = next(rest)
    blocks = itertools.chain([first], rest)
    with replacing(path) as beside:
        if path.suffix.lower() == ".parquet":
            with pq.ParquetWriter(beside, first.schema, compression="zstd") as writer:
                for block in blocks:
                    writer.write_table(block)
        elif path.suffix.lower() == ".xlsx":
            write_excel((_flat(block) for block in blocks), beside)
        else:
            write_csv((_flat(block) for block in blocks), beside)


def _flat(table: pa.Table) -> pa.Table:
    """Join lists of texts into one text, and make texts safe to open in a spreadsheet."""
    for place, field in enumerate(table.schema):
        if pa.types.is_list(field.type):
            table = table.set_column(place, field.name, pc.binary_join(table.column(place), "; "))
    return neutralised(table)
