"""The first half of ingest on Spark: a task reads, checks and stages raw files just as `Staging` does."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from features.engines.spark_rows import Stream, attempt, claimed, collected
from features.sources._base import Source
from features.sources._batches import RawFile
from features.staging import SCHEMAS, FileCount, Staging

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

logger = logging.getLogger(__name__)

#: What a task says of a raw file it staged: where, its rows, and the events that are the first of their row.
STAGED = "folder string, number int, rows_in bigint, accepted bigint, quarantined bigint, firsts bigint, extra boolean"


@dataclass(frozen=True)
class StageFiles:
    """A task that stages raw files; its partition holds their numbers.

    Parameters
    ----------
    source : Source
        The source that is read.
    files : tuple of RawFile
        Its files, in the order of reading.
    folder : str
        Where to stage: a path that driver and executors share.
    """

    source: Source
    files: tuple[RawFile, ...]
    folder: str

    def __call__(self, stream: Stream) -> Iterator[pa.RecordBatch]:
        """Stage every file of a partition (rows of ``STAGED``)."""
        for batch in stream:
            for number in batch.column(0).to_pylist():
                yield pa.RecordBatch.from_pylist([self._stage(number)], schema=_SCHEMA)

    def _stage(self, number: int) -> dict[str, object]:
        staging = Staging(Path(self.folder) / f"staged-{attempt()}-{number}", self.source)
        staging.read([(number, self.files[number])])
        staging.close()
        extra = pq.read_table(staging.path("events"), columns=["_extra"])["_extra"].to_numpy()
        count = staging.counts[0]
        return {
            "folder": staging.folder.name, "number": number, "rows_in": count.rows_in, "accepted": count.accepted,
            "quarantined": count.quarantined, "firsts": int((~extra).sum()), "extra": staging.has_extra,
        }  # fmt: skip


_SCHEMA = pa.schema(
    [("folder", pa.string()), ("number", pa.int32())]
    + [(name, pa.int64()) for name in ("rows_in", "accepted", "quarantined", "firsts")]
    + [("extra", pa.bool_())]
)


class SparkStaging(Staging):
    """Staged rows in one folder per raw file, staged by tasks; read by `features.canonical` like any other.

    Parameters
    ----------
    folder : Path
        Where to stage; made here, on a path that driver and executors share.
    source : Source
        The source that is read.
    spark : SparkSession
        Where.
    """

    def __init__(self, folder: Path, source: Source, spark: SparkSession) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.counts: list[FileCount] = []
        self.has_extra = False
        #: Staged events per raw file, those that are the first of their row.
        self.firsts: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._source = source
        self._spark = spark

    def path(self, table: str) -> Path:
        """Give the staged files of a table as a pattern; anything else is one file."""
        return (
            self.folder / "kept" / "*" / f"{table}.parquet"
            if table in SCHEMAS
            else self.folder / f"{table}.parquet"
        )

    def add_all(self, files: Sequence[RawFile]) -> None:
        """Read all raw files, in any order and at the same time."""
        work = StageFiles(self._source, tuple(files), str(self.folder.resolve()))
        numbers = self._spark.range(0, len(files), 1, len(files))
        said = sorted(collected(numbers, work, STAGED), key=lambda row: int(row["number"]))
        (self.folder / "kept").mkdir()
        for file, row in zip(files, said, strict=True):
            claimed(self.folder / row["folder"], self.folder / "kept" / str(row["number"]))
            self.counts.append(FileCount(file, row["rows_in"], row["accepted"], row["quarantined"]))
            self.has_extra |= row["extra"]
            if row["rows_in"] == 0:
                logger.warning("%s: %s is empty", self._source.name, file.name)
        self.firsts = np.array([row["firsts"] for row in said], np.int64)
        total = sum(count.rows_in for count in self.counts)
        logger.info("%s: read %d rows of %d files", self._source.name, total, len(files))

    def close(self) -> None:
        """Do nothing: every task closed its own files."""
