"""Tables that people bring to an experiment: CSV or Parquet, every mistake named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from features.atomic import replacing
from features.errors import InputError
from features.fingerprint import fingerprint
from features.sources._columns import id_strings
from features.sources._files import first_line
from pipelines.customer_list import COLUMN, DELIMITERS, check_format

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
SPACE = "id_space"


def read_table(path: Path, needed: Sequence[str], what: str) -> pd.DataFrame:
    """Read a table with the ids of customers.

    Parameters
    ----------
    path : Path
        ``.csv`` (comma, semicolon or tab; UTF-8) or ``.parquet``.
    needed : sequence of str
        Columns that must be there.
    what : str
        What the table is; opens the messages.

    Returns
    -------
    DataFrame
        Columns as given, those of a CSV file as text; ``customer_id`` as text, never missing.

    Raises
    ------
    InputError
        If the file is missing, unreadable or empty, or lacks a column.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; say where the {what} is")
    check_format(path, f"{path}: the {what}")
    table = _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path)
    lacking = [name for name in needed if name not in table.column_names]
    if lacking:
        raise InputError(
            f"{path}: the {what} lacks the column(s) {', '.join(lacking)}; found: "
            f"{', '.join(table.column_names)}; rename a column, or name it on the command line"
        )
    # An index that pandas wrote along would come back as one, and ids would be matched by it.
    frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
    if COLUMN in frame:
        frame[COLUMN] = id_strings(table[COLUMN]).fill_null("").to_pandas().astype(object)
        frame = frame[frame[COLUMN] != ""].reset_index(drop=True)
    if frame.empty:
        raise InputError(f"{path}: the {what} holds no customers")
    return frame


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table as CSV or Parquet, by its ending; lists are joined by ``|`` in CSV."""
    check_format(path, f"{path}: a table")
    with replacing(path) as beside:
        if path.suffix.lower() == ".parquet":
            pq.write_table(table, beside, compression="zstd")
            return
        for place, field in enumerate(table.schema):
            if pa.types.is_list(field.type):
                table = table.set_column(place, field.name, pc.binary_join(table[field.name], "|"))
        table.to_pandas().to_csv(beside, index=False, encoding="utf-8", lineterminator="\n")


def customer_keys(frame: pd.DataFrame) -> IntArray:
    """Give a number per customer that depends on the id, and whose id it is, only."""
    spaces = (
        frame[SPACE].fillna("customer").astype(str) if SPACE in frame else pd.Series("customer", frame.index)
    )
    return fingerprint({"id": pa.array(frame[COLUMN].astype(str)), "space": pa.array(spaces)})


def numbers(frame: pd.DataFrame, name: str, what: str) -> FloatArray:
    """Read a column as numbers; a blank is NaN. A decimal comma is understood.

    Raises
    ------
    InputError
        If something else than a number stands there.
    """
    column = frame[name]
    if column.dtype == bool or pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    text = column.astype("string").str.strip()
    text = text.mask(text == "")
    read = pd.to_numeric(
        text.replace({"true": "1", "false": "0", "True": "1", "False": "0"}), errors="coerce"
    )
    comma = pd.to_numeric(text.str.replace(",", ".", regex=False), errors="coerce")
    found = read.fillna(comma) if text.str.fullmatch(r"-?\d+,\d+").any() else read
    wrong = found.isna() & text.notna()
    if wrong.any():
        raise InputError(
            f"{what}: column {name!r} must hold numbers; {int(wrong.sum())} row(s) do not, the first is "
            f"{text[wrong].iloc[0]!r}"
        )
    values: FloatArray = found.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(values).any():
        raise InputError(f"{what}: column {name!r} holds an infinite number")
    return values


def _parquet(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not a whole Parquet file ({first_line(error)}); write it again") from None


def _csv(path: Path) -> pa.Table:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        head = next((line for line in file if line.strip()), "")
    if not head:
        raise InputError(f"{path}: the file is empty; its first line must name the columns")
    delimiter = max(DELIMITERS, key=head.count)
    try:
        table = pacsv.read_csv(
            path,
            read_options=pacsv.ReadOptions(use_threads=False),
            parse_options=pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types=_as_text(head, delimiter), strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError) as error:
        raise InputError(
            f"{path}: not readable as CSV in UTF-8, separated by {delimiter!r} ({first_line(error)})"
        ) from None
    return table.rename_columns([name.strip() for name in table.column_names])


def _as_text(head: str, delimiter: str) -> dict[str, pa.DataType]:
    import csv

    names = next(csv.reader([head.rstrip("\r\n")], delimiter=delimiter))
    return dict.fromkeys(names, pa.string())
