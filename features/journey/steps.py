"""Moves between phases from step to step, and stays: how long customers were in a phase, and what ended it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.history import Floats, Ints, Mask
from features.journey.grid import Grid, Phases

#: Steps of the long transition matrix: 28 days.
LONG = 4
#: How far ahead it is looked who has fallen silent: 56 days.
AHEAD = 8


@dataclass(frozen=True)
class Stays:
    """One row per stay of a customer in a phase, in (customer, time) order.

    Attributes
    ----------
    row, phase : array of int64
        Whose, and in which phase.
    start : array of int64
        Place in the grid of the first day in the phase.
    length : array of int64
        Steps: of a stay that ended, until the first day out of it; else until the last day seen in it.
    to : array of int64
        The phase that came after; -1 while it was not seen to end (the grid ends, or misses a day).
    begun : array of bool
        Whether the begin was seen; else the stay may be longer than known.
    before : array of int64
        The phase before; -1 for a customer's first, -2 if the begin was not seen.
    """

    row: Ints
    phase: Ints
    start: Ints
    length: Ints
    to: Ints
    begun: Mask
    before: Ints

    @property
    def ended(self) -> Mask:
        """Which stays were seen to end."""
        return self.to >= 0


def stays(phases: Phases, grid: Grid) -> Stays:
    """Cut the phases of every customer into stays.

    Parameters
    ----------
    phases : array of int8, shape (days, customers)
        -1 before the first event.
    grid : Grid
        The days, and the steps that miss one: a stay is not followed over such a step.

    Examples
    --------
    >>> grid = Grid((0, 7, 14, 21), (False, False, False))
    >>> found = stays(np.array([[-1], [1], [1], [0]], dtype=np.int8), grid)
    >>> found.phase.tolist(), found.length.tolist(), found.to.tolist(), found.begun.tolist()
    ([1, 0], [2, 0], [0, -1], [True, True])
    """
    days, customers = phases.shape
    flat = phases.T.reshape(-1).astype(np.int64)
    place = np.tile(np.arange(days), customers)
    touched = np.concatenate([np.ones(1, dtype=np.bool_), np.asarray(grid.touched, dtype=np.bool_)])
    # Whether the step that led to a cell was seen.
    seen = ~np.tile(touched, customers)
    earlier = np.concatenate([np.full(1, -1), flat[:-1]])
    begins = (flat >= 0) & (~seen | (earlier != flat))
    first = np.flatnonzero(begins)
    group = np.cumsum(begins) - 1
    size = np.bincount(group[flat >= 0], minlength=len(first)) if len(first) else np.empty(0, dtype=np.int64)
    last = first + size - 1
    after = np.minimum(last + 1, max(len(flat) - 1, 0))
    ended = (place[last] < days - 1) & seen[after]
    to = np.where(ended, flat[after], -1)
    return Stays(
        row=first // days, phase=flat[first], start=place[first], length=size - 1 + ended, to=to,
        begun=seen[first], before=np.where(seen[first], earlier[first], -2),
    )  # fmt: skip


def stay_counts(found: Stays, phases: int, grid: Grid) -> dict[str, Ints]:
    """Count stays: ``stays`` (phase, begin seen, length, next phase or not ended) and ``entries`` (from, to).

    ``entries`` has one row more than there are phases: the last is for who is new.
    """
    shape = (phases, 2, grid.steps + 1, phases + 1)
    to = np.where(found.to >= 0, found.to, phases)
    cell = np.ravel_multi_index((found.phase, found.begun.astype(np.int64), found.length, to), shape)
    counted = np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape)
    known = found.before > -2
    before = np.where(found.before[known] >= 0, found.before[known], phases)
    entry = np.bincount(before * phases + found.phase[known], minlength=(phases + 1) * phases)
    return {"stays": counted, "entries": entry.reshape(phases + 1, phases)}


def moves(phases: Phases, grid: Grid, steps: int, kinds: int) -> tuple[Floats, Floats]:
    """Count each customer's moves over so many steps, between days that miss none in between.

    Returns
    -------
    tuple of arrays of float
        Moves, shape (phases * phases, customers): from ``i`` to ``j`` in row ``i * phases + j``; and the
        number that started in ``i``, repeated for each ``j``.

    Examples
    --------
    >>> grid = Grid((0, 7, 14), (False, False))
    >>> moved, started = moves(np.array([[0], [1], [1]], dtype=np.int8), grid, 1, 2)
    >>> moved[:, 0].tolist(), started[:, 0].tolist()
    ([0.0, 1.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0])
    """
    customers = phases.shape[1]
    moved = np.zeros((kinds * kinds, customers))
    everybody = np.arange(customers)
    for start in range(grid.steps - steps + 1):
        if any(grid.touched[start : start + steps]):
            continue
        there = phases[start] >= 0
        cell = phases[start].astype(np.int64) * kinds + phases[start + steps]
        moved[cell[there], everybody[there]] += 1
    started = moved.reshape(kinds, kinds, customers).sum(axis=1)
    return moved, np.repeat(started, kinds, axis=0)


def silent_later(phases: Phases, grid: Grid, steps: int, kinds: int) -> tuple[Floats, Floats]:
    """Count each customer's days of the grid in a phase, and those after which so many steps later all is silent.

    Looking ahead says more of a phase than what its stays end in: rules may lead from nearly every phase to
    silence by way of another.

    Returns
    -------
    tuple of arrays of float, shape (phases, customers)
        In the last phase (``dormant``) so many steps later; and all, between days that miss none in between.

    Examples
    --------
    >>> grid = Grid((0, 7, 14), (False, False))
    >>> lost, there = silent_later(np.array([[0], [0], [1]], dtype=np.int8), grid, 1, 2)
    >>> lost[:, 0].tolist(), there[:, 0].tolist()
    ([1.0, 0.0], [2.0, 0.0])
    """
    customers = phases.shape[1]
    lost, there = np.zeros((kinds, customers)), np.zeros((kinds, customers))
    for start in range(grid.steps - steps + 1):
        if any(grid.touched[start : start + steps]):
            continue
        who = np.flatnonzero(phases[start] >= 0)
        phase = phases[start, who]
        there[phase, who] += 1
        lost[phase, who] += phases[start + steps, who] == kinds - 1
    return lost, there
