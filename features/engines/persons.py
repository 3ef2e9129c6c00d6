"""Whole persons in batches of bounded size, from canonical events, for any kernel."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.contract import EVENTS
from features.errors import InputError
from features.settings import EngineSettings

logger = logging.getLogger(__name__)
T = TypeVar("T")
#: Rows that are decoded at once, at most.
_READ_ROWS = 1 << 16
#: Columns of few words, read as codes.
_WORDS = ("kind", "channel", "category", "rating_scale")


def persons(
    events: Path, settings: EngineSettings, folder: Path, columns: Sequence[str]
) -> Iterator[pa.Table]:
    """Read canonical events as batches of whole persons.

    Parameters
    ----------
    events : Path
        Canonical events: a Parquet file, or a folder of them. A file that says it is sorted by person (as ingest
        writes it) is streamed; any other is sorted first, within ``settings.memory_gb``.
    settings : EngineSettings
        Threads, memory, events per batch: they change how fast and in how much memory, never a result per person.
    folder : Path
        A folder for what does not fit in memory (``features.atomic.workspace``).
    columns : sequence of str
        Columns of the contract EVENTS that the kernel reads.

    Yields
    ------
    pyarrow.Table
        One row per event and owner, by ``person_id``; at least one batch, which may be empty.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> pq.write_table(EVENTS.empty_table(), folder / "events.parquet")
    >>> [len(batch) for batch in persons(folder / "events.parquet", EngineSettings(), folder, ["kind"])]
    [0]
    """
    needed = tuple(dict.fromkeys(("person_id", *columns)))
    # What is read at once must not be more than a batch may hold.
    most = min(_READ_ROWS, settings.events_per_batch)
    stream = (
        _stream(events, needed, most)
        if _is_sorted(events)
        else _sorted(events, settings, folder, needed, most)
    )
    return whole_persons(stream, settings.events_per_batch, needed)


def whole_persons(
    batches: Iterable[pa.RecordBatch], rows: int, columns: Sequence[str] = EVENTS.names
) -> Iterator[pa.Table]:
    """Cut a stream that is sorted by person into batches that split nobody.

    Parameters
    ----------
    batches : iterable of record batch
        Events with ``person_id`` rising.
    rows : int
        A batch is given as soon as it holds so many rows, and one more person has begun.
    columns : sequence of str
        Columns of an empty stream.

    Raises
    ------
    InputError
        If ``person_id`` falls.

    Examples
    --------
    >>> stream = pa.table({"person_id": [1, 1, 2, 2, 2, 3]}).to_batches(max_chunksize=2)
    >>> [batch["person_id"].to_pylist() for batch in whole_persons(stream, 3)]
    [[1, 1], [2, 2, 2], [3]]
    """
    waiting: list[pa.RecordBatch] = []
    held, newest = 0, None
    for batch in batches:
        person = batch["person_id"].to_numpy()
        if not len(person):
            continue
        if (person[1:] < person[:-1]).any() or (newest is not None and person[0] < newest):
            raise InputError(
                "data/canonical/events.parquet says that it is sorted by person_id, but is not; "
                "run `klantreis ingest` again"
            )
        newest = person[-1]
        waiting.append(batch)
        held += len(person)
        if held >= rows:
            whole = pa.Table.from_batches(waiting)
            begins = int(np.searchsorted(whole["person_id"].to_numpy(), newest))
            if begins:
                yield whole.slice(0, begins)
                waiting, held = whole.slice(begins).to_batches(), held - begins
    empty = pa.schema([EVENTS.field(name) for name in columns])
    yield pa.Table.from_batches(waiting, None if waiting else empty)


def each(
    kernel: Callable[[int, pa.Table], T], batches: Iterable[pa.Table], settings: EngineSettings
) -> Iterator[T]:
    """Run a kernel on every batch with ``settings.threads`` workers that hold one batch each.

    Parameters
    ----------
    kernel : callable
        ``(number of the batch, batch) -> result``; it runs in a thread.

    Yields
    ------
    object
        The results in the order of the batches.
    """
    began, done = time.monotonic(), 0
    waiting: deque[tuple[int, Future[T]]] = deque()
    with ThreadPoolExecutor(settings.threads) as pool:

        def results(keep: int) -> Iterator[T]:
            nonlocal done
            while len(waiting) > keep:
                rows, future = waiting.popleft()
                result = future.result()
                done += rows
                logger.info("%d events, %.0f events/s", done, done / max(time.monotonic() - began, 1e-6))
                yield result

        for number, batch in enumerate(batches):
            waiting.append((len(batch), pool.submit(kernel, number, batch)))
            # One batch waits while the others are computed: more would only fill the memory.
            yield from results(settings.threads)
        yield from results(0)


def _is_sorted(events: Path) -> bool:
    """Tell whether the file says it is sorted by person."""
    if not events.is_file():
        return False
    metadata = pq.read_metadata(events)
    if not metadata.num_row_groups:
        return True
    by = metadata.row_group(0).sorting_columns
    return (
        bool(by) and metadata.schema.column(by[0].column_index).name == "person_id" and not by[0].descending
    )


def _stream(events: Path, columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(events, read_dictionary=[name for name in _WORDS if name in columns]) as file:
        yield from file.iter_batches(rows, columns=list(columns))


def _sorted(
    events: Path, settings: EngineSettings, folder: Path, columns: Sequence[str], rows: int
) -> Iterator[pa.RecordBatch]:
    import duckdb

    source = str(events / "**/*.parquet") if events.is_dir() else str(events)
    chosen = ", ".join(f"{name}::varchar AS {name}" if name in _WORDS else name for name in columns)
    with duckdb.connect(str(folder / "events.duckdb"), config=_config(settings, folder)) as store:
        found = store.sql(
            f"SELECT {chosen} FROM read_parquet(?) "
            "ORDER BY person_id, customer_id, occurred_us, event_id, known_us",
            params=[source],
        )
        yield from found.to_arrow_reader(rows)


def _config(settings: EngineSettings, folder: Path) -> dict[str, Any]:
    return {
        "threads": settings.threads, "memory_limit": f"{settings.memory_gb}GB", "temp_directory": str(folder),
    }  # fmt: skip
