"""What was drawn and what came of it, one row per customer: from a table, or from the project's own events."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from features.contract import DAY_US
from features.cutoffs import midnight_us
from features.errors import InputError
from features.pseudonyms import id_key
from pipelines.customer_list import COLUMN, CustomerList
from pipelines.experiment_draw import Facts
from pipelines.experiment_reasons import ABSENT, NEVER_DRAWN, NOT_OVER, TWICE, UNKNOWN
from pipelines.experiment_tables import SPACE, FloatArray, customer_keys, numbers, read_table
from pipelines.params import Params, load_source
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.whose_ids import who


@dataclass(frozen=True)
class Outcomes:
    """What came of it, in the order of the assignment.

    Attributes
    ----------
    total, rows : float64 array
        Outcome and what it is a ratio over, summed per customer; NaN: not measured.
    value : float64 array or None
        Money.
    left_out : dict of str to int
        Customers without an outcome, by reason.
    """

    total: FloatArray
    rows: FloatArray
    value: FloatArray | None = None
    left_out: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Columns:
    """Columns of a table of outcomes."""

    outcome: str = "outcome"
    value: str | None = None
    rows: str | None = None
    absent: str = "unknown"


def read_assignment(path: Path) -> pd.DataFrame:
    """Read who was drawn for what.

    Raises
    ------
    InputError
        If a column is missing, or a customer is in it twice (in one arm, or in two).
    """
    frame = read_table(path, [COLUMN, "arm"], "assignment")
    frame["key"] = customer_keys(frame)
    frame["arm"] = frame["arm"].astype(str).str.strip()
    if (frame["arm"] == "").any():
        raise InputError(f"{path}: {int((frame['arm'] == '').sum())} customer(s) have no arm")
    twice = frame["key"].duplicated(keep=False)
    if twice.any():
        arms = frame[twice].groupby("key")["arm"].nunique()
        moved = int((arms > 1).sum())
        example = frame.loc[twice, COLUMN].iloc[0]
        raise InputError(
            f"{path}: {len(arms)} customer(s) stand there more than once, {moved} of them in two arms (for example "
            f"{example!r}); who was in two arms tells nothing: find out how that came, and take them out"
        )
    return frame.sort_values("key", kind="stable").reset_index(drop=True)


def from_table(path: Path, drawn: pd.DataFrame, columns: Columns) -> Outcomes:
    """Read outcomes from a table with an id and a number; several rows of a customer are added up.

    Raises
    ------
    InputError
        If a column is missing or holds no numbers, or nobody in it was drawn.
    """
    wanted = [name for name in (columns.outcome, columns.value, columns.rows) if name is not None]
    frame = read_table(path, [COLUMN, *wanted], "table of outcomes")
    spaced = SPACE in frame and SPACE in drawn
    # A table without the space of its ids means those of the list, whatever their space.
    own = customer_keys(frame if spaced else frame[[COLUMN]])
    keys = drawn["key"].to_numpy() if spaced else customer_keys(drawn[[COLUMN]])
    if len(np.unique(keys)) < len(keys):
        raise InputError(f"{path}: the same id is used in two spaces; give the column {SPACE} as well")
    place = pd.Index(keys).get_indexer(pd.Index(own))
    if not (place >= 0).any():
        raise InputError(
            f"{path}: none of its {len(frame)} customers was drawn, the first is {frame[COLUMN].iloc[0]!r}; the ids "
            "must be those of the assignment"
        )
    outcome = numbers(frame, columns.outcome, str(path))
    each = np.ones(len(frame)) if columns.rows is None else numbers(frame, columns.rows, str(path))
    kept = (place >= 0) & np.isfinite(outcome) & np.isfinite(each)
    total, rows, seen = (
        np.bincount(place[kept], weights=one[kept], minlength=len(drawn)).astype(np.float64)
        for one in (outcome, each, np.ones(len(frame)))
    )
    value = None
    if columns.value is not None:
        money = numbers(frame, columns.value, str(path))
        value = np.bincount(place[kept], weights=np.nan_to_num(money)[kept], minlength=len(drawn)).astype(
            np.float64
        )
    left_out = {NEVER_DRAWN: int((place < 0).sum())} if (place < 0).any() else {}
    absent = seen == 0
    if columns.absent == "zero":
        rows = np.where(absent, 0.0 if columns.rows else 1.0, rows)
    else:
        total, rows = np.where(absent, np.nan, total), np.where(absent, np.nan, rows)
        value = None if value is None else np.where(absent, np.nan, value)
        left_out |= {ABSENT: int(absent.sum())} if absent.any() else {}
    return Outcomes(total, rows, value, left_out)


def from_events(
    project: Project, params: Params, drawn: pd.DataFrame, facts: Facts, horizon_days: int, measure: str
) -> Outcomes:
    """Read from the project's events who bought within the horizon after their start, and for how much.

    The window is that of the label ``next_action``: from the midnight of the start, ``horizon_days`` long, as known
    at its end. Only purchases count. Who is not measured: whose window is not over, and who is not known.

    Parameters
    ----------
    measure : {"purchase", "no_purchase", "money"}
        Whether they bought, whether they did not, or what they spent.
    """
    plan = load_plan(project)
    week = np.ones(len(drawn)) if "week" not in drawn else numbers(drawn, "week", "assignment")
    start = midnight_us(facts.start) + ((week - 1) * 7 * DAY_US).astype(np.int64)
    end = start + horizon_days * DAY_US
    key = id_key(project.root, load_source(params.source, project.root).id_key)
    people = who(project, _written(drawn), int(start.min()), key)
    # Who was linked to somebody else on the list is one person in, perhaps, two arms.
    known = people["known"].to_numpy(bool)
    twice = known & people["customer_id"].duplicated(keep=False).to_numpy()
    early = end > plan.complete_until_us
    counted = known & ~twice & ~early
    bought = np.zeros(len(drawn))
    money = np.zeros(len(drawn))
    asked = pa.table({"place": np.flatnonzero(counted), "customer_id": people["customer_id"].to_numpy()[counted],
                      "start_us": start[counted], "end_us": end[counted]})  # fmt: skip
    place, sums = _purchases(project, asked)
    bought[place], money[place] = 1.0, sums
    told = {"purchase": bought, "no_purchase": 1 - bought, "money": money}[measure]
    total = np.where(counted, told, np.nan)
    reasons = {UNKNOWN: ~known, TWICE: twice, NOT_OVER: known & ~twice & early}
    left_out = {reason: int(mask.sum()) for reason, mask in reasons.items() if mask.any()}
    return Outcomes(total, np.ones(len(drawn)), np.where(counted, money, np.nan), left_out)


def _purchases(project: Project, asked: pa.Table) -> tuple[np.ndarray, FloatArray]:
    events = (project.canonical / "events.parquet").as_posix().replace("'", "''")
    with duckdb.connect() as store:
        store.register("asked", asked)
        found = store.execute(
            "SELECT a.place, sum(coalesce(e.value, 0)) AS money "
            f"FROM read_parquet('{events}') e JOIN asked a USING (customer_id) "
            "WHERE e.kind = 'purchase' AND e.occurred_us >= a.start_us AND e.occurred_us < a.end_us "
            "AND e.known_us <= a.end_us AND (e.until_us IS NULL OR e.until_us > a.end_us) "
            "GROUP BY a.place ORDER BY a.place"
        ).fetchnumpy()
    return np.asarray(found["place"], np.int64), np.asarray(found["money"], np.float64)


def _written(drawn: pd.DataFrame) -> CustomerList:
    """Write the ids with their space before them, as a list of the command ``score``."""
    spaces = drawn[SPACE].fillna("customer") if SPACE in drawn else pd.Series("customer", drawn.index)
    bare = drawn[COLUMN].astype(str)
    # A customer's id is written as it is: whose ids it means is settled as for any list.
    ids = bare.where(spaces == "customer", spaces + ":" + bare)
    return CustomerList(tuple(ids), len(ids), 0, 0)
