"""A list of customers scored in parts of whole persons; finished parts are kept, so a killed run goes on.

The parts change neither a byte of the score file nor its order: a customer's scores depend on that customer alone.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.atomic import replacing, workspace
from features.crowd import Learnt
from features.engines import engine_of
from features.plan import Plan
from models.newest_rows import newest_rows
from pipelines.params import Params
from pipelines.paths import Project
from pipelines.person_events import person_events
from pipelines.score import data_hash, model_version, next_categories
from pipelines.score_batches import scored_columns, scored_slices
from pipelines.score_lock import held, in_use
from pipelines.whose_ids import read_links

logger = logging.getLogger(__name__)
Ints = npt.NDArray[np.int64]
#: Rows of the list that are put together at once: a row group of the score file.
BLOCK = 1 << 16


@dataclass(frozen=True)
class Job:
    """A list to score.

    Attributes
    ----------
    project : Project
        Where events, ids and the crowd are.
    models : Project
        Where the models are; the same, or the champions (`pipelines.champion_models`).
    params : Params
    plan : Plan
        ``as_of_us`` is the moment of scoring, and there is no other cutoff.
    source_id : pyarrow.StringArray
        Ids of the list, in its order.
    customer : int array
        The customer each of them stands for, as a pseudonym.
    known : bool array
        Whether there is one.
    place : int array
        The row of each id in the table of ids; -1: none.
    size : int, optional
        Persons in a part; left out: as ``engine.memory_gb`` allows.
    """

    project: Project
    models: Project
    params: Params
    plan: Plan
    source_id: pa.StringArray
    customer: Ints
    known: npt.NDArray[np.bool_]
    place: npt.NDArray[np.integer]
    size: int | None = None

    @property
    def persons_per_part(self) -> int:
        """Persons in a part. Spark spreads the events itself, so it gets many at once."""
        usual = (
            1_000_000 if self.params.engine.name == "spark" else int(12_500 * self.params.engine.memory_gb)
        )
        return self.size or max(1000, usual)

    @property
    def schema(self) -> pa.Schema:
        """Columns of a finished part: the row of the list, and its scores."""
        more = [pa.field("place", pa.int64()), pa.field("next_categories", pa.list_(pa.string()))]
        return pa.schema([*more, *scored_columns(self.plan)])

    @property
    def blocks(self) -> int:
        """How many blocks of rows the list has."""
        return -(-len(self.source_id) // BLOCK)

    def key(self) -> str:
        """Name the folder of its parts: the same list, models, data, moment and settings give the same one."""
        digest = hashlib.sha256(self.plan.digest.encode())
        digest.update(self.params.model_dump_json(exclude={"engine"}).encode())
        for name in ("events.parquet", "links.parquet", "customers.parquet", "decisions.parquet"):
            path = self.project.canonical / name
            state = path.stat() if path.exists() else None
            digest.update(f"{name} {state and (state.st_size, state.st_mtime_ns)}".encode())
        for buffer in pa.concat_arrays([self.source_id]).buffers():  # bytes of the ids, and where each ends
            digest.update(buffer or b"")
        digest.update(f"{self.persons_per_part} {BLOCK}".encode())
        return f"{model_version(self.models)}-{data_hash(self.project)}-{digest.hexdigest()[:16]}"


@contextmanager
def finished_parts(job: Job) -> Iterator[list[Path]]:
    """Score every part that is not there yet, and give their files; they are gone when the block has ended well.

    Parameters
    ----------
    job : Job

    Yields
    ------
    list of Path
        Arrow files with `Job.schema`: a batch per block of the list, rows in any order.

    Raises
    ------
    InputError
        If another run is scoring the same list.
    """
    home = job.project.root / "data" / "score_list"
    folder = home / job.key()
    try:
        with held(folder):
            folder.mkdir(exist_ok=True)
            _sweep(home, folder.name)
            try:
                yield _all_parts(job, folder)
            except BaseException:
                if not list(folder.glob("part-*.arrow")):
                    shutil.rmtree(folder, ignore_errors=True)
                raise
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        with suppress(OSError):  # parts or another run are there
            home.rmdir()


def _all_parts(job: Job, folder: Path) -> list[Path]:
    parts, began, done, earlier = list(_cut(job)), time.monotonic(), 0, 0
    total = sum(len(rows) for rows in parts)
    files = [folder / f"part-{number:05d}.arrow" for number in range(len(parts))]
    for number, (rows, file) in enumerate(zip(parts, files, strict=True)):
        if file.exists():
            earlier += len(rows)
            continue
        table = _scored(job, rows, folder)
        with replacing(file) as beside:
            _put_aside(table, job.blocks, beside)
        done += len(rows)
        rate = done / max(time.monotonic() - began, 1e-6)
        scored = f"{done + earlier} of {total} customers scored"
        logger.info("part %d of %d: %s, %.0f customers/s", number + 1, len(parts), scored, rate)
    if earlier:
        logger.info("%d customers were scored before an earlier run was cut short", earlier)
    return files


def _cut(job: Job) -> Iterator[Ints]:
    """Give the rows of the list part by part, persons in the order of the events."""
    rows = np.flatnonzero(job.known)
    person = read_links(job.project).persons(job.customer[rows])
    order = np.argsort(person, kind="stable")
    rows, person = rows[order], person[order]
    first = np.flatnonzero(np.diff(person, prepend=person[:1] - 1))[:: job.persons_per_part]
    yield from (part for part in np.split(rows, first[1:]) if len(part))


def _scored(job: Job, rows: Ints, folder: Path) -> pa.Table:
    """Score some rows of the list; whoever has no history at the moment is left out."""
    project, params, plan = job.project, job.params, job.plan
    customers = pa.array(np.unique(job.customer[rows]))
    with workspace(folder / "build") as build:
        events, tables = build / "events.parquet", (build / "features.parquet", build / "labels.parquet")
        person_events(project, read_links(project).persons(customers.to_numpy()), events)
        engine_of(params.engine).run(events, plan, params.engine, *tables, Learnt.read(project.crowd))
        features, labels = (newest_rows(path, plan.as_of_us) for path in tables)
        theirs = pc.is_in(features["customer_id"], value_set=customers)
        scores = scored_slices(job.models, params, plan, features.filter(theirs), labels.filter(theirs))
        named = next_categories(job.models, params, plan, events, scores["customer_id"].to_numpy())
    scores = scores.append_column("next_categories", pa.array(named, pa.list_(pa.string())))
    place = pc.index_in(pa.array(job.customer[rows]), value_set=scores["customer_id"].combine_chunks())
    found = scores.take(place.drop_null())
    found = found.append_column("place", pa.array(rows[place.is_valid().to_numpy(zero_copy_only=False)]))
    return found.select(job.schema.names).cast(job.schema)


def _put_aside(table: pa.Table, blocks: int, file: Path) -> None:
    """Write the rows of a part, one batch per block of the list."""
    table = table.take(pc.sort_indices(table["place"])).combine_chunks()
    ends = np.searchsorted(table["place"].to_numpy(), np.arange(blocks + 1) * BLOCK)
    with pa.ipc.new_file(file, table.schema) as writer:
        for start, end in pairwise(ends.tolist()):
            batches = table.slice(start, end - start).combine_chunks().to_batches()
            writer.write_batch(batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema))


def _sweep(home: Path, mine: str) -> None:
    """Remove parts that nobody can go on with: of other models or other data, and no run is at them."""
    current = mine.rsplit("-", 1)[0]
    for left in home.iterdir():
        if left.is_dir() and not left.name.startswith(current) and not in_use(left):
            shutil.rmtree(left, ignore_errors=True)
