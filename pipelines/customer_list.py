"""Read a list of customers (CSV or Parquet) and write scores for it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.atomic import replacing
from features.errors import InputError

COLUMN = "customer_id"
FORMATS = (".csv", ".parquet")


@dataclass(frozen=True)
class CustomerList:
    """The ids asked for, each once and in the given order, and what was left aside.

    Parameters
    ----------
    ids : tuple of str
        As the source gives them.
    rows, duplicates, blank : int
        Rows of the list; rows that repeat an id; rows without one.
    """

    ids: tuple[str, ...]
    rows: int
    duplicates: int
    blank: int


def read_list(path: Path) -> CustomerList:
    """Read the column ``customer_id`` of a list.

    Parameters
    ----------
    path : Path
        ``.csv`` (comma, semicolon or tab; UTF-8, a byte-order mark is fine) or ``.parquet``.

    Raises
    ------
    InputError
        If the file is missing, empty, of another format or encoding, or lacks the column.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; say which list to score")
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path}: a list is {' or '.join(FORMATS)}; found {path.suffix or 'no ending'!r}")
    values = _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path)
    ids = values.astype("string").str.strip()
    blank = ids.isna() | (ids == "")
    given = ids[~blank]
    once = given.drop_duplicates()
    return CustomerList(tuple(once), len(values), len(given) - len(once), int(blank.sum()))


def write_scores(scores: pa.Table, path: Path) -> None:
    """Write a score table as CSV (lists joined by ``; ``) or Parquet, whole or not at all."""
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"--out {path}: the ending must be {' or '.join(FORMATS)}")
    with replacing(path) as beside:
        if path.suffix.lower() == ".parquet":
            pq.write_table(scores, beside, compression="zstd")
            return
        frame = scores.to_pandas()
        for name in ("blocked", "reasons"):
            frame[name] = ["; ".join(items) for items in frame[name]]
        frame.to_csv(beside, index=False, encoding="utf-8")


def _csv(path: Path) -> pd.Series[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8"
        ) from None
    if not head.strip():
        raise InputError(f"{path}: the file is empty; its first line must name the column {COLUMN}")
    delimiter = max(",;\t", key=head.count)
    names = next(csv.reader([head], delimiter=delimiter))
    _need_column(path, [name.strip() for name in names])
    try:
        frame = pd.read_csv(path, dtype="string", sep=delimiter, encoding="utf-8-sig", skipinitialspace=True)
    except (UnicodeDecodeError, pd.errors.ParserError) as error:
        raise InputError(f"{path}: not readable as CSV: {error}") from None
    return frame.rename(columns=str.strip)[COLUMN]


def _parquet(path: Path) -> pd.Series[str]:
    try:
        names = pq.read_schema(path).names
        _need_column(path, names)
        column = pq.read_table(path, columns=[COLUMN])[COLUMN]
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not a whole Parquet file ({error}); write it again") from None
    if not (pa.types.is_integer(column.type) or pa.types.is_string(column.type)):
        raise InputError(f"{path}: {COLUMN} must be text or whole numbers, found {column.type}")
    return column.cast(pa.string()).to_pandas()


def _need_column(path: Path, names: list[str]) -> None:
    if COLUMN not in names:
        raise InputError(
            f"{path}: no column {COLUMN!r}; found: {', '.join(names)}; rename the one with the ids"
        )
