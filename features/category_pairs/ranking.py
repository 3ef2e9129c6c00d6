"""The categories bought most, as known at a moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from features.settings import EngineSettings

_MOST_BOUGHT = """
    SELECT category FROM read_parquet(?)
    WHERE kind = 'purchase' AND category IS NOT NULL
      AND occurred_us < ? AND known_us <= ? AND (until_us IS NULL OR until_us > ?)
    GROUP BY category ORDER BY count(*) DESC, category LIMIT ?
"""


def most_bought(
    events: Path, settings: EngineSettings, known_at_us: int, number: int, folder: Path
) -> tuple[str, ...]:
    """Rank categories by their order lines of all customers.

    Parameters
    ----------
    events : Path
        Canonical events: a Parquet file, or a folder of them.
    settings : EngineSettings
        Threads and memory.
    known_at_us : int
        What happened later, or was not known yet, does not count; microseconds.
    number : int
        How many at most.
    folder : Path
        A folder for what does not fit in memory (``features.atomic.workspace``).

    Returns
    -------
    tuple of str
        Most bought first, of equals by name; empty where the source has no categories.
    """
    import duckdb

    source = str(events / "**/*.parquet") if events.is_dir() else str(events)
    config: dict[str, Any] = {
        "threads": settings.threads, "memory_limit": f"{settings.memory_gb}GB", "temp_directory": str(folder),
    }  # fmt: skip
    with duckdb.connect(config=config) as store:
        found = store.execute(
            _MOST_BOUGHT, [source, known_at_us, known_at_us, known_at_us, number]
        ).fetchall()
    return tuple(category for (category,) in found)
