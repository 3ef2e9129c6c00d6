"""Spark: reads, partitions by person and sorts; the kernel runs in its Python workers (``mapInArrow``).

What a task computes it writes to a scratch folder that driver and executors share, and hands the driver a receipt;
the driver merges the files of the receipts as the local engine does, so the bytes are the same. A task that failed
or was tried twice leaves files that no receipt names.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from features.atomic import replacing, workspace
from features.contract import EVENTS
from features.crowd import Learnt, count_crowd, crowds, fit_crowd
from features.engines.spark_rows import Given, by_person, claimed, collected, partitions
from features.engines.spark_session import session
from features.engines.spark_tasks import COUNTED, RECEIPT, Work, as_rows, unpacked
from features.engines.tables import merge, put_aside
from features.plan import Plan
from features.settings import EngineSettings
from features.table import build, columns_read

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

logger = logging.getLogger(__name__)
TABLES = ("features", "labels")
#: What the columns of the features table are called in Spark.
_SPARK_TYPES = {pa.int64(): "bigint", pa.float32(): "float", pa.string(): "string"}


def learn(events: Path, plan: Plan, settings: EngineSettings, folder: Path) -> Learnt:
    """Learn what families need from everybody (``features.crowd``); see ``features.engines``."""
    if not crowds(plan):
        return Learnt()
    with workspace(folder) as scratch, session(settings, scratch) as spark:
        rows, read = partitions(spark, events, settings, columns_read(plan))
        found = collected(rows, Work(plan, read, settings.events_per_batch).count, COUNTED)
    counted: dict[str, list[pa.Table]] = {family: [] for family in crowds(plan)}
    for family, stream in found:
        counted[family].append(unpacked(stream))
    names = list(counted)
    parts = [dict(zip(names, one, strict=True)) for one in zip(*counted.values(), strict=True)]
    return fit_crowd(parts or [count_crowd(EVENTS.empty_table(), plan)], plan)


def run(
    events: Path, plan: Plan, settings: EngineSettings, features: Path, labels: Path, learnt: Learnt
) -> dict[str, int]:
    """Build the features and labels of everybody; see ``features.engines``."""
    with (
        replacing(features) as features_out,
        replacing(labels) as labels_out,
        workspace(features.with_name("build")) as folder,
    ):
        with session(settings, folder) as spark:
            rows, read = partitions(spark, events, settings, columns_read(plan))
            work = Work(plan, read, settings.events_per_batch, learnt, str(folder.resolve()))
            receipts = collected(rows, work.build, RECEIPT)
        for number, receipt in enumerate(sorted(receipts)):
            for name in TABLES:
                file = folder / receipt["folder"] / f"{name}.{receipt['part']:06d}.arrow"
                claimed(file, folder / f"{name}.{number:06d}.arrow")
        if not receipts:
            for name, table in zip(TABLES, build(EVENTS.empty_table(), plan, learnt), strict=True):
                put_aside(name, 0, table, plan, folder)
        for name, out in zip(TABLES, (features_out, labels_out), strict=True):
            merge(name, plan, folder, out, settings.threads)
    counts = {name: sum(receipt[name] for receipt in receipts) for name in ("events", "rows")}
    logger.info("%d batches, %d events, %d rows", len(receipts), counts["events"], counts["rows"])
    return counts


def features_frame(
    events: DataFrame, plan: Plan, learnt: Learnt | None = None, settings: EngineSettings | None = None
) -> DataFrame:
    """Give the features as a Spark DataFrame, computed when it is asked for.

    Parameters
    ----------
    events : DataFrame
        Canonical events (contract EVENTS), in any order and partition.
    plan : Plan
        Cutoffs, families, windows and journey.
    learnt : Learnt, optional
        What families learnt from everybody; without it they say what they say of nobody.
    settings : EngineSettings, optional
        Events that a task holds at once.

    Returns
    -------
    DataFrame
        The rows and bits of the features table: one row per cutoff and customer known by then, in no order.
    """
    work = Work(plan, Given(), (settings or EngineSettings()).events_per_batch, learnt or Learnt())
    empty = as_rows(build(EVENTS.empty_table(), plan)[0])
    schema = ", ".join(f"`{field.name}` {_SPARK_TYPES[field.type]}" for field in empty.schema)
    return by_person(events, columns_read(plan)).mapInArrow(work.features, schema)
