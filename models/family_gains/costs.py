"""What each feature family costs: CPU-seconds to build its columns, and the bytes they take on disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features import cutoffs as cut
from features.crowd import Learnt, crowds, fit_crowd
from features.events import Events
from features.history import History
from features.phases import phases_at
from features.plan import Plan
from features.registry import family_named
from features.scope import scope_of

Clock = Callable[[], float]


@dataclass(frozen=True)
class BuildSeconds:
    """CPU-seconds of one batch of events over all cutoffs of a plan.

    Attributes
    ----------
    families : mapping of str to float
        Each family alone, on a view nobody but the phases has looked at before: what it would cost if it were the only
        one. The walk through the phases is counted to them, as it is made anyway.
    learning : mapping of str to float
        What a family that learns from everybody spends on counting them; part of ``families``.
    phases : float
        The phase and the days in it, alone.
    together : float
        Phases and all families as the features stage builds them: work that several share is done once.
    """

    families: Mapping[str, float]
    learning: Mapping[str, float]
    phases: float
    together: float

    def times(self, factor: float) -> BuildSeconds:
        """Give the seconds of a log that is so many times as large."""
        return BuildSeconds(
            {name: factor * seconds for name, seconds in self.families.items()},
            {name: factor * seconds for name, seconds in self.learning.items()},
            factor * self.phases,
            factor * self.together,
        )


def build_seconds(
    batch: pa.Table, plan: Plan, learnt: Learnt, clock: Clock = time.process_time
) -> BuildSeconds:
    """Build every family of a plan over a batch of WHOLE persons, and tell what each costs.

    Reading and sorting the events and writing the table are the same for all families and are not counted.

    Parameters
    ----------
    batch : pyarrow.Table
        Canonical events, columns ``features.table.columns_read(plan)`` at least.
    plan : Plan
        Families and cutoffs.
    learnt : Learnt
        What the families learnt from everybody.
    clock : callable
        Gives CPU-seconds; nothing else may run in this process meanwhile.
    """
    events = _decoded(batch)
    spent = dict.fromkeys(families_of(plan), 0.0)
    phases = together = 0.0
    for cutoff_us in plan.all_cutoffs:
        phased = _fresh(events, cutoff_us, plan)
        phases += _spent(clock, _phases_at, phased, plan)
        walked = dict(phased.memo)
        for short in spent:
            history = _fresh(events, cutoff_us, plan)
            history.memo.update(walked)
            spent[short] += _spent(clock, _families_at, history, plan, learnt, short)
        together += _spent(clock, _all_at, _fresh(events, cutoff_us, plan), plan, learnt)
    learning = {short: _learning(clock, events, plan, short) for short in crowds(plan)}
    return BuildSeconds(
        {short: seconds + learning.get(short, 0.0) for short, seconds in spent.items()},
        learning,
        phases,
        together + sum(learning.values()),
    )


def families_of(plan: Plan) -> dict[str, str]:
    """Give the families of a plan as params.yaml names them, by the short name that begins their columns."""
    return {name.rpartition(".")[2]: name for name in plan.families}


def stored_bytes(table: Path) -> dict[str, int]:
    """Add up the compressed bytes of each column of a table, from the metadata of its files.

    Parameters
    ----------
    table : Path
        A Parquet file, or a folder of them.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "table.parquet"
    >>> pq.write_table(pa.table({"a": [1, 2], "b": [1.0, 2.0]}), path)
    >>> sorted(stored_bytes(path)), min(stored_bytes(path).values()) > 0
    (['a', 'b'], True)
    """
    total: dict[str, int] = {}
    for path in [table] if table.is_file() else sorted(table.glob("*.parquet")):
        metadata = pq.read_metadata(path)
        for group in range(metadata.num_row_groups):
            for place in range(metadata.num_columns):
                column = metadata.row_group(group).column(place)
                name = column.path_in_schema.split(".")[0]
                total[name] = total.get(name, 0) + column.total_compressed_size
    return total


def columns_of(dictionary: Sequence[Mapping[str, object]]) -> dict[str, tuple[str, ...]]:
    """Give the feature columns of each family, in table order, from the column dictionary.

    Examples
    --------
    >>> columns_of([{"name": "recency__order", "family": "recency"}])
    {'recency': ('recency__order',)}
    """
    found: dict[str, tuple[str, ...]] = {}
    for column in dictionary:
        family = str(column["family"])
        found[family] = (*found.get(family, ()), str(column["name"]))
    return found


def _decoded(batch: pa.Table) -> Events:
    """Decode every column once, or the family that asks first would pay for all."""
    events = Events.from_arrow(batch)
    for name in events.columns:
        _ = events.columns[name]
    for name in events.pair_rows:
        _ = events.pair_rows[name]
    return events


def _fresh(events: Events, cutoff_us: int, plan: Plan) -> History:
    return cut.past(events, cutoff_us, plan.lookback_days, plan.windows_days)


def _spent(clock: Clock, work: Callable[..., object], *given: object) -> float:
    began = clock()
    work(*given)
    return clock() - began


def _families_at(history: History, plan: Plan, learnt: Learnt, *shorts: str) -> None:
    scope, named = scope_of(plan), families_of(plan)
    for short in shorts:
        family = family_named(named[short])
        known = learnt.at(short, history.frame.cutoff_us) if family.crowd else None
        for _ in family.measures(history, replace(scope, learnt=known)):
            pass


def _phases_at(history: History, plan: Plan) -> None:
    if plan.journey.phases:
        phases_at(history, plan.journey, scope_of(plan))


def _all_at(history: History, plan: Plan, learnt: Learnt) -> None:
    _phases_at(history, plan)
    _families_at(history, plan, learnt, *families_of(plan))


def _learning(clock: Clock, events: Events, plan: Plan, short: str) -> float:
    """Give the seconds of counting the crowd of one family at every cutoff, and learning from the counts."""
    alone = plan.model_copy(update={"families": (families_of(plan)[short],)})
    crowd, scope = crowds(alone)[short], scope_of(plan)
    spent, counted = 0.0, []
    for cutoff_us in plan.all_cutoffs:
        history = _fresh(events, cutoff_us, plan)
        began = clock()
        rows = crowd.count(history, scope)
        spent += clock() - began
        moments = pa.repeat(pa.scalar(cutoff_us, pa.int64()), len(rows))
        counted.append(rows.add_column(0, "cutoff_us", moments))
    return spent + _spent(clock, fit_crowd, [{short: pa.concat_tables(counted)}], alone)
