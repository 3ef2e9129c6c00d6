"""The second half of ingest on Spark: duplicates, owners and the order of the events; the same writer writes them.

Copies of an event have its ``event_id``: within a partition by that id the SQL of `features.duplicates` sees them all.
Pseudonyms are spread evenly, so equal ranges of ``person_id`` (buckets) are of about one size; each is sorted by a
task and written to a file, and the driver writes the files one after the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.canonical import Canonical, Tally
from features.contract import BEHAVIOUR, EVENTS, NEVER, PERSON_ORDER
from features.duplicates import event_copies
from features.engines.spark_rows import Stream, attempt, collected
from features.engines.spark_staging import SparkStaging
from features.identity import Links, versions
from features.settings import EngineSettings
from features.sources._base import Source

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Events with what is counted of them: their raw file, whether they are a further event or a further owner of a row.
OWNED = pa.schema([*EVENTS.remove_metadata(), ("_file", pa.int32()), ("_more", pa.bool_())])
_TYPES = {
    pa.int64(): "bigint",
    pa.int32(): "int",
    pa.float64(): "double",
    pa.string(): "string",
    pa.bool_(): "boolean",
}
_DDL = ", ".join(f"{field.name} {_TYPES[field.type]}" for field in OWNED)
#: What a task says of a bucket it wrote: where, and as JSON the first events kept per raw file and the span.
WRITTEN = "folder string, bucket bigint, told string"


@dataclass(frozen=True)
class OwnEvents:
    """A task that drops copies and gives each event a row per owner; its partition holds whole ``event_id``.

    Parameters
    ----------
    parts : dict of str to Source
        The parts of the source: they say which events are the same.
    extra : bool
        Whether any raw row tells of further events.
    links : Links
        What is known of ids.
    """

    parts: dict[str, Source]
    extra: bool
    links: Links

    def __call__(self, stream: Stream) -> Iterator[pa.RecordBatch]:
        """Give the rows of ``OWNED`` that a partition becomes."""
        batches = [batch for batch in stream if batch.num_rows]
        if not batches:
            return
        with duckdb.connect() as connection:
            connection.execute("set threads = 1")
            connection.register("staged", pa.Table.from_batches(batches))
            sql = event_copies("staged", self.parts, extra=self.extra)
            rows = connection.sql(f"select * from ({sql}) where not _dropped").to_arrow_table()
        ids, occurred, known = (rows[name].to_numpy() for name in ("customer_id", "occurred_us", "known_us"))
        found = versions(ids, occurred, known, self.links)
        further = np.append(False, found.row[1:] == found.row[:-1])[: len(found.row)]
        rows = rows.take(pa.array(found.row))
        given = {name: rows[name] for name in OWNED.names if name in rows.column_names} | {
            "customer_id": pa.array(found.owner),
            "known_us": pa.array(found.known_us),
            "until_us": pa.array(found.until_us, mask=found.until_us == NEVER),
            "person_id": pa.array(self.links.persons(found.owner)),
            "_more": pa.array(rows["_extra"].to_numpy() | further),
        }
        yield from pa.table([given[name] for name in OWNED.names], names=OWNED.names).cast(OWNED).to_batches()


@dataclass
class Bucket:
    """What a task has written of one bucket, and what it tells of it.

    Parameters
    ----------
    path : Path
        The file.
    files : int
        Number of raw files.
    """

    path: Path
    files: int
    kept: Tally = field(init=False)
    span: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kept = np.zeros(self.files, np.int64)
        schema = pa.schema([EVENTS.field(name) for name in EVENTS.names])
        self._writer = pa.ipc.new_file(self.path, schema)
        self._behaviour = pa.array(BEHAVIOUR)

    def add(self, rows: pa.RecordBatch) -> None:
        """Write rows and count them."""
        first = ~rows["_more"].to_numpy(zero_copy_only=False)
        self.kept += np.bincount(rows["_file"].to_numpy()[first], minlength=self.files)
        occurred = rows["occurred_us"].filter(pc.is_in(rows["kind"], value_set=self._behaviour))
        if len(occurred):
            ends = pc.min_max(occurred).as_py()
            every = [*self.span, ends["min"], ends["max"]]
            self.span = [min(every), max(every)]
        self._writer.write_batch(rows.select(EVENTS.names).cast(EVENTS))

    def close(self) -> str:
        """Finish the file; give what it tells."""
        self._writer.close()
        return json.dumps({"kept": self.kept.tolist(), "span": self.span})


@dataclass(frozen=True)
class WriteBuckets:
    """A task that writes sorted events, one file per bucket.

    Parameters
    ----------
    folder : str
        Where: a path that driver and executors share.
    files : int
        Number of raw files.
    width : int
        A bucket holds the persons from ``bucket * width`` on.
    """

    folder: str
    files: int
    width: int

    def __call__(self, stream: Stream) -> Iterator[pa.RecordBatch]:
        """Write a partition (rows of ``WRITTEN``)."""
        folder = Path(self.folder) / f"bucket-{attempt()}"
        folder.mkdir()
        number, bucket = -1, None
        for batch in stream:
            numbers = batch["person_id"].to_numpy() // self.width
            for one in np.unique(numbers).tolist():
                if one != number:
                    if bucket is not None:
                        yield _written(folder, number, bucket)
                    number, bucket = one, Bucket(folder / f"{one}.arrow", self.files)
                assert bucket is not None
                start, end = np.searchsorted(numbers, [one, one + 1])
                bucket.add(batch.slice(int(start), int(end - start)))
        if bucket is not None:
            yield _written(folder, number, bucket)


def _written(folder: Path, number: int, bucket: Bucket) -> pa.RecordBatch:
    told = {"folder": [folder.name], "bucket": [number], "told": [bucket.close()]}
    return pa.RecordBatch.from_pydict(told)


class SparkCanonical(Canonical):
    """Writes the canonical tables; the events come from tasks that drop copies, find owners and sort.

    Parameters
    ----------
    folder : Path
        Where the canonical tables go.
    staging : SparkStaging
        What was staged.
    source : Source
        The source that was read.
    spark : SparkSession
        Where.
    settings : EngineSettings
        Threads and memory of the rest; a partition holds about ``events_per_batch`` events.
    """

    def __init__(
        self,
        folder: Path,
        staging: SparkStaging,
        source: Source,
        spark: SparkSession,
        settings: EngineSettings,
    ) -> None:
        super().__init__(folder, staging, source, threads=settings.threads, memory_gb=settings.memory_gb)
        self._spark, self._tasks, self._settings = spark, staging, settings

    def write_events(self) -> Tally:
        """Write the events; see `Canonical.write_events`."""
        parts = max(
            -(-int(self._tasks.firsts.sum()) // self._settings.events_per_batch), self._settings.threads
        )
        # More ranges than tasks, because Spark deals them out by a hash: of few some task would get most.
        width = 2**63 // (4 * parts) + 1
        scratch = self._tasks.folder.resolve()
        own = OwnEvents(self._source.parts(), self._tasks.has_extra, self._links)
        staged = self._spark.read.parquet(
            *(str(path) for path in sorted(scratch.glob("kept/*/events.parquet")))
        )
        owned = staged.repartition(parts, "event_id").mapInArrow(own, _DDL)
        spread = owned.repartition(parts, owned["person_id"] - owned["person_id"] % width)
        files = len(self._tasks.counts)
        rows = spread.sortWithinPartitions(*PERSON_ORDER)
        said = collected(rows, WriteBuckets(str(scratch), files, width), WRITTEN)
        said.sort(key=lambda row: int(row["bucket"]))
        tally = self._no_tally()
        for row in said:
            told = json.loads(row["told"])
            tally[:, 0] += np.array(told["kept"], np.int64)
            self._note_span(pa.chunked_array([pa.array(told["span"], pa.int64())]))
        tally[:, 1] = self._tasks.firsts - tally[:, 0]
        buckets = (scratch / row["folder"] / f"{row['bucket']}.arrow" for row in said)
        self._write("events", EVENTS, (table for path in buckets for table in _read(path)), PERSON_ORDER)
        return tally


def _read(path: Path) -> Iterator[pa.Table]:
    with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as file:
        for number in range(file.num_record_batches):
            yield pa.Table.from_batches([file.get_batch(number)])
