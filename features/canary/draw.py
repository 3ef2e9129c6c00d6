"""Draws whole persons from canonical events: the same ones on every machine, whatever the order of the file."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from features.canary.keyed import keyed
from features.errors import InputError
from features.history import Ints, Mask
from features.settings import EngineSettings

logger = logging.getLogger(__name__)
#: Most events that are drawn; everybody is everybody.
MOST_EVENTS = 500_000
#: Whoever has more than this share of that many comes last: one machine must not push everybody else out.
_GIANT = 0.1


@dataclass(frozen=True)
class Drawn:
    """The events of whole persons, and how many there are.

    Attributes
    ----------
    events : Path
        Canonical events, a Parquet file or a folder of them.
    persons, rows : int
        How many persons and rows it holds.
    kinds : mapping of str to int
        Rows per kind.
    """

    events: Path
    persons: int
    rows: int
    kinds: Mapping[str, int]


def draw(events: Path, number: int, seed: int, settings: EngineSettings, folder: Path) -> Drawn:
    """Draw whole persons by a keyed hash of ``person_id``.

    Parameters
    ----------
    events : Path
        Canonical events, a Parquet file or a folder of them.
    number : int
        At most so many persons, with at most ``MOST_EVENTS`` events together; 0 is everybody.
    seed : int
        The key of the hash.
    settings : EngineSettings
        Threads and memory.
    folder : Path
        An empty folder for scratch files and for what is drawn.

    Raises
    ------
    InputError
        If there are no events.
    """
    if not events.exists():
        raise InputError(
            "data/canonical/events.parquet is missing; run `klantreis ingest` first (or `dvc repro`)"
        )
    source = str(events / "**/*.parquet") if events.is_dir() else str(events)
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": settings.threads, "memory_limit": f"{settings.memory_gb}GB", "temp_directory": str(folder),
    }  # fmt: skip
    with duckdb.connect(str(folder / "draw.duckdb"), config=config) as store:
        counted = store.sql(
            "SELECT person_id, count(*) AS n FROM read_parquet(?) GROUP BY ALL", params=[source]
        ).fetchnumpy()
        person, rows = counted["person_id"].astype(np.int64), counted["n"].astype(np.int64)
        if not len(person):
            raise InputError(
                "data/canonical/events.parquet holds no events; look at data/canonical/meta.json"
            )
        kept = chosen(person, rows, number, seed)
        if not kept.all():
            store.register("drawn", pa.table({"person_id": person[kept]}))
            drawn = folder / "drawn.parquet"
            store.sql(
                "SELECT * FROM read_parquet(?) SEMI JOIN drawn USING (person_id)", params=[source]
            ).write_parquet(str(drawn))
            events, source = drawn, str(drawn)
        kinds = store.sql(
            "SELECT kind, count(*) FROM read_parquet(?) GROUP BY ALL ORDER BY ALL", params=[source]
        ).fetchall()
    return Drawn(events, int(kept.sum()), int(rows[kept].sum()), dict(kinds))


def chosen(person: Ints, rows: Ints, number: int, seed: int, most: int = MOST_EVENTS) -> Mask:
    """Tell which persons are drawn.

    Parameters
    ----------
    person, rows : array of int64
        The distinct persons, in any order, and how many events each has.
    number : int
        At most so many; 0 is everybody.
    seed : int
        The key of the hash.
    most : int
        At most so many events together, unless one person alone has more.

    Examples
    --------
    >>> chosen(np.arange(5), np.array([3, 3, 3, 3, 90]), number=4, seed=1, most=30).tolist()
    [True, True, True, True, False]
    """
    kept = np.ones(len(person), dtype=np.bool_)
    if number:
        order = np.lexsort((keyed(person, seed), rows > most * _GIANT))
        fits = np.cumsum(rows[order]) <= most
        fits[0] = True
        kept[order] = fits & (np.arange(len(order)) < number)
    return kept
