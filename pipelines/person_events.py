"""Takes the events of some persons out of the canonical events, in their order and in bounded memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import InputError
from pipelines.paths import Project

#: Events that are held at once.
ROWS = 1 << 16


def person_events(project: Project, persons: npt.NDArray[np.int64], out: Path) -> int:
    """Write every event of some persons to a Parquet file; whole persons, as in the stage ``features``.

    Parameters
    ----------
    project : Project
        Its canonical events are read: of a file sorted by person only the row groups that may hold one of them.
    persons : int array
        Their ``person_id``.
    out : Path
        The file; it says it is sorted by person where the canonical events do.

    Returns
    -------
    int
        Number of events.

    Raises
    ------
    InputError
        If there are no canonical events.
    """
    source = project.canonical / "events.parquet"
    if not source.is_file():
        raise InputError(f"{source} is missing; run `klantreis ingest` first (or `dvc repro`)")
    wanted, written = np.unique(persons), 0
    with pq.ParquetFile(source) as file:
        schema = file.schema_arrow
        sorting = file.metadata.row_group(0).sorting_columns if file.num_row_groups else ()
        with pq.ParquetWriter(out, schema, compression="lz4", sorting_columns=sorting or None) as writer:
            for group in _groups(file, wanted):
                for batch in file.iter_batches(ROWS, row_groups=[group]):
                    theirs = batch.filter(pa.array(_among(batch["person_id"].to_numpy(), wanted)))
                    if len(theirs):
                        writer.write_batch(theirs)
                        written += len(theirs)
    return written


def _groups(file: pq.ParquetFile, wanted: npt.NDArray[np.int64]) -> list[int]:
    """List the row groups that hold an event of a wanted person."""
    column = file.schema_arrow.get_field_index("person_id")
    found = []
    for group in range(file.num_row_groups):
        range_of = file.metadata.row_group(group).column(column).statistics
        if range_of is not None and range_of.has_min_max:
            first, last = np.searchsorted(wanted, [range_of.min, range_of.max + 1])
            if first == last:
                continue
        persons = file.read_row_group(group, columns=["person_id"])["person_id"].to_numpy()
        if _among(persons, wanted).any():
            found.append(group)
    return found


def _among(persons: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tell which persons are among the wanted ones, which are sorted."""
    if not len(wanted):
        return np.zeros(len(persons), dtype=np.bool_)
    places = np.minimum(np.searchsorted(wanted, persons), len(wanted) - 1)
    return np.asarray(wanted[places] == persons, dtype=np.bool_)
