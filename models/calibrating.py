"""Whether the models of a target are calibrated: an earlier self predicts past cutoffs; the later ones decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from features.settings import LabelContract
from models.bundle import estimators
from models.calibration import (
    NONE,
    Calibration,
    CalibrationChoice,
    Outcomes,
    calibration_cutoffs,
    choose_calibration,
)
from models.estimators._base import Floats, Rows, Tuned
from models.panel import Panel
from models.selection import Candidate, blended
from models.settings import TrainSettings

Mask = npt.NDArray[np.bool_]


class Calibrating:
    """The trials of one act of learning; what was fitted for one phase serves the next.

    Parameters
    ----------
    rows : Panel
        What is learnt from: at risk, matured, 0 or 1.
    contract : LabelContract
        The target.
    settings : TrainSettings
        ``calibrate``: whether anything is tried; ``calibration_margin``: in standard errors.

    Attributes
    ----------
    told : dict
        Phase (``pooled``: all together) to the record of its choice: ``kind``, ``reason``, ``compared``.
    """

    def __init__(self, rows: Panel, contract: LabelContract, settings: TrainSettings) -> None:
        self.rows, self.settings = rows, settings
        self.cutoffs = calibration_cutoffs(rows.cutoff_us.tolist(), contract)
        self.told: dict[str, dict[str, Any]] = {}
        self._early_p: dict[tuple[str, str], Floats] = {}
        self._pooled: Calibration | None = None

    def of(
        self,
        phase: str,
        candidate: Candidate,
        tuned: Mapping[str, Tuned],
        predictions: Sequence[tuple[Candidate, Floats]],
        among: Mask,
    ) -> Calibration | None:
        """Decide for one phase, or for all together: ``pooled``, which comes first.

        A phase that the pooled model serves, and whose own rows are too few to tell, goes as all together.

        Parameters
        ----------
        phase : str
            Whom it is for.
        candidate : Candidate
            What serves the phase.
        tuned : mapping of str to mapping
            What was chosen per estimator.
        predictions : sequence of (Candidate, float array)
            What each candidate, learnt on earlier rows, gave the rows of ``among`` at the newest cutoff.
        among : bool array, shape (n,)
            Rows the candidate learns from.

        Returns
        -------
        Calibration or None
            What is put behind the model.
        """
        served = among if phase == "pooled" else self.rows.in_phase(phase)
        choice = self._choice(phase, candidate, tuned, among, served)
        self.told[phase] = {"kind": choice.kind, "reason": choice.reason, "compared": list(choice.compared)}
        if not choice.compared and candidate.scope == "pooled":
            return self._pooled
        last = self.rows.cutoff_us == self.rows.cutoff_us.max()
        newest = next(p for found, p in predictions if found.name == candidate.name)[served[among & last]]
        calibration = choice.fit(Outcomes(newest, self.rows.y[served & last]))
        if phase == "pooled":
            self._pooled = calibration
        return calibration

    def _choice(
        self, phase: str, candidate: Candidate, tuned: Mapping[str, Tuned], among: Mask, served: Mask
    ) -> CalibrationChoice:
        if not self.settings.calibrate:
            return CalibrationChoice(NONE, "no calibration: switched off (train.calibrate)")
        if isinstance(self.cutoffs, str):
            return CalibrationChoice(NONE, self.cutoffs)
        learns, fitted_at, judged_at = self.cutoffs
        earlier = among & np.isin(self.rows.cutoff_us, learns)
        y = self.rows.y[earlier]
        if not len(y) or y.min() == y.max():
            return CalibrationChoice(
                NONE, "no calibration: one label in the rows an earlier model learns from"
            )
        scope = "pooled" if candidate.scope == "pooled" else phase
        parts = {name: self._early(scope, name, tuned[name], earlier, among) for name in candidate.weights}
        p = np.full(len(self.rows), np.nan)
        p[among & np.isin(self.rows.cutoff_us, (fitted_at, *judged_at))] = blended(parts, candidate.weights)
        fitted, *judged = (
            Outcomes(p[rows], self.rows.y[rows])
            for rows in (served & (self.rows.cutoff_us == cutoff) for cutoff in (fitted_at, *judged_at))
        )
        return choose_calibration(fitted, judged, self.settings.calibration_margin)

    def _early(self, scope: str, name: str, tuned: Tuned, earlier: Mask, among: Mask) -> Floats:
        """Give what an estimator, learnt on the earlier rows, gives the rows of the cutoffs after them."""
        key = (scope, name)
        if key not in self._early_p:
            rows = Rows(self.rows.x[earlier], self.rows.y[earlier], self.rows.columns)
            model = estimators()[name].fit(rows, tuned, self.settings)
            assert not isinstance(self.cutoffs, str)
            _, fitted_at, judged_at = self.cutoffs
            asked = among & np.isin(self.rows.cutoff_us, (fitted_at, *judged_at))
            places = [self.rows.columns.index(column) for column in model.columns]
            self._early_p[key] = model.predict(self.rows.x[asked][:, places])
        return self._early_p[key]
