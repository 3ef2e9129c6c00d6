"""Effects on the log-odds: a baseline of doing nothing, and what every action adds to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.actions.effects._base import Features, against_none
from models.actions.effects._baseline import Baseline, baseline_json, chance
from models.actions.effects._small_trees import SmallTrees
from models.signed_log import weighted_sums

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class JointEffects:
    """Baseline log-odds, and per action a shift, sparse slopes and small trees; ``none`` has none of them.

    Attributes
    ----------
    baseline : Baseline
    shifts : array (arms,)
    coefficients : array (arms, columns)
        Mostly 0.
    trees : tuple of SmallTrees
        One per action, or empty: no trees at all.
    """

    baseline: Baseline
    shifts: FloatArray
    coefficients: FloatArray
    trees: tuple[SmallTrees, ...] = ()

    def added(self, x: Features, z: FloatArray) -> FloatArray:
        """Give what every action adds to the baseline, in log-odds: array (rows, arms)."""
        live = np.flatnonzero(self.coefficients.any(axis=0))
        added: FloatArray = self.shifts + weighted_sums(z[:, live], self.coefficients[:, live])
        if self.trees:
            added = added + np.column_stack([one.predict(x) for one in self.trees])
        return added

    def predict(self, x: Features, z: FloatArray) -> FloatArray:
        """Give the effect on the probability of success against none: array (rows, arms)."""
        return against_none(chance(self.baseline.log_odds(z)[:, None] + self.added(x, z)))

    def to_json(self) -> dict[str, Any]:
        """Only the slopes that are not zero, by position; the trees as LightGBM's text."""
        slopes = [{str(at): float(row[at]) for at in np.flatnonzero(row)} for row in self.coefficients]
        trees = [one.text for one in self.trees]
        return {**baseline_json(self.baseline, self.shifts), "slopes": slopes, "trees": trees}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> JointEffects:
        """Back from `to_json`, bit for bit; policies saved with slopes only or trees only are read too."""
        baseline = Baseline(np.array(saved["baseline"]))
        slopes = np.zeros((len(saved["shifts"]), len(baseline.coefficients) - 1))
        for position, row in enumerate(saved.get("slopes", ())):
            for at, slope in row.items():
                slopes[position, int(at)] = slope
        trees = tuple(SmallTrees(text) for text in saved.get("trees", ()))
        return cls(baseline, np.array(saved["shifts"]), slopes, trees)
