"""Weighted rows summed per run of equal probability: all that a metric of the ranking needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.metrics._metric import Floats, Ranked, divided


@dataclass(frozen=True)
class Runs:
    """What every run of equal probability holds in each resample, highest probability first.

    Attributes
    ----------
    rows : ndarray of shape (resamples, runs)
        Weight of all rows of the run.
    positives : ndarray of shape (resamples, runs)
        Weight of its rows with outcome 1.
    money : ndarray of shape (resamples, runs) or None
        Net money of its rows, where that is known.
    """

    rows: Floats
    positives: Floats
    money: Floats | None = None

    @classmethod
    def of(cls, ranked: Ranked, weights: Floats, money: Floats | None = None) -> Runs:
        """Sum weights of shape (resamples, rows), in ranked order; ``money`` is one number per ranked row."""
        return cls(
            ranked.per_run(weights),
            ranked.per_run(weights * ranked.y),
            None if money is None else ranked.per_run(weights * money),
        )

    @cached_property
    def reach(self) -> Floats:
        """Rows down to the end of each run."""
        return np.cumsum(self.rows, axis=1)

    @cached_property
    def caught(self) -> Floats:
        """Rows with outcome 1 down to the end of each run."""
        return np.cumsum(self.positives, axis=1)

    @property
    def total(self) -> Floats:
        """Rows of each resample."""
        found: Floats = self.reach[:, -1]
        return found

    @property
    def total_positives(self) -> Floats:
        """Rows with outcome 1 of each resample."""
        found: Floats = self.caught[:, -1]
        return found

    def within(self, k: float, values: Floats) -> Floats:
        """Sum values of shape (resamples, runs) over the top share ``k``; a run at its edge counts in part."""
        run, part = self._edge(k)
        each = np.arange(len(run))
        down_to = self.caught if values is self.positives else np.cumsum(values, axis=1)
        found: Floats = down_to[each, run] - (1 - part) * values[each, run]
        return found

    def gain(self, k: float) -> Floats:
        """Give the share of outcome 1 in the top share ``k``, for each resample; NaN where it does not occur."""
        if k not in self._known:
            self._known[k] = divided(self.within(k, self.positives), self.total_positives)
        return self._known[k]

    @cached_property
    def _known(self) -> dict[float, Floats]:
        return {}

    def _edge(self, k: float) -> tuple[NDArray[np.int64], Floats]:
        """Give the run in which the top share ends, and which part of it is inside."""
        if not 0 < k <= 1:
            raise ValueError(f"k must lie in (0, 1]; got {k}")
        budget = k * self.total
        # The last run is where it ends, if rounding says that it ends after that.
        run = np.minimum((self.reach < budget[:, None] * (1 - 1e-12)).sum(axis=1), self.rows.shape[1] - 1)
        each = np.arange(len(run))
        here = self.rows[each, run]
        over = budget - (self.reach[each, run] - here)
        return run, np.divide(over, here, out=np.zeros_like(over), where=here > 0)
