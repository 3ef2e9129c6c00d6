"""Exports whose rows are people without an id, each with the decision about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.contract import DECISIONS
from features.fingerprint import fingerprint
from features.sources._batches import STAGED_DECISIONS, CanonicalBatch, RawBatch, RawFile
from features.sources._rows import Exports

#: The column that is added: 1 for the first of the rows of one file that are equal throughout, then 2, 3, ...
COPY = "copy"


class PeopleWithoutIds(Exports):
    """A row is a person: what is known of them is told row by row, the decision about them once all is read.

    A row counts once, by its first event, so the log of decisions is told beside it.
    """

    def batches(self, file: RawFile) -> Iterator[RawBatch]:
        """Read a file; rows that are equal throughout are different people."""
        return with_copies(super().batches(file))

    def canonical(self, batch: RawBatch) -> CanonicalBatch:
        """Turn a raw batch into a canonical batch, without the decisions."""
        return replace(super().canonical(batch), decisions=STAGED_DECISIONS.empty_table())

    def decisions(self, seen: pa.Table, complete_until_us: int) -> pa.Table:
        """Read all again for the decisions; one that stands in two exports is one."""
        told = pa.concat_tables(
            [STAGED_DECISIONS.empty_table()]
            + [
                super(PeopleWithoutIds, self).canonical(batch).decisions
                for file in self.raw_files()
                for batch in self.batches(file)
            ]
        ).combine_chunks()
        _, once = np.unique(told["decision_id"].to_numpy(), return_index=True)
        told = told.take(pa.array(once))
        place = pc.index_in(told["source_id"], value_set=seen["source_id"].combine_chunks())
        owner = seen["customer_id"].combine_chunks().take(place.combine_chunks())
        return told.append_column("customer_id", owner).select(DECISIONS.names).cast(DECISIONS)


def with_copies(batches: Iterable[RawBatch]) -> Iterator[RawBatch]:
    """Add the column `COPY`, so that two people of whom the file says the same stay two.

    What a row and its copy number say does not depend on the order of the rows; the number of a row does, but only
    among rows that are equal.

    Examples
    --------
    >>> from pathlib import Path
    >>> from features.sources._batches import RawFile
    >>> table = pa.table({"spend": [0, 5, 0]})
    >>> batch = RawBatch(RawFile(Path("a.csv"), "a.csv", "a"), table, np.arange(1, 4))
    >>> [one.data["copy"].to_pylist() for one in with_copies([batch, batch])]
    [[1, 1, 2], [3, 2, 4]]
    """
    before = np.zeros(0, np.int64)
    for batch in batches:
        keys = fingerprint({"": pa.repeat("row", batch.data.num_rows), **_columns(batch.data)})
        numbers = _number_of_its_kind(np.concatenate([before, keys]))[len(before) :]
        before = np.concatenate([before, keys])
        yield replace(batch, data=batch.data.append_column(COPY, pa.array(numbers)))


def _columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return {f"raw:{name}": column for name, column in zip(table.column_names, table.columns, strict=True)}


def _number_of_its_kind(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Count every key among the equal ones before it, itself included."""
    order = np.argsort(keys, kind="stable")
    ranked = keys[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1])) if len(keys) else order
    sizes = np.diff(np.append(starts, len(keys)))
    numbers = np.empty(len(keys), np.int64)
    numbers[order] = np.arange(len(keys)) - np.repeat(starts, sizes) + 1
    return numbers
