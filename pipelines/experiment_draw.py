"""The draw of an experiment on disk: who gets what (``assignment.csv``), also as a log of decisions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from features.contract import DAY_US
from features.cutoffs import midnight_us
from features.errors import InputError
from features.fingerprint import fingerprint
from models.experiments.assignment import assign
from pipelines.customer_list import COLUMN
from pipelines.decision_rows import LOG, decided_at, ids_of_the_source
from pipelines.experiment_list import Joining, strata_of, stratum_numbers
from pipelines.experiment_tables import SPACE, IntArray, numbers, write_table
from pipelines.paths import Project

#: Of an experiment, and of an arm: as in the decision log.
NAME = re.compile(r"[a-z][a-z0-9_]*")
#: Strata where none are asked for: those of these columns that the list has.
USUAL_STRATA = ("phase", "predicted_value")


@dataclass(frozen=True)
class Draw:
    """How to draw; the control is the first arm."""

    name: str
    arms: tuple[str, ...]
    shares: tuple[float, ...]
    strata: tuple[str, ...]
    covariate: str | None
    per_week: float | None
    least_weeks: int
    start: date | None
    costs: Mapping[str, float]


@dataclass(frozen=True)
class Drawn:
    """Who gets what.

    Attributes
    ----------
    people : Joining
    wanted : Draw
    strata_columns : tuple of str
    strata : Series of str
    arm : int64 array
        Position in the arms.
    week : int64 array
        Week in which the customer starts, from 1.
    weeks : int
        The last of them.
    covariate : float64 array or None
    start : date
    """

    people: Joining
    wanted: Draw
    strata_columns: tuple[str, ...]
    strata: pd.Series
    arm: IntArray
    week: IntArray
    weeks: int
    covariate: np.ndarray | None
    start: date | None

    @cached_property
    def counts(self) -> dict[str, int]:
        """Customers per arm."""
        each = np.bincount(self.arm, minlength=len(self.wanted.arms)).tolist()
        return dict(zip(self.wanted.arms, each, strict=True))


def experiment_folder(project: Project, name: str) -> Path:
    """Give the folder of an experiment. It holds ids of the source: keep it where the raw exports are kept.

    Raises
    ------
    InputError
        If the name is not one of small letters, digits and underscores.
    """
    if not NAME.fullmatch(name):
        raise InputError(f"name {name!r}: a name is small letters, digits and _, and begins with a letter")
    return project.root / "data" / "experiments" / name


def draw(people: Joining, wanted: Draw, path: Path) -> Drawn:
    """Draw an arm for everybody, and a week to start in where they come in by the week.

    Raises
    ------
    InputError
        If a column to stratify by, or the covariate, is not in the list; or there is no day to start.
    """
    columns = wanted.strata or tuple(name for name in USUAL_STRATA if name in people.frame)
    strata = strata_of(people.frame, columns, path)
    arm = assign(people.keys, stratum_numbers(strata), wanted.shares, wanted.name, "arm")
    weeks, week = 1, np.ones(len(arm), np.int64)
    if wanted.per_week is not None:
        weeks = max(wanted.least_weeks, int(np.ceil(len(arm) / wanted.per_week)))
        week = assign(people.keys, arm, (1 / weeks,) * weeks, wanted.name, "week") + 1
    covariate = None
    if wanted.covariate is not None:
        if wanted.covariate not in people.frame:
            raise InputError(f"{path}: no column {wanted.covariate!r} for --covariate")
        covariate = numbers(people.frame, wanted.covariate, str(path))
    return Drawn(people, wanted, columns, strata, arm, week, weeks, covariate, wanted.start or _as_of(people))


def write_draw(folder: Path, drawn: Drawn) -> None:
    """Write ``assignment.csv`` and, as soon as there is a day to start, ``decisions.parquet``."""
    frame, wanted = drawn.people.frame, drawn.wanted
    table = {COLUMN: pa.array(frame[COLUMN], pa.string())}
    if SPACE in frame:
        table[SPACE] = pa.array(frame[SPACE].fillna("customer"), pa.string())
    if "phase" in frame:
        table["phase"] = pa.array(frame["phase"], pa.string(), from_pandas=True)
    table |= {
        "stratum": pa.array(drawn.strata, pa.string()),
        "arm": pa.array(np.array(wanted.arms, object)[drawn.arm], pa.string()),
        "propensity": pa.array(np.array(wanted.shares)[drawn.arm]),
        "week": pa.array(drawn.week),
    }
    if drawn.covariate is not None:
        table["covariate"] = pa.array(drawn.covariate, from_pandas=True)
    write_table(pa.table(table), folder / "assignment.csv")
    if drawn.start is None:
        (folder / "decisions.parquet").unlink(missing_ok=True)
        return
    log = decision_table(frame, table["arm"], drawn.week, Facts(wanted.name, wanted.arms, wanted.shares, drawn.start,
                                                                wanted.costs))  # fmt: skip
    write_table(log, folder / "decisions.parquet")


@dataclass(frozen=True)
class Facts:
    """What all decisions of an experiment have in common."""

    name: str
    arms: tuple[str, ...]
    shares: tuple[float, ...]
    start: date
    costs: Mapping[str, float]


def decision_table(
    frame: pd.DataFrame,
    arm: pa.Array,
    week: IntArray,
    facts: Facts,
    outcome: np.ndarray | None = None,
    value: np.ndarray | None = None,
) -> pa.Table:
    """Give the experiment as a log of decisions that the sources ``decision_log`` and ``canonical`` read.

    Parameters
    ----------
    frame : DataFrame
        ``customer_id``, and ``id_space`` and ``phase`` where known; one row per customer.
    arm : array of string
    week : int64 array
        Week of the start, from 1.
    facts : Facts
    outcome, value : float64 array, optional
        What came of it; NaN: not measured.
    """
    ids = pa.array(frame[COLUMN], pa.string())
    spaces = (
        frame[SPACE].fillna("customer").to_numpy(object)
        if SPACE in frame
        else np.full(len(frame), "customer")
    )
    ids = ids_of_the_source(ids, np.asarray(spaces))
    moment = midnight_us(facts.start) + 7 * DAY_US * (week - 1)
    share = dict(zip(facts.arms, facts.shares, strict=True))
    named, rows = arm.to_pandas(), len(frame)
    content = {
        "decision_id": pa.array(fingerprint({"experiment": pa.repeat(facts.name, rows), "id": ids})).cast(pa.string()),
        COLUMN: ids,
        "decided_us": pa.array(moment),
        "phase": pa.array(frame["phase"], pa.string(), from_pandas=True) if "phase" in frame
        else pa.nulls(rows, pa.string()),
        "eligible": pa.array([list(facts.arms)]).take(pa.array(np.zeros(rows, np.int64))),
        "action": arm,
        "propensity": pa.array(named.map(share).to_numpy(np.float64)),
        "policy": pa.repeat(f"experiment_{facts.name}", rows),
        "explore": pa.repeat(True, rows),
        "cost": pa.array(named.map(dict(facts.costs)).fillna(0.0).to_numpy(np.float64)),
        "outcome": _known(outcome, rows),
        "value": _known(value, rows),
        "decided_at": decided_at(pa.array(moment)),
    }  # fmt: skip
    return pa.table(content).select(LOG.names).cast(LOG)


def _known(values: np.ndarray | None, rows: int) -> pa.Array:
    return (
        pa.nulls(rows, pa.float64()) if values is None else pa.array(values, pa.float64(), from_pandas=True)
    )


def known_before(people: Joining, start: date | None) -> bool:
    """Tell whether the scores of the list were made before the start: else they may know what came of it."""
    as_of = _as_of(people)
    return start is None or as_of is None or as_of <= start


def _as_of(people: Joining) -> date | None:
    """Give the day of the scores, where the list is one."""
    if "as_of" not in people.frame:
        return None
    days = people.frame["as_of"].dropna().astype(str).unique()
    try:
        return date.fromisoformat(days[0]) if len(days) == 1 else None
    except ValueError:
        return None
