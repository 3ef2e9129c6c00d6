"""The first half of ingest: raw batches to staged Parquet files, in the order in which they are read."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.contract import CUSTOMERS, EVENTS, IDS, LINKS, QUARANTINE
from features.errors import InputError
from features.pseudonyms import id_key, pseudonyms
from features.sources._base import Source
from features.sources._batches import CanonicalBatch, RawBatch, RawFile
from features.sources._files import first_line

logger = logging.getLogger(__name__)

ORIGIN = [pa.field("_file", pa.int32()), pa.field("_row", pa.int64())]
SCHEMAS = {
    "events": pa.schema([*EVENTS, *ORIGIN]),
    "customers": CUSTOMERS,
    "links": LINKS,
    "ids": IDS,
    "quarantine": pa.schema([*QUARANTINE, pa.field("_file", pa.int32())]),
}
_PROGRESS_ROWS = 2_000_000


@dataclass
class FileCount:
    """The rows of one raw file: all of them, those kept by their own merits, those quarantined."""

    file: RawFile
    rows_in: int = 0
    accepted: int = 0
    quarantined: int = 0


class Staging:
    """Writes canonical rows as they come, one Parquet file per table.

    Parameters
    ----------
    folder : Path
        Where to write; made if absent.
    source : Source
        The source that is read.
    """

    def __init__(self, folder: Path, source: Source) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.counts: list[FileCount] = []
        self._source = source
        self._key = id_key()
        self._writers = {
            name: pq.ParquetWriter(self.path(name), schema, compression="lz4")
            for name, schema in SCHEMAS.items()
        }
        self._rows = 0
        self._started = time.monotonic()

    def path(self, table: str) -> Path:
        """Give the staged file of a table."""
        return self.folder / f"{table}.parquet"

    def add(self, number: int, file: RawFile) -> None:
        """Read one raw file to its end; ``number`` is its place in the order of reading."""
        count = FileCount(file)
        self.counts.append(count)
        for batch in self._source.batches(file):
            canonical = self._canonical(batch)
            count.rows_in += len(batch.rows) + batch.broken.num_rows
            count.accepted += canonical.reasons.null_count
            count.quarantined += self._quarantine(number, batch, canonical)
            self._stage(number, canonical)
            self._progress(len(batch.rows))
        if count.rows_in == 0:
            logger.warning("%s: %s is empty", self._source.name, file.name)

    def _canonical(self, batch: RawBatch) -> CanonicalBatch:
        try:
            return self._source.canonical(batch)
        except pa.ArrowException as error:
            # What no check of the adapter foresees: a column whose type cannot mean what it should.
            types = ", ".join(f"{field.name} {field.type}" for field in batch.data.schema)
            raise InputError(
                f"{batch.file.name}: a column has another type than expected ({first_line(error)}); the "
                f"columns are {types[:500]}; mend the file or change conf/sources/{self._source.name}.yaml"
            ) from error

    def close(self) -> None:
        """Finish the files; log how much was read and how fast."""
        for writer in self._writers.values():
            writer.close()
        seconds = max(time.monotonic() - self._started, 1e-9)
        logger.info(
            "%s: read %d rows of %d files (%d rows/s)",
            self._source.name, self._rows, len(self.counts), self._rows / seconds,
        )  # fmt: skip

    def _stage(self, number: int, canonical: CanonicalBatch) -> None:
        events = canonical.events
        if events.num_rows:
            events = self._with_customer(events)
            events = events.append_column("source", pa.repeat(self._source.name, events.num_rows))
            events = events.append_column("_file", pa.repeat(pa.scalar(number, pa.int32()), events.num_rows))
            events = events.append_column("_row", pa.array(canonical.rows))
            self._write("events", events)
        if canonical.attributes.num_rows:
            self._write("customers", self._with_customer(canonical.attributes))
        if canonical.links.num_rows:
            links = self._with_customer(canonical.links)
            anonymous = pseudonyms(links["anonymous_source_id"], self._key)
            self._write("links", links.append_column("anonymous_id", anonymous))

    def _with_customer(self, table: pa.Table) -> pa.Table:
        """Add the pseudonyms, and note which source ids they stand for."""
        encoded = pc.dictionary_encode(table["source_id"].combine_chunks())
        names = encoded.dictionary
        customers = pseudonyms(names, self._key)
        self._write("ids", pa.table({"source_id": names, "customer_id": customers}))
        return table.append_column("customer_id", customers.take(encoded.indices))

    def _write(self, table: str, rows: pa.Table) -> None:
        schema = SCHEMAS[table]
        self._writers[table].write_table(rows.select(schema.names).cast(schema))

    def _quarantine(self, number: int, batch: RawBatch, canonical: CanonicalBatch) -> int:
        rejected = pc.is_valid(canonical.reasons)
        rows = batch.data.filter(rejected)
        parts = [batch.broken]
        if rows.num_rows:
            numbers = pa.array(batch.rows).filter(rejected)
            reasons = canonical.reasons.filter(rejected)
            parts.append(pa.table({"row": numbers, "reason": reasons, "raw": raw_json(rows)}))
        found = pa.concat_tables(parts)
        if found.num_rows:
            constants = {"source": self._source.name, "file": batch.file.name}
            for column, value in constants.items():
                found = found.append_column(column, pa.repeat(value, found.num_rows))
            found = found.append_column("_file", pa.repeat(pa.scalar(number, pa.int32()), found.num_rows))
            self._write("quarantine", found)
        return int(found.num_rows)

    def _progress(self, rows: int) -> None:
        before, self._rows = self._rows, self._rows + rows
        if self._rows // _PROGRESS_ROWS > before // _PROGRESS_ROWS:
            seconds = max(time.monotonic() - self._started, 1e-9)
            logger.info("%s: %d rows read (%d rows/s)", self._source.name, self._rows, self._rows / seconds)


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
