"""The weekly grid of days on which the phase of every customer is judged, back from the present."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from features.contract import DAY_US
from features.errors import InputError
from features.families._base import Scope
from features.history import KIND_CODE, History, Ints
from features.phases import Evidences
from features.plan import Plan
from features.timeline import Timeline

STEP_DAYS = 7
#: How far the analysis looks back: a year and a half.
MAX_STEPS = 78
#: Phases of so many days are judged with one set of caches, so that memory stays flat.
_AT_ONCE = 13

#: The columns that rules of a journey look at.
_COLUMNS = ("row", "occurred_us", "day", "kind", "channel", "value", "quantity")

Phases = NDArray[np.int8]


@dataclass(frozen=True)
class Grid:
    """Days (numbers since 1970-01-01) of the grid, the newest is the present.

    Attributes
    ----------
    days : tuple of int
        Ascending, ``STEP_DAYS`` apart.
    touched : tuple of bool
        For each step from a day of the grid to the next: whether the log misses a day in between.
    """

    days: tuple[int, ...]
    touched: tuple[bool, ...]

    @property
    def first(self) -> int:
        """The oldest day."""
        return self.days[0]

    @property
    def last(self) -> int:
        """The present."""
        return self.days[-1]

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.days) - 1

    def step_of(self, day: Ints) -> Ints:
        """Give the step in which a day lies; below 0 for days before the grid."""
        return (day - self.first) // STEP_DAYS


def make_grid(as_of_us: int, start_us: int, missing_days: Sequence[date]) -> Grid:
    """Lay the grid: at most ``MAX_STEPS`` steps back from the present, never before the log starts.

    Raises
    ------
    InputError
        If the log is shorter than one step.

    Examples
    --------
    >>> grid = make_grid(30 * DAY_US, 5 * DAY_US, [date(1970, 1, 17)])
    >>> grid.days, grid.touched
    ((9, 16, 23, 30), (False, True, False))
    """
    today = as_of_us // DAY_US
    steps = min(MAX_STEPS, (today - start_us // DAY_US) // STEP_DAYS)
    if steps < 1:
        raise InputError(
            f"the log is shorter than {STEP_DAYS} days before cutoffs.as_of; the stage journey needs a longer "
            "log: change cutoffs.as_of in params.yaml or bring more data"
        )
    days = tuple(today - STEP_DAYS * back for back in range(steps, -1, -1))
    missing = np.array(sorted((day - date(1970, 1, 1)).days for day in missing_days), dtype=np.int64)
    touched = np.diff(np.searchsorted(missing, days)) > 0
    return Grid(days, tuple(touched.tolist()))


def phase_matrix(history: History, plan: Plan, grid: Grid) -> Phases:
    """Judge the phase of every customer on every day of the grid, as known at the present.

    Parameters
    ----------
    history : History
        Everything known at the present, one row per customer of the batch.
    plan : Plan
        Journey and usual gap.
    grid : Grid
        The days.

    Returns
    -------
    array of int8, shape (days, customers)
        Place in ``journey.phase_keys``; -1 before the customer's first event.
    """
    scope = Scope(plan.kinds, plan.channels, plan.mean_gap_days, plan.journey.mean_gap_prior_weight)
    first = Timeline(history).first(grid.last, grid.last)
    found = np.full((len(grid.days), history.frame.customers), -1, dtype=np.int8)
    for start in range(0, len(grid.days), _AT_ONCE):
        days = grid.days[start : start + _AT_ONCE]
        # Most browsers come once: nobody is judged before they come.
        there = np.flatnonzero(first < days[-1])
        evidences = Evidences(_only(history, there), plan.journey, scope)
        for place, day in enumerate(days, start):
            found[place, there] = np.where(first[there] < day, evidences.phase(day), -1)
    return found


def lived(history: History, phases: Phases, plan: Plan, grid: Grid) -> Phases:
    """Give the phase each customer lives each step in: where it puts them, its own orders aside.

    A week of looking around is lived in the phase that looking around opens, whether an order follows or not:
    else baskets would count as decision only when they are left behind. So orders are taken to be known one step
    later than they are; rhythm is then that of the start of the step. Who comes in with an order, and has no
    phase before it, starts the journey: the first phase.

    Parameters
    ----------
    history : History
        Everything known at the present.
    phases : array of int8, shape (days, customers)
        From ``phase_matrix``.
    plan, grid
        As there.

    Returns
    -------
    array of int8, shape (days - 1, customers)
        -1 for who is not there yet at the end of the step.
    """
    found = phases[1:].copy()
    buyers = np.unique(history.only(kinds=("purchase",)).row)
    found[:, buyers] = phase_matrix(_orders_later(_only(history, buyers)), plan, grid)[1:]
    entering: Phases = np.where(phases[1:] >= 0, np.int8(0), np.int8(-1))
    return np.where(found >= 0, found, entering)


def at_start(phases: Phases) -> Phases:
    """Give the phase each customer stands in when each step begins; who comes in during it, in the first.

    Examples
    --------
    >>> at_start(np.array([[-1, -1, 1], [-1, 2, 1], [2, 2, 0]], dtype=np.int8)).tolist()
    [[-1, 0, 1], [0, 2, 1]]
    """
    entering = (phases[:-1] < 0) & (phases[1:] >= 0)
    found: Phases = np.where(entering, np.int8(0), phases[:-1])
    return found


def _only(history: History, customers: Ints) -> History:
    """Give the history of some customers (ascending rows) as one of its own."""
    frame = history.frame
    if len(customers) == frame.customers:
        return history
    place = np.full(frame.customers, -1, dtype=np.int64)
    place[customers] = np.arange(len(customers))
    row = place[history.row]
    keep = np.flatnonzero(row >= 0)
    columns = {name: history.column(name)[keep] for name in _COLUMNS} | {"row": row[keep]}
    return History(columns, None, replace(frame, customers=len(customers)), {})


def _orders_later(history: History) -> History:
    """Give the same history with every order one step later."""
    columns = {name: history.column(name) for name in _COLUMNS}
    later = (columns["kind"] == KIND_CODE["purchase"]) * STEP_DAYS
    columns["day"] = columns["day"] + later
    columns["occurred_us"] = columns["occurred_us"] + later * DAY_US
    order = np.lexsort((columns["occurred_us"], columns["row"]))
    moved = {name: column[order] for name, column in columns.items()}
    return History(moved, None, history.frame, {})
