"""What one Spark task does: a partition of whole persons through the kernel, in an executor's Python.

Plain functions of this module: executors import them from an installed ``features``. What they compute goes into
files beside the driver's own; through the Java of Spark goes only a receipt per batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from features.crowd import Learnt, count_crowd
from features.engines.persons import whole_persons
from features.engines.spark_rows import Given, Groups, Stream, attempt
from features.engines.tables import put_aside
from features.plan import Plan
from features.table import build, columns_read

#: A receipt: in which folder the files of a batch are, their number there, its events and rows.
RECEIPT = "folder string, part int, events bigint, rows bigint"
#: What was counted of a batch: per family its table as an Arrow stream.
COUNTED = "family string, counted binary"


@dataclass(frozen=True)
class Work:
    """What every task is given.

    Parameters
    ----------
    plan : Plan
        Cutoffs, families, windows, contracts and journey.
    read : callable
        How a task gets at its events.
    rows : int
        Events a task holds at once; whole persons, so it may be more.
    learnt : Learnt
        What families learnt from everybody.
    folder : str
        Where tasks put their files: a path that driver and executors share.
    """

    plan: Plan
    read: Given | Groups
    rows: int
    learnt: Learnt = field(default_factory=Learnt)
    folder: str = ""

    def batches(self, stream: Stream) -> Iterator[pa.Table]:
        """Cut a partition into batches that split nobody; a partition without rows gives none."""
        found = whole_persons(self.read(stream), self.rows, ("person_id", *columns_read(self.plan)))
        return (batch for batch in found if len(batch))

    def count(self, stream: Stream) -> Iterator[pa.RecordBatch]:
        """Count what families learn from (rows of ``COUNTED``)."""
        for batch in self.batches(stream):
            counted = count_crowd(batch, self.plan)
            yield pa.RecordBatch.from_pydict(
                {"family": list(counted), "counted": [packed(table) for table in counted.values()]}
            )

    def build(self, stream: Stream) -> Iterator[pa.RecordBatch]:
        """Build features and labels into files (rows of ``RECEIPT``)."""
        folder = Path(self.folder) / f"task-{attempt()}"
        folder.mkdir()
        for part, batch in enumerate(self.batches(stream)):
            features, labels = build(batch, self.plan, self.learnt)
            put_aside("features", part, features, self.plan, folder)
            put_aside("labels", part, labels, self.plan, folder)
            receipt = {"folder": folder.name, "part": part, "events": len(batch), "rows": len(features)}
            types = [pa.string(), pa.int32(), pa.int64(), pa.int64()]
            columns = [pa.array([value], kind) for value, kind in zip(receipt.values(), types, strict=True)]
            yield pa.RecordBatch.from_arrays(columns, list(receipt))

    def features(self, stream: Stream) -> Iterator[pa.RecordBatch]:
        """Give the rows of the features table themselves, words as plain strings."""
        for batch in self.batches(stream):
            yield from as_rows(build(batch, self.plan, self.learnt)[0]).to_batches()


def as_rows(features: pa.Table) -> pa.Table:
    """Write words in full: Spark has no dictionaries."""
    fields = [
        field.with_type(pa.string()) if pa.types.is_dictionary(field.type) else field
        for field in features.schema
    ]
    return features.cast(pa.schema(fields))


def packed(table: pa.Table) -> bytes:
    """Write a table as an Arrow stream.

    Examples
    --------
    >>> unpacked(packed(pa.table({"n": [1, 2]}))).to_pydict()
    {'n': [1, 2]}
    """
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def unpacked(stream: bytes) -> pa.Table:
    """Read what `packed` wrote."""
    with pa.ipc.open_stream(stream) as reader:
        return reader.read_all()
