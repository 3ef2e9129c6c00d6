"""Learn the exits from what was known at a moment: candidates, calibration, and shares where these do as well."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from features.cutoffs import day_of, train_cutoffs
from features.labels.exits import possible_exits
from features.settings import LabelContract
from models.exits import logistic, trees
from models.exits.bundle import MODEL, SHARES, ExitModel
from models.exits.probabilities import Floats, Ints, Mask, mixed, of_what_happened, shares, to_one
from models.exits.scaling import Scaling
from models.learning import matured
from models.panel import Panel
from models.selection import MIN_JUDGED, Candidate, Choice, candidates, choose
from models.settings import ExitSettings
from models.side_by_side import side_by_side

logger = logging.getLogger(__name__)

SIMPLICITY = {"logistic": 1, "lightgbm": 2}
AS_PREDICTED = Candidate("probabilities", {"as predicted": 1.0}, 0)
SCALED = Candidate("probabilities", {"by vector scaling": 1.0}, 1)
SHARES_OF_PHASE = Candidate("shares", {"of the phase": 1.0}, 0)


@dataclass(frozen=True)
class _Split:
    """Rows to fit on, and later rows to judge on; calibration is learnt on the older of two later cutoffs."""

    fit: Mask
    later: Mask
    newest_of_later: Mask


def learn(
    panel: Panel, contract: LabelContract, settings: ExitSettings, known_at_us: int, journey: str
) -> tuple[ExitModel, dict[str, Any]]:
    """Learn from what was known at a moment.

    Parameters
    ----------
    panel : Panel
        One row per customer and cutoff, of target ``exits``: ``y`` holds places in ``EXITS``.
    contract : LabelContract
        Gives gap and horizon (days).
    settings : ExitSettings
        Candidates, margin, number of rows.
    known_at_us : int
        The moment of learning, microseconds.
    journey : str
        Name of the phase model.

    Returns
    -------
    tuple of (ExitModel, dict)
        The model, and the record of what was compared (JSON-able). Never fails on thin data: then the shares
        of each phase serve, and the record says why.
    """
    rows = panel.take(matured(panel, contract, known_at_us)).drawn(settings.max_rows, settings.seed)
    return _Learning(rows, contract, settings, known_at_us, journey).run()


def learn_each(
    panel: Panel, contract: LabelContract, settings: ExitSettings, moments: Sequence[int], journey: str
) -> dict[int, tuple[ExitModel, dict[str, Any]]]:
    """Learn from what was known at each of several moments (microseconds), ``settings.workers`` at a time."""
    newest_first = sorted(set(moments), reverse=True)  # the newest knows most and takes longest
    tasks = [partial(learn, panel, contract, settings, moment, journey) for moment in newest_first]
    return dict(zip(newest_first, side_by_side(tasks, settings.workers), strict=True))


class _Learning:
    """One act of learning: the rows, the split in time, and what has been tried."""

    def __init__(
        self, rows: Panel, contract: LabelContract, settings: ExitSettings, known_at_us: int, journey: str
    ) -> None:
        self.rows, self.contract, self.settings = rows, contract, settings
        self.known_at_us, self.journey = known_at_us, journey
        self.y: Ints = rows.y.astype(np.int64)
        self.possible = possible_exits(len(rows.phases) - 1)
        self.split = split_in_time(rows.cutoff_us, contract)

    def run(self) -> tuple[ExitModel, dict[str, Any]]:
        refused = self.refused()
        record: dict[str, Any] = {
            "known_at_us": self.known_at_us, "rows": len(self.rows),
            "training_cutoffs_us": np.unique(self.rows.cutoff_us).tolist(),
        }  # fmt: skip
        if refused or self.split is None:
            reason = f"not eligible: {refused}; the shares of each phase serve"
            phases = {phase: {"serves": SHARES, "reason": reason} for phase in self.rows.phases[:-1]}
            return self.model((), None, dict.fromkeys(phases, SHARES)), record | {
                "candidate": SHARES, "reason": reason, "phases": phases,
            }  # fmt: skip
        tuned, parts = self.tried(self.split)
        later, y = self.split.later, self.y[self.split.later]
        listed = candidates("pooled", SIMPLICITY, blend=True)
        judged = [(one, self.happened(mixed(parts, one.weights), later)) for one in listed]
        choice = choose(_ones(y), judged, self.settings.margin)
        p = mixed(parts, choice.candidate.weights)
        scaling, calibration = self.calibrated(p, self.split)
        serves = self.serving(p if scaling is None else scaling.apply(p), self.split)
        members = self.refit(choice.candidate.weights, tuned)
        logger.info("exits, known on %s: %s; %s", day_of(self.known_at_us), choice.reason, calibration.reason)
        return self.model(members, scaling, {phase: one["serves"] for phase, one in serves.items()}), record | {
            "candidate": choice.candidate.name, "reason": choice.reason, "compared": list(choice.compared),
            "calibration": {"reason": calibration.reason, "compared": list(calibration.compared)},
            "tuned": tuned, "phases": serves,
        }  # fmt: skip

    def refused(self) -> str:
        if self.split is None:
            days = self.contract.gap_days + self.contract.horizon_days
            number = len(np.unique(self.rows.cutoff_us))
            return f"no earlier cutoff lies {days} days before the newest ({number} training cutoffs)"
        kinds = len(np.unique(self.y[self.split.fit]))
        least = min(int(self.split.fit.sum()), int(self.split.later.sum()))
        if kinds < 2 or least < 10 * MIN_JUDGED:
            return f"{least} rows with {kinds} sorts of exit are too few to compare on"
        return ""

    def tried(self, split: _Split) -> tuple[dict[str, float], dict[str, Floats]]:
        """Tune each kind of model on the earlier rows; settings found, and probabilities of the later rows."""
        x, y, columns = self.rows.x, self.y, self.rows.columns
        prepared = logistic.Prepared(x[split.fit], y[split.fit], columns)
        penalty, p = logistic.tune(prepared, x[split.later], y[split.later], self.settings)
        rounds, q = trees.tune(
            x[split.fit], y[split.fit], columns, x[split.later], y[split.later], self.settings
        )
        return {"logistic": penalty, "lightgbm": rounds}, {"logistic": p, "lightgbm": q}

    def calibrated(self, p: Floats, split: _Split) -> tuple[Scaling | None, Choice]:
        """Scale if that wins on the newest later cutoff, learnt on the one before it."""
        newest = split.newest_of_later[split.later]
        y = self.y[split.later]
        if newest.all() or min(newest.sum(), (~newest).sum()) < 10 * MIN_JUDGED:
            return None, Choice(AS_PREDICTED, "one later cutoff only: nothing to learn a calibration on", ())
        scaled = Scaling.learn(p[~newest], y[~newest]).apply(p[newest])
        tried = [(AS_PREDICTED, p[newest]), (SCALED, scaled)]
        judged = [(one, self.happened(q, split.newest_of_later)) for one, q in tried]
        choice = choose(_ones(y[newest]), judged, self.settings.margin, "rows of the newest cutoff")
        return (Scaling.learn(p, y) if choice.candidate is SCALED else None), choice

    def serving(self, p: Floats, split: _Split) -> dict[str, dict[str, Any]]:
        """Choose per phase between its shares and the model."""
        phase = self.rows.phase.astype(np.int64)
        seen = shares(self.y[split.fit], phase[split.fit], len(self.rows.phases))
        later = np.flatnonzero(split.later)
        served: dict[str, dict[str, Any]] = {}
        model = Candidate("model", {"pooled": 1.0}, 1)
        for place, name in enumerate(self.rows.phases[:-1]):
            own = phase[later] == place
            if own.sum() < 2 * MIN_JUDGED:
                served[name] = {
                    "serves": SHARES,
                    "reason": f"{own.sum()} later rows are too few to compare on",
                }
                continue
            mask = np.zeros(len(self.rows), dtype=np.bool_)
            mask[later[own]] = True
            tried = [(SHARES_OF_PHASE, seen[phase[mask]]), (model, p[own])]
            judged = [(one, self.happened(q, mask)) for one, q in tried]
            choice = choose(_ones(self.y[mask]), judged, self.settings.shares_margin, f"later rows in {name}")
            by = MODEL if choice.candidate is model else SHARES
            served[name] = {"serves": by, "reason": choice.reason, "compared": list(choice.compared)}
        return served

    def refit(
        self, weights: Mapping[str, float], tuned: Mapping[str, float]
    ) -> tuple[tuple[str, float, Any], ...]:
        """Fit the chosen models on every row, earlier and later."""
        x, y, columns = self.rows.x, self.y, self.rows.columns
        members: list[tuple[str, float, Any]] = []
        for name, weight in weights.items():
            if name == "logistic":
                members.append((name, weight, logistic.Prepared(x, y, columns).fit(tuned[name])))
            else:
                members.append((name, weight, trees.fit(x, y, columns, tuned[name], self.settings)))
        return tuple(members)

    def happened(self, p: Floats, mask: Mask) -> Floats:
        """Give the probability of the exit that happened to the rows of ``mask``."""
        return of_what_happened(to_one(p, self.possible[self.rows.phase[mask]]), self.y[mask])

    def model(
        self, members: tuple[tuple[str, float, Any], ...], scaling: Scaling | None, serves: dict[str, str]
    ) -> ExitModel:
        phase = self.rows.phase.astype(np.int64)
        return ExitModel(
            contract=self.contract, journey=self.journey, phases=self.rows.phases,
            shares=shares(self.y, phase, len(self.rows.phases)), members=members, scaling=scaling,
            serves=serves, training_cutoffs=tuple(np.unique(self.rows.cutoff_us).tolist()),
            rows=len(self.rows),
        )  # fmt: skip


def split_in_time(cutoff_us: npt.NDArray[np.int64], contract: LabelContract) -> _Split | None:
    """Split matured rows: the newest cutoff, one whose window had closed by then, and those closed by that.

    Returns
    -------
    _Split or None
        With a single later cutoff if the log is too short for two; None if nothing is left to fit on.
    """
    known = np.unique(cutoff_us).tolist()
    before = train_cutoffs(known, known[-1], contract) if known else []
    if not before:
        return None
    fit = train_cutoffs(known, before[-1], contract)
    later = [before[-1], known[-1]] if fit else [known[-1]]
    rows = (np.isin(cutoff_us, fit or before), np.isin(cutoff_us, later), cutoff_us == known[-1])
    return _Split(*(np.asarray(mask, dtype=np.bool_) for mask in rows))


def _ones(y: Ints) -> npt.NDArray[np.float32]:
    """As ``choose`` compares the probability of what happened, what happened is always 1."""
    return np.ones(len(y), dtype=np.float32)
