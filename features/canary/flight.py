"""Lets the canary fly: every batch of whole persons, every cutoff, every injury."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyarrow as pa

from features.canary.compare import LEARNT, Moved, add_up, cells, compare_learnt, compare_rows
from features.canary.injuries import CONTROL, INJURIES, STORED, Injury
from features.canary.rows import Aim, ints
from features.canary.stored import stored_rows
from features.contract import EVENTS
from features.crowd import Learnt, count_crowd, crowds, fit_crowd
from features.cutoffs import day_of
from features.plan import Plan
from features.table import build

logger = logging.getLogger(__name__)
Counts = list[Mapping[str, pa.Table]]


@dataclass
class Tally:
    """What one injury did at one cutoff, over all batches.

    Attributes
    ----------
    rows, customers, cells : int
        Rows touched, customers with a row at the cutoff, and values compared.
    moved : dict of str to Moved
        Per column what moved.
    """

    rows: int = 0
    customers: int = 0
    cells: int = 0
    moved: dict[str, Moved] = field(default_factory=dict)

    def count(self, rows: int, base: pa.Table, moved: Iterable[Moved]) -> None:
        """Add what one batch gave."""
        self.rows, self.customers = self.rows + rows, self.customers + len(base)
        self.cells += cells(base)
        add_up(self.moved, moved)


@dataclass(frozen=True)
class Flight:
    """What came of it: per injury (the control among them) and cutoff, and the columns that were watched."""

    tallies: Mapping[str, Mapping[int, Tally]]
    columns: tuple[str, ...]

    @property
    def leaks(self) -> list[tuple[str, int, Moved]]:
        """Injury, cutoff and column of everything that moved and must not."""
        return [
            (injury, cutoff_us, moved)
            for injury, at in self.tallies.items() if injury != CONTROL.name
            for cutoff_us, tally in at.items() for moved in tally.moved.values()
        ]  # fmt: skip

    @property
    def silent(self) -> list[int]:
        """Cutoffs with customers at which the control moved nothing: nothing is proven there."""
        heard = self.tallies[CONTROL.name].items()
        return [cutoff_us for cutoff_us, tally in heard if tally.customers and not tally.moved]

    @property
    def empty(self) -> list[int]:
        """Cutoffs at which nobody was known."""
        return [cutoff_us for cutoff_us, tally in self.tallies[CONTROL.name].items() if not tally.customers]

    @property
    def unmoved(self) -> list[str]:
        """Columns that the control moved at no cutoff: of these nothing is proven."""
        heard = self.tallies[CONTROL.name].values()
        reacted = {column.partition(":")[0] for tally in heard for column in tally.moved}
        return [column for column in self.columns if column not in reacted]


def fly(
    batches: Iterable[pa.Table], plan: Plan, learnt: Learnt, cutoffs_us: Sequence[int],
    counts: Mapping[str, int], seed: int, threads: int = 1, stored: Path | None = None,
) -> Flight:  # fmt: skip
    """Injure every batch in every way and compare, cutoff by cutoff.

    Parameters
    ----------
    batches : iterable of pyarrow.Table
        Canonical events of whole persons (``features.engines.persons``).
    plan : Plan
        As the features stage settled it.
    learnt : Learnt
        What families learnt from everybody, as it stands.
    cutoffs_us : sequence of int
        Cutoffs of the plan, microseconds.
    counts : mapping of str to int
        Rows per kind over all batches.
    seed : int
        The key of all draws.
    threads : int
        Injuries that are tried at the same time.
    stored : Path, optional
        The features table that models learn from: the rows of these persons must be the ones built here.
    """
    tallies: dict[str, dict[int, Tally]] = {
        injury.name: {cutoff_us: Tally() for cutoff_us in cutoffs_us}
        for injury in (*([STORED] if stored else []), *INJURIES, CONTROL)
    }
    counted: dict[tuple[str, int], Counts] = defaultdict(list)
    columns: list[str] = []
    with ThreadPoolExecutor(threads) as pool:
        for batch in batches:
            rows = pa.table(
                [batch[name].cast(EVENTS.field(name).type) for name in batch.column_names],
                schema=pa.schema([EVENTS.field(name) for name in batch.column_names]),
            )
            for cutoff_us in cutoffs_us:
                base = build(rows, at_cutoff(plan, cutoff_us), learnt)[0].combine_chunks()
                columns = [name for name in base.column_names if name not in ("customer_id", "cutoff_us")]
                aim = Aim(cutoff_us, ints(base, "customer_id"), plan.kinds, counts, seed)
                counted["", cutoff_us] += _count((rows,), plan, cutoff_us)
                if stored:
                    there = stored_rows(stored, cutoff_us, ints(rows, "customer_id"))
                    tallies[STORED.name][cutoff_us].count(0, base, compare_rows(there, base))
                tried = pool.map(partial(_try, rows, plan, learnt, base, aim), (*INJURIES, CONTROL))
                for injury, (touched, moved, crowd) in zip((*INJURIES, CONTROL), tried, strict=True):
                    tallies[injury.name][cutoff_us].count(touched, base, moved)
                    counted[injury.name, cutoff_us] += crowd
                logger.info(
                    "canary: %d events at %s, %d injuries tried", len(rows), day_of(cutoff_us), len(INJURIES)
                )
    if learners := crowds(plan):
        _compare_crowds(counted, plan, tallies)
    return Flight(tallies, (*columns, *(f"{LEARNT} {family}" for family in learners)))


def at_cutoff(plan: Plan, cutoff_us: int) -> Plan:
    """Give the plan of one cutoff without labels: the road that scoring takes."""
    return plan.model_copy(update={"as_of_us": cutoff_us, "cutoffs": {}, "contracts": ()})


def crowd_plan(plan: Plan, cutoff_us: int) -> Plan:
    """Give the plan that learns at one cutoff, and at the one before it: what was learnt then is handed on."""
    before = tuple(moment for moment in plan.all_cutoffs if moment < cutoff_us)[-1:]
    return at_cutoff(plan, cutoff_us).model_copy(update={"cutoffs": {"before": before}})


def _try(
    rows: pa.Table, plan: Plan, learnt: Learnt, base: pa.Table, aim: Aim, injury: Injury
) -> tuple[int, list[Moved], Counts]:
    injured = injury.hurt(rows, aim)
    one = at_cutoff(plan, aim.cutoff_us)
    parts = [build(part, one, learnt)[0] for part in injured.parts]
    # Columns that come and go with the data are a finding, not an accident.
    built = pa.concat_tables(parts, promote_options="default").unify_dictionaries()
    built = built.sort_by("customer_id").combine_chunks()
    return injured.rows, compare_rows(base, built), _count(injured.parts, plan, aim.cutoff_us)


def _count(parts: Iterable[pa.Table], plan: Plan, cutoff_us: int) -> Counts:
    return [count_crowd(part, crowd_plan(plan, cutoff_us)) for part in parts] if crowds(plan) else []


def _compare_crowds(
    counted: Mapping[tuple[str, int], Counts], plan: Plan, tallies: Mapping[str, Mapping[int, Tally]]
) -> None:
    """Fit what families learn on every injured log, and compare it with what they learn from the log itself."""
    base = {
        cutoff_us: fit_crowd(counts, crowd_plan(plan, cutoff_us))
        for (injury, cutoff_us), counts in counted.items() if not injury
    }  # fmt: skip
    for (injury, cutoff_us), counts in counted.items():
        if injury:
            fitted = fit_crowd(counts, crowd_plan(plan, cutoff_us))
            tally = tallies[injury][cutoff_us]
            add_up(tally.moved, compare_learnt(base[cutoff_us], fitted))
            tally.cells += sum(
                cells(one) for tables in base[cutoff_us].tables.values() for one in tables.values()
            )
