"""The decisions of a phase as its tournament judged them: kept, so that a later policy is valued beside this one.

One row per decision, under a pseudonym: what every action would have earned, and what the policy of the phase chooses.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from features.contract import DAY_US
from models.actions.action_rule import Candidates

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: Name of the file in ``artifacts/next_action`` and among the artifacts of the run.
JUDGED = "judged.parquet"
#: How the columns of an action begin: its money, and the chance that the policy takes it.
MONEY, CHANCE = "money:", "chance:"
#: Key of the schema metadata.
HOW = b"klantreis.judged"


@dataclass(frozen=True)
class JudgedDecisions:
    """Decisions of one phase, in the order of day and customer.

    Attributes
    ----------
    arms : tuple of str
        Actions that were compared, ``none`` first.
    customers : int64 array, one per decision
    cutoff_us : int64 array
        Midnight before the decision (microseconds): features as of then.
    money : array (rows, arms)
        Doubly robust money after costs of every action; NaN where it was not possible.
    chance : array (rows, arms)
        With which the policy of the phase takes every action; where it chooses per customer, as learnt on
        other customers.
    taken : int64 array
        Position of what was done; -1 for an action that was not compared.
    propensity : array
        Chance with which the log did it, at least the floor.
    contact_share : float
        Of all decisions, those that may get another action than ``none``.
    min_ess : int
        Effective decisions below which no policy is valued.
    """

    arms: tuple[str, ...]
    customers: IntArray
    cutoff_us: IntArray
    money: FloatArray
    chance: FloatArray
    taken: IntArray
    propensity: FloatArray
    contact_share: float = 1.0
    min_ess: int = 0

    def __len__(self) -> int:
        return len(self.customers)

    @property
    def eligible(self) -> BoolArray:
        """Where an action was possible: array (rows, arms)."""
        return ~np.isnan(self.money)

    def take(self, rows: BoolArray | IntArray) -> JudgedDecisions:
        """Keep only the given decisions (mask or positions)."""
        per_row = ("customers", "cutoff_us", "money", "chance", "taken", "propensity")
        return replace(self, **{name: getattr(self, name)[rows] for name in per_row})

    def scores(self, chance: FloatArray) -> FloatArray:
        """Give the doubly robust money per decision of a policy that takes actions with these chances.

        Parameters
        ----------
        chance : array (rows, arms)
            0 where an action was not possible.
        """
        total: FloatArray = (chance * np.where(self.eligible, self.money, 0.0)).sum(axis=1)
        return total

    def taken_chance(self, chance: FloatArray) -> FloatArray:
        """Give the chance with which a policy does what was done."""
        return np.where(self.taken >= 0, chance[np.arange(len(self)), self.taken], 0.0)


def judged_decisions(
    log: Candidates, money: FloatArray, chance: FloatArray, floor: float, contact_share: float, min_ess: int
) -> JudgedDecisions:
    """Put what a tournament found in the order in which it is kept.

    Parameters
    ----------
    log : Candidates
        The decisions that were judged.
    money, chance : array (rows, arms)
        As in `JudgedDecisions`.
    floor : float
        Smallest propensity used.
    contact_share, min_ess
        As in `JudgedDecisions`.
    """
    cutoff_us = log.day.astype(np.int64) * DAY_US
    found = JudgedDecisions(
        log.arms, log.customers, cutoff_us, money, chance, log.arm, np.maximum(log.propensity, floor),
        contact_share, min_ess,
    )  # fmt: skip
    # Decisions of one customer on one day stay in the order of the log.
    return found.take(np.lexsort((log.customers, cutoff_us)))


def write_judged(phases: Sequence[tuple[str, JudgedDecisions]], path: Path) -> None:
    """Write the decisions of all phases as one file; equal decisions, equal bytes.

    Parameters
    ----------
    phases : sequence of (str, JudgedDecisions)
        In journey order; none where nothing could be compared.
    path : Path
        Usually ``artifacts/next_action/judged.parquet``.
    """
    table = pa.concat_tables([_EMPTY, *(_table(*one) for one in phases)], promote_options="default")
    how = {
        phase: {"arms": list(one.arms), "contact_share": one.contact_share, "min_ess": one.min_ess}
        for phase, one in phases
    }
    note = {HOW: json.dumps(how, sort_keys=True)}
    pq.write_table(table.replace_schema_metadata(note), path, compression="zstd")


def read_judged(path: Path, phase: str) -> JudgedDecisions | None:
    """Read the decisions of one phase; None where nothing was compared in it."""
    how: dict[str, Any] = json.loads((pq.read_schema(path).metadata or {}).get(HOW, b"{}")).get(phase, {})
    if not how:
        return None
    table = pq.read_table(path, filters=[("phase", "=", phase)])
    arms = tuple(how["arms"])
    place = {name: position for position, name in enumerate(arms)}
    return JudgedDecisions(
        arms=arms,
        customers=table["customer_id"].to_numpy(),
        cutoff_us=table["cutoff_us"].to_numpy(),
        money=_columns(table, MONEY, arms),
        chance=_columns(table, CHANCE, arms),
        taken=np.array([place.get(name, -1) for name in table["taken"].to_pylist()], dtype=np.int64),
        propensity=table["propensity"].to_numpy(),
        contact_share=float(how["contact_share"]),
        min_ess=int(how["min_ess"]),
    )


_EMPTY = pa.schema(
    [
        pa.field("customer_id", pa.int64()),
        pa.field("cutoff_us", pa.int64()),
        pa.field("phase", pa.string()),
        pa.field("taken", pa.string()),
        pa.field("propensity", pa.float64()),
    ]
).empty_table()


def _table(phase: str, one: JudgedDecisions) -> pa.Table:
    names = np.array([*one.arms, None], dtype=object)
    columns: dict[str, Any] = {
        "customer_id": one.customers,
        "cutoff_us": one.cutoff_us,
        "phase": pa.array([phase] * len(one), pa.string()),
        # -1 is the last.
        "taken": pa.array(names[one.taken], pa.string()),
        "propensity": one.propensity,
    }
    for position, arm in enumerate(one.arms):
        # Seven digits are far more than chance leaves, at half the size.
        columns[MONEY + arm] = pa.array(one.money[:, position].astype(np.float32), from_pandas=True)
        columns[CHANCE + arm] = pa.array(one.chance[:, position])
    return pa.table(columns)


def _columns(table: pa.Table, what: str, arms: Sequence[str]) -> FloatArray:
    found = [table[what + arm].to_numpy(zero_copy_only=False).astype(np.float64) for arm in arms]
    return np.column_stack(found)
