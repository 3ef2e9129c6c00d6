"""Learn one target from a panel: what was known, a gapped split, candidates, one model per phase."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.cutoffs import train_cutoffs, validation_split
from features.errors import InputError
from features.settings import DORMANT, LabelContract
from models.bundle import PhaseModel, estimators
from models.calibrating import Calibrating
from models.estimators._base import Fitted, Floats, Rows, Tuned
from models.label_checks._single_columns import refusal
from models.panel import Panel
from models.selection import MIN_JUDGED, Candidate, Choice, blended, candidates, choose, not_eligible, too_few
from models.settings import TrainSettings

logger = logging.getLogger(__name__)

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Learned:
    """One model per phase, and the record of how each was chosen."""

    contract: LabelContract
    known_at_us: int
    phases: Mapping[str, PhaseModel]
    pooled: PhaseModel
    record: Mapping[str, Any]

    def predict(self, panel: Panel) -> Floats:
        """Give the probability of label 1 per row of ``panel``, each by the model of its phase; never NaN."""
        p = np.full(len(panel), np.nan)
        for phase in panel.phases:
            rows = panel.in_phase(phase)
            if rows.any():
                p[rows] = self.phases.get(phase, self.pooled).predict(panel.x[rows], panel.columns)
        return p


@dataclass(frozen=True)
class _Tried:
    """What one scope learnt on the earlier rows: settings found, and probabilities on the later rows."""

    tuned: Mapping[str, Tuned]
    parts: Mapping[str, Floats]
    predictions: list[tuple[Candidate, Floats]]


def matured(panel: Panel, contract: LabelContract, known_at_us: int, include_dormant: bool = False) -> Mask:
    """Find the rows one may learn from: at risk, labelled, and the label window closed by ``known_at_us``.

    Parameters
    ----------
    panel : Panel
        One row per customer and cutoff.
    contract : LabelContract
        Gives gap and horizon (days).
    known_at_us : int
        The moment of learning, microseconds.
    include_dormant : bool
        Whether dormant customers are in the risk set.

    Returns
    -------
    bool array, shape (n,)
    """
    closed = train_cutoffs(np.unique(panel.cutoff_us).tolist(), known_at_us, contract)
    mask = panel.population & ~np.isnan(panel.y) & np.isin(panel.cutoff_us, closed)
    if not include_dormant:
        mask &= ~panel.in_phase(DORMANT)
    return np.asarray(mask, dtype=np.bool_)


def learn(
    panel: Panel,
    contract: LabelContract,
    settings: TrainSettings,
    known_at_us: int,
    include_dormant: bool = False,
) -> Learned:
    """Learn one model per phase from what was known at a moment.

    Parameters
    ----------
    panel : Panel
        One row per customer and cutoff; rows that had not matured by ``known_at_us`` change nothing.
    contract : LabelContract
        The target.
    settings : TrainSettings
        Estimators, seed, margin.
    known_at_us : int
        The moment of learning, microseconds.
    include_dormant : bool
        Whether dormant customers are in the risk set.

    Returns
    -------
    Learned
        Never fails on thin data: a phase that cannot have a model falls back, and says so.

    Raises
    ------
    InputError
        If ``settings.estimators`` names an unknown estimator.
    """
    unknown = sorted(set(settings.estimators) - set(estimators()))
    if unknown:
        raise InputError(
            f"train.estimators: unknown estimator {unknown[0]!r}; allowed: {', '.join(sorted(estimators()))}"
        )
    rows = panel.take(matured(panel, contract, known_at_us, include_dormant))
    kept = np.unique(rows.cutoff_us)[-settings.max_cutoffs :]
    rows = rows.take(np.isin(rows.cutoff_us, kept)).drawn(settings.max_rows, settings.seed)
    return _Learning(rows, contract, settings, known_at_us, include_dormant).run()


class _Learning:
    """One act of learning: the rows, the split, and what has been tried."""

    def __init__(
        self, rows: Panel, contract: LabelContract, settings: TrainSettings, known_at_us: int, dormant: bool
    ) -> None:
        self.rows, self.contract, self.settings, self.known_at_us = rows, contract, settings, known_at_us
        self.include_dormant = dormant
        self.known = {name: found for name, found in estimators().items() if name in settings.estimators}
        self.split = _split(rows.cutoff_us, contract)
        self.everybody = np.ones(len(rows), dtype=np.bool_)
        self.calibrating = Calibrating(rows, contract, settings)

    def run(self) -> Learned:
        refused = not_eligible(self.rows.y, self.contract) or refusal(self.rows, self.everybody)
        tried = refused or self.attempt("pooled", self.everybody)
        choice = self.choose_pooled(tried, refused)
        members = self.refit(choice.candidate, self.everybody, tried)
        pooled = self.model("pooled", choice, members, self.everybody, refused, tried)
        phases, record = {}, {"pooled": _as_record(choice, tried, refused)}
        for phase in self.rows.phases:
            phases[phase], record[phase] = self.of_phase(phase, pooled, tried, choice)
            logger.info("%s, %s: %s", self.contract.target, phase, phases[phase].reason)
        return Learned(self.contract, self.known_at_us, phases, pooled, self.summary(record))

    def attempt(self, scope: str, among: Mask) -> _Tried | str:
        """Tune every estimator on the earlier rows of ``among``; the reason why not if they cannot be judged."""
        if self.split is None:
            days = self.contract.gap_days + self.contract.horizon_days
            cutoffs = np.unique(self.rows.cutoff_us)
            return f"no earlier cutoff lies {days} days before the newest ({len(cutoffs)} training cutoffs)"
        earlier, later = (self.rows_of(mask & among) for mask in self.split)
        least = 1 if scope == "pooled" else max(self.contract.min_positives, self.contract.min_negatives)
        which = "rows" if scope == "pooled" else "rows of this phase"
        short = too_few(earlier.y, least, f"earlier {which}") or too_few(
            later.y, MIN_JUDGED, f"later {which}"
        )
        if short:
            return short
        found = {name: one.tune(earlier, later, self.settings) for name, one in self.known.items()}
        parts = {name: p for name, (_, p) in found.items()}
        ranks = {name: one.simplicity for name, one in self.known.items()}
        listed = candidates(scope, ranks, self.settings.blend)
        return _Tried(
            {name: tuned for name, (tuned, _) in found.items()},
            parts,
            [(candidate, blended(parts, candidate.weights)) for candidate in listed],
        )

    def choose_pooled(self, tried: _Tried | str, refused: str) -> Choice:
        """Choose by comparison where there is one to make, else by rule."""
        if refused:
            return Choice(Candidate("pooled", {"base_rate": 1.0}, 0), f"not eligible: {refused}", ())
        if isinstance(tried, _Tried):
            assert self.split is not None
            return choose(self.rows.y[self.split[1]], tried.predictions, self.settings.margin)
        ranks = {name: one.simplicity for name, one in self.known.items()}
        listed = candidates("pooled", ranks, self.settings.blend)
        # Enough labels but no split in time: the mean of all kinds hedges the choice that cannot be made (and
        # did best where this was measured). A split whose rows are few: labels are scarce, the simplest kind.
        alone = [one for one in listed if len(one.weights) == 1]
        taken = listed[0] if self.split is None else alone[0]
        return Choice(taken, f"{taken.name} without comparison: {tried}", ())

    def of_phase(
        self, phase: str, pooled: PhaseModel, tried: _Tried | str, pooled_choice: Choice
    ) -> tuple[PhaseModel, dict[str, Any]]:
        """Choose between the pooled model and models of the phase's own rows."""
        own = self.rows.in_phase(phase)
        refused = not_eligible(self.rows.y[own], self.contract) or refusal(self.rows, own)
        if phase == DORMANT and not self.include_dormant:
            refused = "dormant customers are outside the risk set until they return"
        if pooled.candidate.endswith("base_rate") and not refused:
            refused = pooled.reason.removeprefix("not eligible: ")
        alone = f"not eligible: {refused}" if refused else self.attempt_alone(own, tried)
        if isinstance(alone, str) or isinstance(tried, str):
            choice = Choice(pooled_choice.candidate, f"{alone}; served by {pooled_choice.candidate.name}", ())
            return self.model(phase, choice, pooled.members, self.everybody, refused, tried), _as_record(
                choice, alone, refused
            )
        assert self.split is not None
        within = own[self.split[1]]
        shared = [(c, p[within]) for c, p in tried.predictions if c.name == pooled_choice.candidate.name]
        y = self.rows.y[self.split[1] & own]
        choice = choose(
            y, shared + alone.predictions, self.settings.separate_margin, f"later rows in {phase}"
        )
        if choice.candidate.scope == "pooled":
            return self.model(phase, choice, pooled.members, self.everybody, "", tried), _as_record(
                choice, alone, ""
            )
        members = self.refit(choice.candidate, own, alone)
        return self.model(phase, choice, members, own, "", alone), _as_record(choice, alone, "")

    def attempt_alone(self, own: Mask, pooled: _Tried | str) -> _Tried | str:
        """Try models of a phase's own rows, if that is asked and there is something to compare them with."""
        if not self.settings.separate_phases:
            return "models per phase are switched off (train.separate_phases)"
        return self.attempt("separate", own) if isinstance(pooled, _Tried) else pooled

    def refit(
        self, chosen: Candidate, among: Mask, tried: _Tried | str
    ) -> tuple[tuple[str, float, Fitted], ...]:
        """Fit the chosen estimators on every row of ``among``, earlier and later."""
        rows, known = self.rows_of(among), estimators()
        members = []
        for name, weight in chosen.weights.items():
            tuned = tried.tuned[name] if isinstance(tried, _Tried) else known[name].defaults(self.settings)
            members.append((name, weight, known[name].fit(rows, tuned, self.settings)))
        return tuple(members)

    def rows_of(self, mask: Mask) -> Rows:
        return Rows(self.rows.x[mask], self.rows.y[mask], self.rows.columns)

    def model(
        self,
        phase: str,
        choice: Choice,
        members: tuple[tuple[str, float, Fitted], ...],
        among: Mask,
        refused: str,
        tried: _Tried | str,
    ) -> PhaseModel:
        y = self.rows.y[among]
        calibration = None
        if isinstance(tried, _Tried):
            calibration = self.calibrating.of(phase, choice.candidate, tried.tuned, tried.predictions, among)
        own = self.rows.y[self.rows.in_phase(phase)] if phase != "pooled" else y
        return PhaseModel(
            contract=self.contract,
            phase=phase,
            candidate=choice.candidate.name,
            eligible=not refused,
            reason=choice.reason,
            members=members,
            training_cutoffs=tuple(int(cutoff) for cutoff in np.unique(self.rows.cutoff_us[among])),
            positives=int((y > 0.5).sum()),
            negatives=int((y <= 0.5).sum()),
            own_positives=int((own > 0.5).sum()),
            own_negatives=int((own <= 0.5).sum()),
            seed=self.settings.seed,
            calibration=calibration,
        )

    def summary(self, record: dict[str, dict[str, Any]]) -> dict[str, Any]:
        later = None if self.split is None else int(self.rows.cutoff_us.max())
        return {
            "target": self.contract.target,
            "known_at_us": self.known_at_us,
            "training_cutoffs_us": [int(cutoff) for cutoff in np.unique(self.rows.cutoff_us)],
            "validation_cutoff_us": later,
            "rows": len(self.rows),
            "pooled": record.pop("pooled"),
            "phases": record,
            "calibration": self.calibrating.told,
        }


def _split(cutoff_us: npt.NDArray[np.int64], contract: LabelContract) -> tuple[Mask, Mask] | None:
    """Rows to fit on and rows of the newest cutoff to judge on; None if no cutoff lies early enough."""
    try:
        fit, validation = validation_split(np.unique(cutoff_us).tolist(), contract)
    except InputError:
        return None
    return np.isin(cutoff_us, fit), np.asarray(cutoff_us == validation)


def _as_record(choice: Choice, tried: _Tried | str, refused: str) -> dict[str, Any]:
    return {
        "candidate": choice.candidate.name,
        "eligible": not refused,
        "reason": choice.reason,
        "compared": list(choice.compared),
        "tuned": {name: dict(one) for name, one in tried.tuned.items()} if isinstance(tried, _Tried) else {},
    }
