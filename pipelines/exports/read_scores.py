"""Reads a score file back, whatever it was written as."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from features.errors import InputError
from pipelines.exports.destinations._base import SCORES
from pipelines.exports.excel import cell_text, first_sheet
from pipelines.exports.spreadsheet_safe import restored

#: What is read of a score file.
NEEDED = pa.schema(
    [("customer_id", pa.string()), ("id_space", pa.string())]
    + [(name, pa.float64() if kind == "number" else pa.string()) for name, kind in SCORES]
)


def read_scores(path: Path) -> pa.Table:
    """Read who was scored, and the scores that are exported.

    Parameters
    ----------
    path : Path
        A score file: ``.parquet``, ``.csv`` or ``.xlsx``.

    Returns
    -------
    pyarrow.Table
        ``NEEDED``: one row per id, texts without the apostrophe of `pipelines.exports.spreadsheet_safe`.

    Raises
    ------
    InputError
        If the file is missing, or no score file.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such score file; run `klantreis score` first, or give --scores")
    try:
        if path.suffix.lower() == ".parquet":
            table = pq.read_table(path)
        elif path.suffix.lower() == ".xlsx":
            header, *rows = first_sheet(path)
            cells = [
                [None if row[j] == "" else cell_text(row[j]) for row in rows] for j in range(len(header))
            ]
            table = pa.table(
                [pa.array(one, pa.string()) for one in cells], names=[str(one) for one in header]
            )
        else:
            convert = pacsv.ConvertOptions(
                column_types={field.name: field.type for field in NEEDED}, strings_can_be_null=True,
                quoted_strings_can_be_null=False, null_values=[""],
            )  # fmt: skip
            parse = pacsv.ParseOptions(newlines_in_values=True)
            table = pacsv.read_csv(path, parse_options=parse, convert_options=convert)
    except (pa.ArrowInvalid, ValueError) as error:
        raise InputError(f"{path}: not readable as a score file ({error}); score again") from None
    missing = [name for name in NEEDED.names if name not in table.column_names]
    if missing:
        raise InputError(
            f"{path}: no score file, column {missing[0]!r} is missing; give a file of `klantreis score`"
        )
    table = table.select(NEEDED.names).cast(NEEDED)
    if path.suffix.lower() == ".parquet":
        return table
    columns = [restored(one) if pa.types.is_string(one.type) else one for one in table.columns]
    return pa.table([pc.if_else(pc.is_null(one), None, one) for one in columns], schema=NEEDED)
