"""Read a list of customers: CSV, Parquet or Excel."""

from __future__ import annotations

import codecs
import csv
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from features.errors import InputError
from features.sources._columns import Column, id_strings
from features.sources._files import first_line
from pipelines.exports.excel import cell_text, first_sheet
from pipelines.exports.spreadsheet_safe import restored

COLUMN = "customer_id"
FORMATS = (".csv", ".parquet", ".xlsx")
DELIMITERS = ",;\t"


@dataclass(frozen=True)
class CustomerList:
    """The ids asked for, each once and in the given order, and what was left aside.

    Parameters
    ----------
    ids : pyarrow.StringArray
        As the source gives them; any sequence of texts is turned into one. Never texts of Python: those of 10 million
        ids would take a gigabyte.
    rows, duplicates, blank : int
        Rows of the list; rows that repeat an id; rows without one.
    """

    ids: pa.StringArray
    rows: int
    duplicates: int
    blank: int

    def __post_init__(self) -> None:
        if not isinstance(self.ids, pa.Array):
            object.__setattr__(self, "ids", pa.array(self.ids, pa.string()))


def read_list(path: Path) -> CustomerList:
    """Read the column ``customer_id`` of a list; other columns are left alone.

    Parameters
    ----------
    path : Path
        ``.csv`` (comma, semicolon or tab; UTF-8, a byte-order mark is fine; empty lines are no rows) or
        ``.parquet`` (text or whole numbers), or the first sheet of an ``.xlsx``. An id is read as text, without the
        spaces around it: ``007`` stays ``007``; the apostrophe that a score file has before ids such as
        ``+31612345678`` (`pipelines.exports.spreadsheet_safe`) is taken off again.

    Raises
    ------
    InputError
        If the file is missing, empty, of another format or encoding, or lacks the column.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; say which list to score")
    check_format(path, f"{path}: a list")
    ids = _READERS[path.suffix.lower()](path)
    given = ids.filter(pc.not_equal(ids, ""))
    once = given.unique()
    return CustomerList(once, len(ids), len(given) - len(once), len(ids) - len(given))


def check_format(path: Path, what: str) -> None:
    """Refuse a file that is no CSV, Parquet or Excel by its ending; ``what`` opens the message."""
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{what} ends in {' or '.join(FORMATS)}; found {path.suffix or 'no ending'!r}")


def _csv(path: Path) -> pa.ChunkedArray:
    names, delimiter = _header(path)
    _need_column(path, names)
    try:
        table = pacsv.read_csv(
            path,
            read_options=pacsv.ReadOptions(use_threads=False),
            parse_options=pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[name for name in names if name.strip() == COLUMN],
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError) as error:
        if "Empty CSV" in str(error):  # a header without a line end, and nothing else
            return pa.chunked_array([pa.array([], pa.string())])
        raise InputError(
            f"{path}: not readable as CSV in UTF-8, separated by {delimiter!r} ({first_line(error)}); "
            "mend that row, or save the list as CSV in UTF-8"
        ) from None
    bare = pc.utf8_trim_whitespace(table.column(0))
    # After a space a quote is no longer read as one by the parser.
    return restored(pc.utf8_trim_whitespace(pc.replace_substring_regex(bare, '^"(.*)"$', r"\1")))


def _header(path: Path) -> tuple[list[str], str]:
    """Names of the columns, and what parts them."""
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise InputError(f"{path}: written as UTF-16; save the list as CSV in UTF-8")
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        head = next((line for line in file if line.strip()), "")
    if not head:
        raise InputError(f"{path}: the file is empty; its first line must name the column {COLUMN}")
    delimiter = max(DELIMITERS, key=head.count)
    return next(csv.reader([head.rstrip("\r\n")], delimiter=delimiter)), delimiter


def _parquet(path: Path) -> pa.ChunkedArray:
    try:
        _need_column(path, pq.read_schema(path).names)
        column = pq.read_table(path, columns=[COLUMN])[COLUMN]
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not a whole Parquet file ({first_line(error)}); write it again") from None
    return pc.fill_null(_as_text(path, column), "")


def _excel(path: Path) -> pa.ChunkedArray:
    rows = first_sheet(path)
    names = [str(name) for name in rows[0]] if rows else []
    _need_column(path, names)
    place = [name.strip() for name in names].index(COLUMN)
    cells = [row[place] for row in rows[1:] if any(cell != "" for cell in row)]
    return restored(
        pc.utf8_trim_whitespace(pa.chunked_array([pa.array([cell_text(one) for one in cells], pa.string())]))
    )


def _as_text(path: Path, column: Column) -> Column:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    texts = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    # A program that knows no missing whole numbers writes them as 7.0.
    whole = pa.types.is_floating(kind) and pc.all(pc.equal(pc.floor(column), column), min_count=0).as_py()
    if not (texts or whole or pa.types.is_integer(kind) or pa.types.is_null(kind)):
        raise InputError(f"{path}: {COLUMN} must be text or whole numbers, found {column.type}")
    return id_strings(column)


def _need_column(path: Path, names: list[str]) -> None:
    found = [name.strip() for name in names]
    if found.count(COLUMN) > 1:
        raise InputError(f"{path}: column {COLUMN!r} stands there {found.count(COLUMN)} times; keep one")
    if COLUMN not in found:
        raise InputError(
            f"{path}: no column {COLUMN!r}; found: {', '.join(found)}; rename the one with the ids"
        )


_READERS = {".csv": _csv, ".parquet": _parquet, ".xlsx": _excel}
