"""CSV files in batches of bounded size: delimiter, byte-order mark, encoding, ragged rows."""

from __future__ import annotations

import codecs
import csv
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv

from features.errors import InputError
from features.sources._batches import BROKEN, RawBatch, RawFile
from features.sources._files import first_line

logger = logging.getLogger(__name__)

DELIMITERS = (",", ";", "\t", "|")
_BLOCK_BYTES = 16 << 20  # the longest row that can be read
_CHUNK_BYTES = 1 << 20
_HEADER_BYTES = 1 << 20


@dataclass(frozen=True)
class CsvDialect:
    """How a CSV file is written. ``delimiter`` None: found from the header."""

    source: str
    encoding: str = "utf-8"
    delimiter: str | None = None
    missing: tuple[str, ...] = ("",)
    wanted: tuple[str, ...] = ()

    @property
    def unicode(self) -> bool:
        """Whether the encoding is UTF-8, checked byte by byte before reading."""
        return codecs.lookup(self.encoding).name == "utf-8"


def csv_batches(file: RawFile, dialect: CsvDialect) -> Iterator[RawBatch]:
    """Read a CSV file; every column is text, a row with too few or too many fields is broken.

    Parameters
    ----------
    file : RawFile
        The file; ``.gz`` and the like are unpacked.
    dialect : CsvDialect
        How it is written.

    Yields
    ------
    RawBatch
        Some rows, and the broken rows met so far.

    Raises
    ------
    InputError
        If bytes are not of the encoding, or the file cannot be read as CSV at all.
    """
    if dialect.unicode:
        _check_utf8(file, dialect.source)
    header = _header_line(file, dialect)
    if not header.strip():
        return
    delimiter = dialect.delimiter or _find_delimiter(header, dialect.wanted)
    if delimiter != "," and dialect.delimiter is None:
        logger.info("%s: fields are separated by %r", file.name, delimiter)
    names = next(csv.reader([header], delimiter=delimiter))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"{file.name}: the header names {twice} more than once; give each column its own name"
        )
    try:
        yield from _read(file, dialect, delimiter, names)
    except (pa.ArrowInvalid, UnicodeError, OSError) as error:
        if "Empty CSV" in str(error):
            return
        raise InputError(
            f"{file.name}: cannot be read as CSV ({first_line(error)}); check options.delimiter "
            f"(now {delimiter!r}) and options.encoding (now {dialect.encoding!r}) in "
            f"conf/sources/{dialect.source}.yaml; no row may be longer than {_BLOCK_BYTES >> 20} MB"
        ) from error


def _read(file: RawFile, dialect: CsvDialect, delimiter: str, names: list[str]) -> Iterator[RawBatch]:
    broken: list[tuple[int, str, str]] = []

    def note(row: pacsv.InvalidRow) -> str:
        reason = "too many fields" if row.actual_columns > row.expected_columns else "too few fields"
        # The header is row 1 for pyarrow; ours is the first data row.
        broken.append((row.number - 1, reason, json.dumps({"row": row.text}, ensure_ascii=False)))
        return "skip"

    text = dict.fromkeys(names, pa.string())
    with pa.input_stream(file.path, compression="detect") as stream:
        reader = pacsv.open_csv(
            stream,
            read_options=pacsv.ReadOptions(
                use_threads=False,
                block_size=_BLOCK_BYTES,
                encoding="utf8" if dialect.unicode else dialect.encoding,
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=text,
                null_values=list(dialect.missing),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
        start, done = 1, 0
        for batch in reader:
            gaps = np.array([row for row, _, _ in broken if row >= start], np.int64)
            numbers = row_numbers(start, batch.num_rows, gaps)
            yield RawBatch(file, pa.Table.from_batches([batch]), numbers, _broken_table(broken[done:]))
            done = len(broken)
            start = int(numbers[-1]) + 1 if len(numbers) else start
        if done < len(broken):
            nothing = np.zeros(0, np.int64)
            yield RawBatch(file, reader.schema.empty_table(), nothing, _broken_table(broken[done:]))


def row_numbers(start: int, rows: int, gaps: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Give rows their numbers from ``start``, leaving out the (rising) numbers in ``gaps``.

    Examples
    --------
    >>> row_numbers(4, 3, np.array([5])).tolist()
    [4, 6, 7]
    """
    places = np.arange(rows, dtype=np.int64)
    before = np.searchsorted(gaps - start - np.arange(len(gaps)), places, side="right")
    return start + places + before


def _broken_table(broken: list[tuple[int, str, str]]) -> pa.Table:
    rows, reasons, raws = zip(*broken, strict=True) if broken else ((), (), ())
    return pa.table([list(rows), list(reasons), list(raws)], schema=BROKEN)


def _header_line(file: RawFile, dialect: CsvDialect) -> str:
    with pa.input_stream(file.path, compression="detect") as stream:
        head = stream.read(_HEADER_BYTES)
    if dialect.unicode and head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise InputError(
            f"{file.name}: is written as UTF-16; set options.encoding to utf-16 in "
            f"conf/sources/{dialect.source}.yaml"
        )
    text: str = codecs.getincrementaldecoder(dialect.encoding)("replace").decode(head)
    return next((line for line in text.lstrip("\ufeff").splitlines() if line), "")


def _find_delimiter(header: str, wanted: tuple[str, ...]) -> str:
    """Choose the delimiter under which most of the wanted columns are found, then most columns."""

    def merit(delimiter: str) -> tuple[int, int]:
        names = next(csv.reader([header], delimiter=delimiter))
        return len(set(names) & set(wanted)), len(names)

    return max(DELIMITERS, key=merit)


def _check_utf8(file: RawFile, source: str) -> None:
    """Read the file once for bytes that are not UTF-8, to name the place."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset, line = 0, 1
    with pa.input_stream(file.path, compression="detect") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            carried = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                _refuse_byte(file, source, error, offset - carried, line)
            offset += len(chunk)
            line += chunk.count(b"\n")


def _refuse_byte(file: RawFile, source: str, error: UnicodeDecodeError, offset: int, line: int) -> None:
    if offset == 0 and error.object[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return  # said better when the header is read
    line += error.object[: error.start].count(b"\n")
    place = f"byte 0x{error.object[error.start]:02x} at position {offset + error.start} (line {line})"
    raise InputError(
        f"{file.name}: {place} is not UTF-8; set options.encoding in conf/sources/{source}.yaml "
        "(for example latin-1), or save the file as UTF-8"
    ) from error
