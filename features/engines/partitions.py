"""Whole persons in batches of bounded size, from one file of canonical events, for any kernel."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from features.settings import EngineSettings

logger = logging.getLogger(__name__)
T = TypeVar("T")


class Partitions:
    """Canonical events, split by a hash of the person: the rows of one person are in one batch.

    Attributes
    ----------
    events : int
        Rows in all.

    See Also
    --------
    partitions : Opens them.
    """

    def __init__(
        self, store: duckdb.DuckDBPyConnection, columns: Sequence[str], events: int, settings: EngineSettings
    ) -> None:
        self.events = events
        self._store = store
        self._columns = tuple(columns)
        self._settings = settings

    def __iter__(self) -> Iterator[pa.Table]:
        """Give the batches one by one, each sorted by (customer_id, occurred_us, event_id); some may be empty."""
        for part in range(self._settings.partitions):
            yield self._read(self._store, part)

    def map(self, kernel: Callable[[int, pa.Table], T]) -> Iterator[T]:
        """Run a kernel on every batch, with ``settings.threads`` workers that hold one batch each.

        Parameters
        ----------
        kernel : callable
            ``(number of the partition, batch) -> result``; it runs in a thread.

        Yields
        ------
        object
            The results in the order of the partitions.
        """
        began, done = time.monotonic(), 0
        with ThreadPoolExecutor(self._settings.threads) as pool:
            waiting: deque[Future[tuple[int, T]]] = deque(
                pool.submit(self._run, kernel, self._store.cursor(), part)
                for part in range(self._settings.partitions)
            )
            for number in range(1, len(waiting) + 1):
                read, result = waiting.popleft().result()
                done += read
                seconds = max(time.monotonic() - began, 1e-6)
                logger.info("partition %d of %d: %d of %d events, %.0f events/s", number,
                            self._settings.partitions, done, self.events, done / seconds)  # fmt: skip
                yield result

    def _run(
        self, kernel: Callable[[int, pa.Table], T], store: duckdb.DuckDBPyConnection, part: int
    ) -> tuple[int, T]:
        batch = self._read(store, part)
        return len(batch), kernel(part, batch)

    def _read(self, store: duckdb.DuckDBPyConnection, part: int) -> pa.Table:
        return store.sql(
            f"SELECT {', '.join(self._columns)} FROM events WHERE part = ? "
            "ORDER BY customer_id, occurred_us, event_id, known_us",
            params=[part],
        ).to_arrow_table()


@contextmanager
def partitions(
    events_path: Path, settings: EngineSettings, folder: Path, columns: Sequence[str]
) -> Iterator[Partitions]:
    """Split canonical events into batches of whole persons.

    Parameters
    ----------
    events_path : Path
        Canonical events (parquet file).
    settings : EngineSettings
        Partitions, threads, memory: they change how fast and in how much memory, never a result per person.
    folder : Path
        A folder for what does not fit in memory (``features.atomic.workspace``).
    columns : sequence of str
        Columns of the contract EVENTS that the kernel reads.

    Yields
    ------
    Partitions
        To loop over, or to ``map`` a kernel over.

    Examples
    --------
    >>> import tempfile
    >>> import pyarrow.parquet as pq
    >>> from features.contract import EVENTS
    >>> folder = Path(tempfile.mkdtemp())
    >>> pq.write_table(EVENTS.empty_table(), folder / "events.parquet")
    >>> with partitions(folder / "events.parquet", EngineSettings(partitions=2), folder, ["kind"]) as parts:
    ...     [batch.num_rows for batch in parts]
    [0, 0]
    """
    with duckdb.connect(str(folder / "events.duckdb"), config=_config(settings, str(folder))) as store:
        needed = dict.fromkeys((*columns, "customer_id", "occurred_us", "event_id", "known_us"))
        store.execute(
            f"CREATE TABLE events AS SELECT {', '.join(needed)}, hash(person_id) % ? AS part "
            "FROM read_parquet(?)",
            [settings.partitions, str(events_path)],
        )
        events = int(store.execute("SELECT count(*) FROM events").fetchall()[0][0])
        yield Partitions(store, columns, events, settings)


def _config(settings: EngineSettings, folder: str) -> dict[str, Any]:
    return {"threads": settings.threads, "memory_limit": f"{settings.memory_gb}GB", "temp_directory": folder}
