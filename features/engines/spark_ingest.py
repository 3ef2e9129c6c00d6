"""Ingest on Spark: what `features.ingest` does, its heavy half in tasks; the same bytes.

Tasks read, check and stage the raw files (one file is one task), drop copies, find the owners of events and sort them;
attributes, links, decisions and the quarantine are small, and are written by the driver as ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from features.atomic import workspace
from features.engines.spark_canonical import SparkCanonical
from features.engines.spark_session import session
from features.engines.spark_staging import SparkStaging
from features.ingest import Reader
from features.settings import EngineSettings
from features.sources._base import Source
from features.sources._batches import RawFile


def reader(settings: EngineSettings) -> Reader:
    """Give the reader for `features.ingest.ingest` that works on Spark.

    Parameters
    ----------
    settings : EngineSettings
        Threads and memory of the driver; a task sorts about ``events_per_batch`` events. The folder of the canonical
        tables and the raw files lie on paths that driver and executors share.
    """
    return partial(_on_spark, settings=settings)


@contextmanager
def _on_spark(
    folder: Path, source: Source, files: Sequence[RawFile], *, settings: EngineSettings
) -> Iterator[tuple[SparkStaging, SparkCanonical]]:
    with workspace(folder / "spark") as spill, session(settings, spill) as spark:
        staging = SparkStaging(folder / "staging", source, spark)
        staging.add_all(files)
        with closing(SparkCanonical(folder, staging, source, spark, settings)) as canonical:
            yield staging, canonical
