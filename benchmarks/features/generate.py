"""Write the synthetic journey log: ``python -m benchmarks.features.generate EVENTS FOLDER``.

The canonical event table, sorted and in row groups as ``klantreis ingest`` writes it. Chunk by chunk: memory
does not grow with the log. Equal sizes and seeds give equal rows.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.features import task
from features.atomic import replacing
from features.contract import EVENTS, PERSON_ORDER
from features.row_groups import write_table

SEED = 11
EVENTS_PER_CUSTOMER = 50
#: Activity is skewed: event ``n * u ** SKEW`` of n customers, u uniform, has its customer.
SKEW = 2.2
#: Events made at a time (whole customers, so a little more).
CHUNK_EVENTS = 500_000
#: Raise it when the rows change: a log made by another version is made again.
VERSION = 2

Ints = NDArray[np.int64]


def generate(events: int, folder: Path, seed: int = SEED) -> Path:
    """Write ``events.parquet`` to a folder, unless the very same log stands there.

    Parameters
    ----------
    events : int
        Rows; customers are a fiftieth of that.
    folder : Path
        Where.
    seed : int
        Of every draw.

    Returns
    -------
    Path
        The file: one row per event, sorted by (customer_id, occurred_us, event_id).
    """
    path = folder / "events.parquet"
    label = json.dumps({"events": events, "seed": seed, "version": VERSION}, sort_keys=True)
    if path.is_file() and (pq.read_schema(path).metadata or {}).get(b"generated") == label.encode():
        return path
    with replacing(path) as beside:
        write_table(beside, EVENTS.with_metadata({"generated": label}), _chunks(events, seed), PERSON_ORDER)
    return path


def activity(events: int, seed: int) -> tuple[Ints, Ints]:
    """Draw the customers and the events of each, by ascending pseudonym.

    Returns
    -------
    tuple of array of int64
        Pseudonyms and numbers of events (at least 1, together ``events``).
    """
    customers = max(1, events // EVENTS_PER_CUSTOMER)
    upper = (np.arange(1, customers + 1) / customers) ** (1 / SKEW)
    counts = np.random.default_rng(seed).multinomial(events, np.diff(upper, prepend=0.0))
    ids = _pseudonyms(np.arange(customers))
    order = np.argsort(ids)
    ids, counts = ids[order], counts[order].astype(np.int64)
    return ids[counts > 0], counts[counts > 0]


def _chunks(events: int, seed: int) -> Iterator[pa.Table]:
    ids, counts = activity(events, seed)
    chunk_of = (np.cumsum(counts) - counts) // CHUNK_EVENTS
    for chunk in range(int(chunk_of[-1]) + 1):
        mine = chunk_of == chunk
        if mine.any():
            yield _rows(ids[mine], counts[mine], np.random.default_rng([seed, chunk]))


def _rows(ids: Ints, counts: Ints, rng: np.random.Generator) -> pa.Table:
    """Draw the events of some customers."""
    size, row = int(counts.sum()), np.repeat(np.arange(len(ids)), counts)
    occurred = _moments(row, rng)
    customer = ids[row]
    block = occurred // (task.SESSION_HOURS * task.DAY_US // 24)
    kind = _draw(rng, list(task.KIND_SHARES.values()), size)
    weights = 1 / np.arange(4, 4 + len(task.CATEGORIES))
    valued = np.isin(kind, [task.KINDS15.index(word) for word in task.VALUED])
    value = np.round(np.exp(rng.normal(3.4, 0.8, size)), 2)
    quantity = rng.integers(1, 4, size).astype(np.float64)
    columns = {
        "event_id": pa.array(_pseudonyms(customer ^ _pseudonyms(occurred))),
        "customer_id": pa.array(customer),
        "person_id": pa.array(customer),
        "occurred_us": pa.array(occurred),
        "known_us": pa.array(occurred),
        "kind": _words(kind, task.KINDS15),
        "channel": _words(_draw(rng, list(task.CHANNEL_SHARES.values()), size), task.CHANNELS8),
        "session_id": pa.array(_pseudonyms(customer ^ _pseudonyms(block))),
        "category": _words(_draw(rng, weights / weights.sum(), size), task.CATEGORIES),
        "value": pa.array(value, mask=~valued),
        "quantity": pa.array(quantity, mask=~valued),
        "source": _words(np.zeros(size, dtype=np.int8), ("benchmark",)),
    }
    nothing = {name: pa.nulls(size, EVENTS.field(name).type) for name in EVENTS.names if name not in columns}
    return pa.table({**columns, **nothing}).select(EVENTS.names)


def _moments(row: Ints, rng: np.random.Generator) -> Ints:
    """Draw moments, ascending per customer and distinct: one purchase row is one order."""
    first, end = task.midnight_us(task.FIRST_DAY), task.midnight_us(task.END_DAY)
    occurred = rng.integers(first, end, len(row))
    occurred = occurred[np.lexsort((occurred, row))]
    while (same := (row[1:] == row[:-1]) & (occurred[1:] <= occurred[:-1])).any():
        occurred[1:][same] = occurred[:-1][same] + 1
    return occurred


def _draw(rng: np.random.Generator, shares: Sequence[float] | NDArray[np.float64], size: int) -> Ints:
    edges = np.cumsum(shares)
    return np.searchsorted(edges / edges[-1], rng.random(size), side="right").astype(np.int64)


def _words(codes: NDArray[np.integer], words: tuple[str, ...]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int8)), pa.array(words)).cast(pa.string())


def _pseudonyms(numbers: Ints) -> Ints:
    """Scatter numbers over the positive int64 (the finaliser of SplitMix64), as pseudonyms are."""
    mixed = numbers.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return cast("Ints", ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(1)).astype(np.int64))


if __name__ == "__main__":
    generate(int(sys.argv[1]), Path(sys.argv[2]))
