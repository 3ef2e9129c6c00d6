"""What families learn from everybody: a small table per family and cutoff, from what was known at that cutoff.

The engine runs ``count_crowd`` over batches of whole persons and hands the counts to ``fit_crowd``. What comes of it
is saved beside the tables and handed to the kernel, which finds the newest table of its cutoff or before: so a row
is the same in training and in scoring, whichever batch it is in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features import cutoffs as cut
from features.atomic import replacing
from features.events import Events
from features.families._base import Crowd
from features.plan import Plan
from features.registry import family_named
from features.scope import scope_of

#: Key of the schema metadata that lists the cutoffs (microseconds) of what was learnt.
MOMENTS = b"klantreis.cutoffs"


@dataclass(frozen=True)
class Learnt:
    """The tables that families learnt, per family and cutoff (microseconds); empty where none learns."""

    tables: Mapping[str, Mapping[int, pa.Table]] = field(default_factory=dict)

    def at(self, family: str, cutoff_us: int) -> pa.Table | None:
        """Give the newest table of a family learnt at a cutoff or before; None if there is none."""
        tables = self.tables.get(family, {})
        newest = max((moment for moment in tables if moment <= cutoff_us), default=None)
        return None if newest is None else tables[newest]

    def write(self, folder: Path) -> None:
        """Write a folder with one Parquet file per family; column ``cutoff_us`` says when it was learnt."""
        with replacing(folder) as beside:
            beside.mkdir()
            for family, tables in self.tables.items():
                rows = [
                    table.add_column(0, "cutoff_us", pa.repeat(pa.scalar(moment, pa.int64()), len(table)))
                    for moment, table in sorted(tables.items())
                ]
                # Also of moments at which nothing was learnt: those before them must not speak for them.
                moments = {MOMENTS: json.dumps(sorted(tables)).encode()}
                whole = pa.concat_tables(rows).replace_schema_metadata(moments)
                pq.write_table(whole, beside / f"{family}.parquet", compression="zstd")

    @classmethod
    def read(cls, folder: Path) -> Learnt:
        """Read what was written; no folder is nothing learnt."""
        tables: dict[str, dict[int, pa.Table]] = {}
        for path in sorted(folder.glob("*.parquet")):
            whole = pq.read_table(path)
            moments: list[int] = json.loads((whole.schema.metadata or {})[MOMENTS])
            whole = whole.replace_schema_metadata()
            tables[path.stem] = {
                moment: whole.filter(pa.compute.equal(whole["cutoff_us"], moment)).drop_columns("cutoff_us")
                for moment in moments
            }
        return cls(tables)


def crowds(plan: Plan) -> dict[str, Crowd]:
    """Give the families of a plan that learn from everybody, by their short name."""
    found = {name.rpartition(".")[2]: family_named(name).crowd for name in plan.families}
    return {name: crowd for name, crowd in found.items() if crowd is not None}


def count_crowd(batch: pa.Table, plan: Plan) -> dict[str, pa.Table]:
    """Count, for one batch of WHOLE persons, what the families of a plan learn from.

    Returns
    -------
    dict of str to table
        Per family: ``cutoff_us``, its keys, and int64 counts.
    """
    events = Events.from_arrow(batch)
    counted: dict[str, list[pa.Table]] = {name: [] for name in crowds(plan)}
    for cutoff_us in plan.all_cutoffs:
        history = cut.past(events, cutoff_us, plan.lookback_days, plan.windows_days)
        for name, crowd in crowds(plan).items():
            rows = crowd.count(history, scope_of(plan))
            moments = pa.repeat(pa.scalar(cutoff_us, pa.int64()), len(rows))
            counted[name].append(rows.add_column(0, "cutoff_us", moments))
    return {name: pa.concat_tables(tables) for name, tables in counted.items()}


def fit_crowd(counted: Iterable[Mapping[str, pa.Table]], plan: Plan) -> Learnt:
    """Learn the tables of a plan from the counts of all batches, in any order.

    Parameters
    ----------
    counted : iterable of mapping
        What ``count_crowd`` gave for each batch.
    plan : Plan
        The same plan.
    """
    parts = list(counted)
    learnt: dict[str, dict[int, pa.Table]] = {}
    for name, crowd in crowds(plan).items():
        whole = _added([part[name] for part in parts], ("cutoff_us", *crowd.keys))
        learnt[name] = {}
        before = None
        for cutoff_us in plan.all_cutoffs:
            rows = whole.filter(pa.compute.equal(whole["cutoff_us"], cutoff_us)).drop_columns("cutoff_us")
            before = crowd.fit(rows, replace(scope_of(plan), learnt=None), before)
            learnt[name][cutoff_us] = before
    return Learnt(learnt)


def _added(parts: list[pa.Table], keys: tuple[str, ...]) -> pa.Table:
    whole = pa.concat_tables(parts)
    counts = [name for name in whole.column_names if name not in keys]
    added = whole.group_by(list(keys), use_threads=False).aggregate([(name, "sum") for name in counts])
    named = added.select([*keys, *(f"{name}_sum" for name in counts)]).rename_columns([*keys, *counts])
    return named.sort_by([(key, "ascending") for key in keys]).combine_chunks()
