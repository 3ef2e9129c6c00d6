"""Run the kernel of the pairs over all persons, batch by batch."""

from __future__ import annotations

from pathlib import Path

from features.category_pairs.kernel import Asked, Pairs, category_pairs, merged
from features.engines.persons import each, persons
from features.events import READS
from features.settings import EngineSettings

#: Batches that wait before those who were not drawn are dropped: more would only fill the memory.
_WAITING = 4


def gather(events: Path, asked: Asked, engine: EngineSettings, folder: Path) -> dict[int, Pairs]:
    """Work out the pairs of everybody.

    Parameters
    ----------
    events : Path
        Canonical events: a Parquet file, or a folder of them.
    asked : Asked
        Categories, cutoffs, label, draw.
    engine : EngineSettings
        Threads, memory, events per batch; the result depends on none of it.
    folder : Path
        A folder for what does not fit in memory (``features.atomic.workspace``).

    Returns
    -------
    dict of int to Pairs
        By cutoff (microseconds), customers by ``customer_id``.
    """
    waiting: dict[int, list[Pairs]] = {cutoff: [] for cutoff in asked.cutoffs}
    batches = persons(events, engine, folder, READS)
    for parts in each(lambda _, batch: category_pairs(batch, asked), batches, engine):
        for part in parts:
            held = waiting[part.cutoff_us]
            held.append(part)
            if len(held) >= _WAITING:
                held[:] = [merged(held, asked)]
    return {cutoff: merged(held, asked) for cutoff, held in waiting.items()}
