"""Puts finished parts together in the order of the list; who has no scores gets a row that says why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.cutoffs import day_of
from models.policy import ACTION_COLUMNS
from pipelines.score import data_hash, model_version
from pipelines.score_actions import needs_everybody
from pipelines.score_columns import score_columns
from pipelines.score_parts import BLOCK, Job

UNKNOWN = "unknown customer: the source has no such id"
TOO_EARLY = "no history yet at the moment of scoring"


def assembled(job: Job, parts: Sequence[Path], only_scored: bool = False) -> Iterator[pa.Table]:
    """Give the score file block by block: a row per id of the list, in its order.

    Parameters
    ----------
    job : Job
    parts : sequence of Path
        Of `pipelines.score_parts.finished_parts`.
    only_scored : bool
        Leave out who has no scores.

    Yields
    ------
    pyarrow.Table
        Columns of `pipelines.score_columns.score_columns`; at least one block, which may be empty.
    """
    schema, spaces, constants = score_columns(job.plan), _spaces(job), _constants(job)
    for block in range(max(job.blocks, 1)):
        start = block * BLOCK
        ids = job.source_id.slice(start, BLOCK)
        found = _block(job, parts, block, len(ids))
        there = found["place"].is_valid()
        known = pa.array(job.known[start : start + BLOCK])
        columns = {
            **{name: found[name] for name in found.column_names},
            "customer_id": ids,
            "id_space": pc.if_else(there, spaces.slice(start, BLOCK), pa.scalar(None, pa.string())),
            "not_eligible_reason": pc.if_else(
                there, found["not_eligible_reason"], pc.if_else(known, TOO_EARLY, UNKNOWN)
            ),
        }
        for name, value in constants.items():
            columns[name] = pc.fill_null(columns[name], value)
        for name in ("blocked", "eligible_actions", "reasons"):
            columns[name] = _without_null(columns[name], schema.field(name).type)
        table = pa.table([_whole(columns[field.name]).cast(field.type) for field in schema], schema=schema)
        yield table.filter(there) if only_scored else table


def _constants(job: Job) -> dict[str, str | bool]:
    """Give what stands in the row of everybody, scored or not."""
    return {
        "eligible": False, "is_control": False, "explore": False, "journey": job.plan.journey.name,
        "as_of": day_of(job.plan.as_of_us).isoformat(), "model_version": model_version(job.models),
        "data_hash": data_hash(job.project),
    }  # fmt: skip


def _block(job: Job, parts: Sequence[Path], block: int, rows: int) -> pa.Table:
    """Read one block of all parts, a row per id; null where there are no scores."""
    tables = [job.schema.empty_table()]
    for part in parts:
        with pa.memory_map(str(part)) as source, pa.ipc.open_file(source) as file:
            tables.append(pa.Table.from_batches([file.get_batch(block)]))
    together = pa.concat_tables(tables).combine_chunks()
    place = np.full(rows, -1, dtype=np.int64)
    place[together["place"].to_numpy() - block * BLOCK] = np.arange(len(together))
    found = together.take(pa.array(place, mask=place < 0))
    if needs_everybody(job.params):
        # Customers compete, so a list cannot be decided on alone.
        for name in ACTION_COLUMNS:
            position = found.schema.get_field_index(name)
            field = found.schema.field(position)
            found = found.set_column(position, field, pa.nulls(rows, field.type))
    return found


def _spaces(job: Job) -> pa.Array:
    """Give what each id of the list, once it is known whose it is, is an id of: the id itself, not its owner's."""
    spaces = pq.read_table(job.project.ids, columns=["id_space"])["id_space"].combine_chunks()
    return spaces.take(pa.array(job.place, mask=job.place < 0))


def _without_null(lists: pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    """Write an empty list where there is none."""
    whole = _whole(lists)
    lengths = pc.fill_null(pc.list_value_length(whole), 0).to_numpy(zero_copy_only=False)
    ends = pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
    return pa.ListArray.from_arrays(ends, pc.list_flatten(whole).cast(kind.value_type))


def _whole(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    if not isinstance(values, pa.ChunkedArray):
        return values
    return values.combine_chunks() if values.num_chunks else pa.array([], values.type)
