"""How whole persons get into the tasks of Spark: a sorted file is cut between persons, anything else is shuffled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.contract import PERSON_ORDER
from features.engines.persons import _READ_ROWS, _WORDS, _is_sorted
from features.errors import InputError
from features.settings import EngineSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Stream = Iterable[pa.RecordBatch]


@dataclass(frozen=True)
class Given:
    """A partition holds the events themselves."""

    def __call__(self, stream: Stream) -> Stream:
        """Give the events of a partition, by person."""
        return stream


@dataclass(frozen=True)
class Groups:
    """A partition holds numbers of row groups; the task reads them, so no event goes through Java.

    Parameters
    ----------
    events : str
        A file that is sorted by person, under a path that driver and executors share.
    columns : tuple of str
        Columns to read.
    """

    events: str
    columns: tuple[str, ...]

    def __call__(self, stream: Stream) -> Iterator[pa.RecordBatch]:
        """Give the events of all persons who begin in the row groups of a partition."""
        words = [name for name in _WORDS if name in self.columns]
        with pq.ParquetFile(self.events, read_dictionary=words) as file:
            newest = [_newest(file.metadata, group) for group in range(file.num_row_groups)]
            for batch in stream:
                for group in batch.column(0).to_pylist():
                    yield from self._persons(file, newest, group)

    def _persons(self, file: pq.ParquetFile, newest: list[int], group: int) -> Iterator[pa.RecordBatch]:
        before = newest[group - 1] if group else None
        if before == newest[group]:
            return  # all of it is of a person who began in a group before
        groups = list(range(group, len(newest)))
        for batch in file.iter_batches(_READ_ROWS, row_groups=groups, columns=list(self.columns)):
            person = batch["person_id"].to_numpy()
            start = 0 if before is None else int(np.searchsorted(person, before, side="right"))
            end = int(np.searchsorted(person, newest[group], side="right"))
            if end > start:
                yield batch.slice(start, end - start)
            if end < len(person):
                return


def partitions(
    spark: SparkSession, events: Path, settings: EngineSettings, columns: Sequence[str]
) -> tuple[DataFrame, Given | Groups]:
    """Spread canonical events over tasks, each with whole persons.

    Parameters
    ----------
    events : Path
        A Parquet file, or a folder of them, under a path that driver and executors share. A file that says it is
        sorted by person (as ingest writes it) is read by the tasks themselves.
    settings : EngineSettings
        A partition of what has to be sorted holds about ``events_per_batch`` events.
    columns : sequence of str
        Columns of the contract EVENTS that the kernel reads.

    Returns
    -------
    tuple of DataFrame and callable
        What Spark hands to each task, and how a task gets at its events.
    """
    if _is_sorted(events) and (groups := pq.read_metadata(events).num_row_groups):
        needed = tuple(dict.fromkeys(("person_id", *columns)))
        return spark.range(0, groups, 1, groups), Groups(str(events.resolve()), needed)
    rows = spark.read.option("recursiveFileLookup", "true").parquet(events.resolve().as_uri())
    parts = max(-(-_rows(events) // settings.events_per_batch), _slots(spark, settings))
    return by_person(rows, columns, parts), Given()


def by_person(events: DataFrame, columns: Sequence[str], parts: int | None = None) -> DataFrame:
    """Bring a person whole into one partition, sorted as the kernel wants it."""
    chosen = events.select(*dict.fromkeys((*PERSON_ORDER, *columns)))
    spread = chosen.repartition("person_id") if parts is None else chosen.repartition(parts, "person_id")
    return spread.sortWithinPartitions(*PERSON_ORDER)


def collected(rows: DataFrame, task: Callable[[Stream], Iterator[pa.RecordBatch]], schema: str) -> list[Any]:
    """Run a task on every partition and give what they all say.

    Raises
    ------
    InputError
        As a task raises it.
    """
    from pyspark.errors import PySparkException

    try:
        found: list[Any] = rows.mapInArrow(task, schema).collect()
    except PySparkException as error:
        # The message of a mistake of the user stands in the last line of the worker's own trace.
        marker = f"{InputError.__module__}.{InputError.__name__}: "
        lines = [line for line in str(error).splitlines() if line.startswith(marker)]
        if lines:
            raise InputError(lines[-1].removeprefix(marker)) from None
        raise
    return found


def attempt() -> str:
    """Name this try of a task: one that is tried again, or twice at a time, has files of its own."""
    from pyspark import TaskContext

    context = TaskContext.get()
    return "0" if context is None else str(context.taskAttemptId())


def claimed(path: Path, place: Path) -> None:
    """Put what a task said it wrote in its place; what no task speaks of stays behind."""
    try:
        path.rename(place)
    except FileNotFoundError:
        raise InputError(
            f"{path} is not there: the executors of Spark do not share this folder with the driver; keep the "
            "project on a path that all of them mount (docs/spark.md)"
        ) from None


def _newest(metadata: pq.FileMetaData, group: int) -> int:
    """Give the last person of a row group, as its statistics tell."""
    place = metadata.schema.names.index("person_id")
    return int(metadata.row_group(group).column(place).statistics.max)


def _slots(spark: SparkSession, settings: EngineSettings) -> int:
    """Give the tasks that run at a time; a remote session does not tell, then our own number of threads."""
    from pyspark.errors import PySparkException

    try:
        return int(spark.sparkContext.defaultParallelism)
    except PySparkException:  # Spark Connect has no context
        return settings.threads


def _rows(events: Path) -> int:
    files = sorted(events.rglob("*.parquet")) if events.is_dir() else [events]
    return sum(pq.read_metadata(file).num_rows for file in files)
