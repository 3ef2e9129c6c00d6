"""The first half of ingest: raw batches to staged Parquet files, in the order in which they are read."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.addresses import hidden, masked, without_words
from features.contract import COSTS, CUSTOMERS, DECISIONS, IDS, LINKS, QUARANTINE
from features.fingerprint import fingerprint
from features.pseudonyms import pseudonyms, space_of
from features.row_groups import scratch_writer
from features.sources._base import Source
from features.sources._batches import STAGED_EVENTS, CanonicalBatch, RawBatch, RawFile
from features.turning import Piece, Turned, turned

logger = logging.getLogger(__name__)

_FILE, _PART = pa.field("_file", pa.int32()), pa.field("source", pa.string())
#: Fingerprint of the whole raw row; null where rows that repeat one another are all kept.
_RAW = pa.field("_raw", pa.int64())
SCHEMAS = {
    "events": pa.schema(
        [
            pa.field("customer_id", pa.int64()),
            *(column for column in STAGED_EVENTS if column.name != "source_id"),
            *(_PART, _FILE, pa.field("_row", pa.int64()), pa.field("_extra", pa.bool_())),
        ]
    ),
    "customers": CUSTOMERS,
    "links": LINKS,
    "decisions": pa.schema([*DECISIONS, _PART, _FILE]),
    "costs": pa.schema([*COSTS, _FILE, _RAW]),
    "rows": pa.schema([_PART, _FILE, _RAW]),
    "ids": IDS,
    "quarantine": pa.schema([*QUARANTINE, _FILE]),
}
#: Columns of words that go on as the export has them.
_WORDS = {
    "events": ("campaign", "category"), "customers": ("value",), "decisions": ("phase",),
    "costs": ("campaign",),
}  # fmt: skip
_PROGRESS_ROWS = 2_000_000
#: Rows that are written at once: the daily files of an export have few.
_WRITE_ROWS = 1 << 16


@dataclass
class FileCount:
    """The rows of one raw file: all of them, those kept by their own merits, those quarantined."""

    file: RawFile
    rows_in: int = 0
    accepted: int = 0
    quarantined: int = 0


class Staging:
    """Writes canonical rows as they come, one Parquet file per table.

    The id of an event is still the one it came with: who that is, ``features.canonical`` settles.

    Parameters
    ----------
    folder : Path
        Where to write; made if absent.
    source : Source
        The source that is read.
    workers : int
        Threads that turn what is read.
    """

    def __init__(self, folder: Path, source: Source, *, workers: int = 1) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.counts: list[FileCount] = []
        self._counts: dict[int, FileCount] = {}
        self._source = source
        self._workers = workers
        self.has_extra = False
        self._writers = {name: scratch_writer(self.path(name), schema) for name, schema in SCHEMAS.items()}
        self._waiting: dict[str, list[pa.Table]] = {name: [] for name in SCHEMAS}
        self._rows = 0
        self._started = time.monotonic()

    def path(self, table: str) -> Path:
        """Give the staged file of a table."""
        return self.folder / f"{table}.parquet"

    def read(self, files: Iterable[tuple[int, RawFile]]) -> None:
        """Read raw files to their ends; each comes with its place in the order of reading."""
        for one in turned(self._pieces(files), self._source, workers=self._workers):
            for piece, reasons in one.verdicts():
                count = self._counts[piece.number]
                count.accepted += reasons.null_count
                count.quarantined += self._quarantine(piece, reasons)
            self._stage(one)

    def _pieces(self, files: Iterable[tuple[int, RawFile]]) -> Iterator[Piece]:
        for number, file in files:
            count = self._counts[number] = FileCount(file)
            self.counts.append(count)
            for batch in self._source.batches(file):
                count.rows_in += len(batch.rows) + batch.broken.num_rows
                self._progress(len(batch.rows))
                yield Piece(number, file, batch)
            if count.rows_in == 0:
                logger.warning("%s: %s is empty", self._source.name, file.name)

    def close(self) -> None:
        """Finish the files; log how much was read and how fast."""
        for table, writer in self._writers.items():
            self._write_waiting(table)
            writer.close()
        seconds = max(time.monotonic() - self._started, 1e-9)
        logger.info(
            "%s: read %d rows of %d files (%d rows/s)",
            self._source.name, self._rows, len(self.counts), self._rows / seconds,
        )  # fmt: skip

    def _stage(self, one: Turned) -> None:
        batch, canonical = one.batch, one.canonical
        file = batch.file
        source = {"source": file.part or self._source.name}
        if canonical.events.num_rows:
            extra = canonical.extra
            self.has_extra |= extra is not None and bool(extra.any())
            events = _fill(self._with_customer(without_words(canonical.events, _WORDS["events"])), source)
            origins = dict(zip(("_file", "_row"), map(pa.array, one.origins()), strict=True))
            marks = np.zeros(events.num_rows, bool) if extra is None else extra
            for name, values in {**origins, "_extra": pa.array(marks)}.items():
                events = events.append_column(name, values)
            self._write("events", events)
        if canonical.attributes.num_rows:
            named = without_words(canonical.attributes, _WORDS["customers"])
            self._write("customers", self._with_customer(named.filter(pc.is_valid(named["value"]))))
        # What a source that tells more than events says comes from one file at a time.
        part = {**source, "_file": pa.scalar(one.pieces[0].number, pa.int32())}
        if canonical.links.num_rows:
            links = self._with_customer(canonical.links)
            self._write("links", self._with_customer(links, "anonymous_source_id", "anonymous_id"))
        if canonical.decisions.num_rows:
            decisions = without_words(self._with_customer(canonical.decisions), _WORDS["decisions"])
            self._write("decisions", _fill(decisions, part))
        if file.role == "attributes":
            self._write("rows", _fill(pa.table({"_raw": self._raw_rows(batch, canonical)}), part))
        if canonical.costs.num_rows:
            costs = _fill(without_words(canonical.costs, _WORDS["costs"]), part)
            self._write("costs", costs.append_column("_raw", self._raw_rows(batch, canonical)))

    def _raw_rows(self, batch: RawBatch, canonical: CanonicalBatch) -> pa.Array:
        """Name each kept raw row by all that stands in it, to tell rows that repeat one another."""
        rows = batch.data.filter(pc.is_null(canonical.reasons))
        part = self._source.parts()[batch.file.part or self._source.name]
        if part.duplicates == "keep" or not rows.num_rows:
            return pa.nulls(rows.num_rows, pa.int64())
        table = pa.repeat(batch.file.table, rows.num_rows)
        whole = {f"raw:{name}": column for name, column in zip(rows.column_names, rows.columns, strict=True)}
        return pa.array(fingerprint({"table": table, **whole}))

    def _with_customer(
        self, table: pa.Table, source_id: str = "source_id", name: str = "customer_id"
    ) -> pa.Table:
        """Add the pseudonyms, and note which source ids they stand for."""
        encoded = pc.dictionary_encode(table[source_id].combine_chunks())
        words = hidden(encoded.dictionary, self._source.key)
        numbers = pseudonyms(words, self._source.key)
        self._write(
            "ids", pa.table({"source_id": words, "id_space": space_of(words), "customer_id": numbers})
        )
        return table.append_column(name, numbers.take(encoded.indices))

    def _write(self, table: str, rows: pa.Table) -> None:
        schema = SCHEMAS[table]
        waiting = self._waiting[table]
        waiting.append(rows.select(schema.names).cast(schema))
        if sum(one.num_rows for one in waiting) >= _WRITE_ROWS:
            self._write_waiting(table)

    def _write_waiting(self, table: str) -> None:
        if waiting := self._waiting[table]:
            self._writers[table].write_table(pa.concat_tables(waiting).combine_chunks())
            waiting.clear()

    def _quarantine(self, piece: Piece, reasons: pa.Array) -> int:
        """Keep the rejected rows, whole but for e-mail addresses: these are masked."""
        batch, parts = piece.batch, [piece.batch.broken]
        if reasons.null_count < len(reasons):
            rejected = pc.is_valid(reasons)
            numbers, raw = pa.array(batch.rows).filter(rejected), raw_json(batch.data.filter(rejected))
            parts.append(pa.table({"row": numbers, "reason": reasons.filter(rejected), "raw": raw}))
        found = pa.concat_tables(parts)
        if found.num_rows:
            found = found.set_column(2, "raw", masked(found["raw"]))
            part = {"source": piece.file.part or self._source.name, "file": piece.file.name}
            self._write("quarantine", _fill(found, {**part, "_file": pa.scalar(piece.number, pa.int32())}))
        return int(found.num_rows)

    def _progress(self, rows: int) -> None:
        before, self._rows = self._rows, self._rows + rows
        if self._rows // _PROGRESS_ROWS > before // _PROGRESS_ROWS:
            seconds = max(time.monotonic() - self._started, 1e-9)
            logger.info("%s: %d rows read (%d rows/s)", self._source.name, self._rows, self._rows / seconds)


def _fill(table: pa.Table, constants: Mapping[str, Any]) -> pa.Table:
    """Add columns of one value each."""
    for name, value in constants.items():
        table = table.append_column(name, pa.repeat(value, table.num_rows))
    return table


def raw_json(rows: pa.Table) -> pa.Array:
    """Write each raw row whole, as JSON.

    Parameters
    ----------
    rows : table
        Raw rows of any columns, nested ones too.

    Returns
    -------
    array of string
        One JSON object per row.

    Examples
    --------
    >>> raw_json(pa.table({"id": ["7"], "day": ["31-02-2020"]})).to_pylist()
    ['{"id":"7","day":"31-02-2020"}']
    """
    finite = [_spell_out(column) for column in rows.columns]
    plain = pa.table(finite, names=[f"c{position}" for position in range(rows.num_columns)])
    pairs = ", ".join(
        f"'{name.replace(chr(39), chr(39) * 2)}', c{position}"
        for position, name in enumerate(rows.column_names)
    )
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.register("plain", plain)
        found = connection.sql(f"select json_object({pairs})::varchar as raw from plain").to_arrow_table()
    return found.column("raw").combine_chunks()


def _spell_out(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """JSON has no NaN and no infinity: a column that holds one is written as text."""
    if pa.types.is_floating(column.type):
        strange = np.asarray(pc.invert(pc.is_finite(column)).fill_null(False))
        if strange.any():
            return column.cast(pa.string())
    return column
