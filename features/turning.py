"""Raw batches to canonical batches: those of small files put together, turned beside the reading of the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.errors import InputError
from features.sources._base import Source
from features.sources._batches import CanonicalBatch, RawBatch, RawFile
from features.sources._files import first_line

#: Rows that are put together: a daily file has few, and turning them costs as much as turning many.
TOGETHER_ROWS = 1 << 16


@dataclass(frozen=True)
class Piece:
    """A raw batch, its file as the source names it, and the number of that file in the order of reading."""

    number: int
    file: RawFile
    batch: RawBatch


@dataclass(frozen=True)
class Turned:
    """One or more pieces, and what they say together.

    ``batch`` holds the rows of all pieces, one under the other; its ``rows``, and so those of ``canonical``, are
    places among them: 0, 1, ...
    """

    pieces: tuple[Piece, ...]
    batch: RawBatch
    canonical: CanonicalBatch

    def origins(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """Give, per staged event, the number of its file and that of its raw row."""
        sizes = [len(piece.batch.rows) for piece in self.pieces]
        files = np.repeat(np.array([piece.number for piece in self.pieces], np.int32), sizes)
        rows = np.concatenate([piece.batch.rows for piece in self.pieces])
        return files[self.canonical.rows], rows[self.canonical.rows]

    def verdicts(self) -> Iterator[tuple[Piece, pa.Array]]:
        """Give each piece with the reasons of its rows."""
        start = 0
        for piece in self.pieces:
            rows = len(piece.batch.rows)
            yield piece, self.canonical.reasons.slice(start, rows)
            start += rows


def turned(pieces: Iterable[Piece], source: Source, *, workers: int = 1) -> Iterator[Turned]:
    """Turn raw batches, in their order, while the next ones are read.

    Parameters
    ----------
    pieces : iterable of Piece
        The raw batches, as they are read.
    source : Source
        Their source.
    workers : int
        Threads that turn; they change no result.

    Raises
    ------
    InputError
        If a column has a type that no check of the adapter foresees.
    """
    waiting: deque[Future[Turned]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for group in _together(pieces, source):
            waiting.append(pool.submit(_turn, group, source))
            # One group waits while the others are turned: more would only fill the memory.
            while len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _together(pieces: Iterable[Piece], source: Source) -> Iterator[tuple[Piece, ...]]:
    """Put pieces together as long as they are alike and few."""
    parts = source.parts()
    held: list[Piece] = []
    rows = 0
    for piece in pieces:
        part = parts[piece.batch.file.part or source.name]
        rows += len(piece.batch.rows)
        if held and not (part.events_only and rows <= TOGETHER_ROWS and _alike(held[0].batch, piece.batch)):
            yield tuple(held)
            held, rows = [], len(piece.batch.rows)
        held.append(piece)
    if held:
        yield tuple(held)


def _alike(one: RawBatch, other: RawBatch) -> bool:
    """Whether two batches are of one table of one part, with the same columns."""
    what = [(batch.file.part, batch.file.table, batch.file.role) for batch in (one, other)]
    return what[0] == what[1] and bool(one.data.schema.equals(other.data.schema))


def _turn(pieces: tuple[Piece, ...], source: Source) -> Turned:
    first = pieces[0].batch
    data = first.data if len(pieces) == 1 else pa.concat_tables([piece.batch.data for piece in pieces])
    batch = replace(first, data=data.combine_chunks(), rows=np.arange(data.num_rows))
    try:
        return Turned(pieces, batch, source.canonical(batch))
    except pa.ArrowException as error:
        if len(pieces) > 1:
            for piece in pieces:  # the one that cannot be turned says its name
                _turn((piece,), source)
        # What no check of the adapter foresees: a column whose type cannot mean what it should.
        types = ", ".join(f"{field.name} {field.type}" for field in first.data.schema)
        raise InputError(
            f"{first.file.name}: a column has another type than expected ({first_line(error)}); the "
            f"columns are {types[:500]}; mend the file or change conf/sources/{source.name}.yaml"
        ) from error
