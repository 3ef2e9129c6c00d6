"""Scopes: each phase, everything, the last 28 days and the 28 before; and what each customer did in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.history import Floats, Ints
from features.journey.grid import Grid, Phases
from features.journey.log import Moments

#: Length of the period of the trend.
PERIOD_DAYS = 28
#: The scopes after the phases.
ALL, NOW, BEFORE = "all", "now", "before"


def scope_keys(phase_keys: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the scopes, in the order of the rows of every measure.

    Examples
    --------
    >>> scope_keys(("decision", "dormant"))
    ('decision', 'dormant', 'all', 'now', 'before')
    """
    return (*phase_keys, ALL, NOW, BEFORE)


@dataclass(frozen=True)
class Scopes:
    """Adds things up per customer and scope.

    Attributes
    ----------
    grid : Grid
        The days; what happened before the first of them is left out.
    lived : array of int8, shape (steps, customers)
        The phase of each step (``features.journey.grid.lived``).
    phases : int
        Number of phases, ``dormant`` included.
    """

    grid: Grid
    lived: Phases
    phases: int

    def phase_of(self, row: Ints, day: Ints) -> Ints:
        """Phase in which a customer lived on a day; -1 before the grid."""
        step = self.grid.step_of(day)
        inside = (step >= 0) & (step < self.grid.steps)
        return np.where(inside, self.lived[np.where(inside, step, 0), row].astype(np.int64), -1)

    def per_customer(
        self, moments: Moments, weights: Floats | None = None, day: Ints | None = None
    ) -> Floats:
        """Count moments, or add up weights, per scope and customer.

        Parameters
        ----------
        moments : Moments
            The phase is that of the moment.
        weights : array of float, optional
            One per moment.
        day : array of int64, optional
            The day that decides about the period, where it is not that of the moment.

        Returns
        -------
        array of float, shape (scopes, customers)
        """
        customers = self.lived.shape[1]
        phase = self.phase_of(moments.row, moments.day)
        inside = phase >= 0
        row, phase = moments.row[inside], phase[inside]
        told = (moments.day if day is None else day)[inside]
        weight = np.ones(len(row)) if weights is None else weights[inside]
        found = np.zeros((self.phases + 3, customers))
        by_phase = np.bincount(phase * customers + row, weight, minlength=self.phases * customers)
        found[: self.phases] = by_phase.reshape(self.phases, customers)
        age = self.grid.last - 1 - told
        for place, keep in (
            (self.phases, np.ones(len(row), dtype=np.bool_)),
            (self.phases + 1, (age >= 0) & (age < PERIOD_DAYS)),
            (self.phases + 2, (age >= PERIOD_DAYS) & (age < 2 * PERIOD_DAYS)),
        ):
            found[place] = np.bincount(row[keep], weight[keep], minlength=customers)
        return found

    def weeks(self, since_day: Ints | None = None) -> Floats:
        """Count the weeks each customer lived per scope; from the week of ``since_day`` (per customer) on."""
        steps, customers = self.lived.shape
        counted = self.lived >= 0
        if since_day is not None:
            counted &= np.asarray(self.grid.days[1:])[:, None] > since_day[None, :]
        found = np.zeros((self.phases + 3, customers))
        for phase in range(self.phases):
            found[phase] = (counted & (self.lived == phase)).sum(axis=0)
        period = PERIOD_DAYS // 7
        found[self.phases] = counted.sum(axis=0)
        found[self.phases + 1] = counted[max(steps - period, 0) :].sum(axis=0)
        found[self.phases + 2] = counted[max(steps - 2 * period, 0) : max(steps - period, 0)].sum(axis=0)
        return found
