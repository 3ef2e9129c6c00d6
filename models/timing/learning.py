"""Learn the timing from what was known at a moment: one model per horizon, the days between, and leaving."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from features.cutoffs import day_of, validation_split
from features.errors import InputError
from features.settings import DORMANT, LabelContract
from models.bundle import PhaseModel
from models.estimators._base import log_losses
from models.selection import MIN_JUDGED, Candidate, Choice, blended, candidates, choose, not_eligible, too_few
from models.side_by_side import side_by_side
from models.timing.bundle import EVERYBODY, TimingModel
from models.timing.fitting import SIMPLICITY, Labels, Mask, SharedRows
from models.timing.rows import TimingRows
from models.timing.settings import TimingSettings
from models.timing.shape import LINEAR, SEEN, STEADY, Floats, Shape, even, learn_spread, repaired

logger = logging.getLogger(__name__)


def learn(
    rows: TimingRows, contract: LabelContract, settings: TimingSettings, known_at_us: int, journey: str,
    include_dormant: bool = False,
) -> tuple[TimingModel, dict[str, Any]]:  # fmt: skip
    """Learn from what was known at a moment.

    Parameters
    ----------
    rows : TimingRows
        One row per customer and cutoff; what was not known by then changes nothing.
    contract : LabelContract
        Gives gap and horizons (days).
    settings : TimingSettings
        Candidates, margin, number of rows.
    known_at_us : int
        The moment of learning, microseconds.
    journey : str
        Name of the phase model.
    include_dormant : bool
        Whether dormant customers are in the risk set.

    Returns
    -------
    tuple of (TimingModel, dict)
        The model, and the record of what was compared (JSON-able). Never fails on thin data: a horizon that cannot
        be judged is left out, and the record says why.
    """
    known = rows.known_days(contract, known_at_us)
    among = rows.at_risk(include_dormant) & (known >= contract.horizons_days[0])
    drawn = rows.drawn(settings.max_rows, settings.seed, among)
    minima = {"min_positives": settings.min_positives, "min_negatives": settings.min_negatives}
    own = contract.model_copy(update=minima)
    return _Learning(rows.take(drawn), known[drawn], own, settings, known_at_us, journey).run()


def learn_each(
    rows: TimingRows, contract: LabelContract, settings: TimingSettings, moments: Sequence[int], journey: str,
    include_dormant: bool = False,
) -> dict[int, tuple[TimingModel, dict[str, Any]]]:  # fmt: skip
    """Learn from what was known at each of several moments (microseconds), ``settings.workers`` at a time."""
    newest_first = sorted(set(moments), reverse=True)  # the newest knows most and takes longest
    tasks = [partial(learn, rows, contract, settings, at, journey, include_dormant) for at in newest_first]
    return dict(zip(newest_first, side_by_side(tasks, settings.workers), strict=True))


def of_horizon(contract: LabelContract, days: int) -> LabelContract:
    """Give the contract of one of the horizons."""
    return contract.model_copy(update={"horizon_days": days, "horizons_days": ()})


@dataclass(frozen=True)
class _Tried:
    """What one label gave on the earlier rows: probabilities of the later rows, by kind of model and setting."""

    among: Mask
    y: Labels
    later: Labels
    found: dict[str, dict[float, Floats]]

    @property
    def linear(self) -> dict[float, Floats]:
        return self.found["logistic"]

    @property
    def rounds(self) -> float:
        return next(iter(self.found["lightgbm"]))

    @property
    def of_trees(self) -> Floats:
        return self.found["lightgbm"][self.rounds]

    def record(self) -> dict[str, Any]:
        losses = {
            f"logistic {one:g}": float(log_losses(self.later, p).mean()) for one, p in self.linear.items()
        }
        losses["lightgbm"] = float(log_losses(self.later, self.of_trees).mean())
        return {"eligible": True, "rows": int(self.among.sum()), "rounds": self.rounds, "log_loss": losses}


class _Learning:
    """One act of learning: the rows, prepared once, and what each label makes of them."""

    def __init__(
        self, rows: TimingRows, known: Floats, contract: LabelContract, settings: TimingSettings,
        known_at_us: int, journey: str,
    ) -> None:  # fmt: skip
        self.rows, self.known, self.contract, self.settings = rows, known, contract, settings
        self.known_at_us, self.journey = known_at_us, journey
        self.shared = SharedRows(rows.panel.x, rows.panel.columns, settings)

    def run(self) -> tuple[TimingModel, dict[str, Any]]:
        tried = {
            days: self.attempt(days, self.known >= days, self.rows.ordered(days))
            for days in self.contract.horizons_days
        }
        able = {days: one for days, one in tried.items() if isinstance(one, _Tried)}
        left_out = {days: one for days, one in tried.items() if isinstance(one, str)}
        penalty, choice = self.choose(list(able.values()))
        served = [self.fitted(days, one, penalty, choice) for days, one in able.items()]
        shape, of_shape = self.days_between(served)
        left, of_left = self.leaving(served)
        logger.info("timing, known on %s: %s", day_of(self.known_at_us), choice.reason)
        record = {str(days): {"eligible": False, "reason": why} for days, why in left_out.items()}
        record |= {str(days): one.record() for days, one in able.items()}
        model = TimingModel(self.contract, self.journey, tuple(served), left_out, shape, left)
        return model, {
            "known_at_us": self.known_at_us, "rows": len(self.rows), "candidate": choice.candidate.name,
            "penalty": penalty, "reason": choice.reason, "compared": list(choice.compared), "horizons": record,
            "days_between": of_shape, "left": of_left,
        }  # fmt: skip

    def attempt(self, days: int, among: Mask, y: Labels) -> _Tried | str:
        """Tune every kind of model of one label that is known on the rows of ``among``; else say why not."""
        contract = of_horizon(self.contract, days)
        refused = not_eligible(y[among], contract)
        if refused:
            return f"not eligible: {refused}"
        split = self.split(among, contract)
        if split is None:
            cutoffs, apart = len(np.unique(self.rows.panel.cutoff_us[among])), contract.gap_days + days
            return f"not eligible: no earlier cutoff lies {apart} days before the newest ({cutoffs} cutoffs known)"
        fit, later = split
        refused = too_few(y[fit], MIN_JUDGED, "earlier rows") or too_few(y[later], MIN_JUDGED, "later rows")
        if refused:
            return f"not eligible: {refused}"
        return _Tried(among, y, y[later], self.shared.tried(fit, later, y))

    def choose(self, tried: list[_Tried]) -> tuple[float, Choice]:
        """Choose one penalty and one kind of model for all labels: unlike ones would cross from horizon to horizon."""
        listed = candidates("pooled", SIMPLICITY, blend=True)
        if not tried:
            return 0.0, Choice(listed[0], "not eligible: no horizon can be judged", ())
        y = np.concatenate([one.later for one in tried])
        by_penalty = {
            penalty: float(log_losses(y, np.concatenate([one.linear[penalty] for one in tried])).mean())
            for penalty in tried[0].linear
        }
        best = min(by_penalty, key=lambda penalty: by_penalty[penalty])
        parts = {
            "logistic": np.concatenate([one.linear[best] for one in tried]),
            "lightgbm": np.concatenate([one.of_trees for one in tried]),
        }
        judged = [(candidate, blended(parts, candidate.weights)) for candidate in listed]
        return best, choose(y, judged, self.settings.margin)

    def fitted(self, days: int, tried: _Tried, penalty: float, choice: Choice) -> PhaseModel:
        """Fit the chosen kinds of model on every row on which the label is known."""
        among, y = tried.among, tried.y
        settings = {"logistic": penalty, "lightgbm": tried.rounds}
        members = tuple(
            (kind, weight, self.shared.fitted(kind, settings[kind], among, y))
            for kind, weight in choice.candidate.weights.items()
        )
        positives, negatives = int((y[among] > 0.5).sum()), int((y[among] <= 0.5).sum())
        return PhaseModel(
            contract=of_horizon(self.contract, days), phase=EVERYBODY, candidate=choice.candidate.name,
            eligible=True, reason=choice.reason, members=members,
            training_cutoffs=tuple(np.unique(self.rows.panel.cutoff_us[among]).tolist()),
            positives=positives, negatives=negatives, own_positives=positives, own_negatives=negatives,
            seed=self.settings.seed,
        )  # fmt: skip

    def split(self, among: Mask, contract: LabelContract) -> tuple[Mask, Mask] | None:
        """Rows to fit on and rows of the newest cutoff to judge on; None if no cutoff lies early enough."""
        cutoff_us = self.rows.panel.cutoff_us
        try:
            fit, newest = validation_split(np.unique(cutoff_us[among]).tolist(), contract)
        except InputError:
            return None
        return among & np.isin(cutoff_us, fit), among & (cutoff_us == newest)

    def days_between(self, served: list[PhaseModel]) -> tuple[Shape, dict[str, Any]]:
        """Choose how orders spread between the horizons: by the log chance of the day, out of time.

        Every candidate is given the same probabilities at both ends; only what lies between them is compared.
        """
        horizons = tuple(model.contract.horizon_days for model in served)
        if not horizons:
            return even(LINEAR, ()), {"kind": LINEAR, "reason": "no horizon is served"}
        among = self.known >= horizons[-1]
        panel, days = self.rows.panel, self.rows.days
        p, _ = repaired(np.column_stack([model.predict(panel.x[among], panel.columns) for model in served]))
        split = self.split(among, of_horizon(self.contract, horizons[-1]))
        assert split is not None  # the longest horizon that is served was judged on it
        fit, later = (mask[among] for mask in split)
        came = later & (days[among] >= 0) & (days[among] < horizons[-1])
        shapes = [
            even(LINEAR, horizons),
            even(STEADY, horizons),
            learn_spread(p[fit], days[among][fit], horizons),
        ]
        judged = [
            (
                Candidate("days", {shape.kind: 1.0}, place),
                np.exp(shape.log_chance(p[came], days[among][came])),
            )
            for place, shape in enumerate(shapes)
        ]
        choice = choose(np.ones(int(came.sum()), np.float32), judged, self.settings.margin, "later orders")
        kind = next(iter(choice.candidate.weights))
        shape = learn_spread(p, days[among], horizons) if kind == SEEN else even(kind, horizons)
        return shape, {"kind": kind, "reason": choice.reason, "compared": list(choice.compared)}

    def leaving(self, served: list[PhaseModel]) -> tuple[PhaseModel | None, dict[str, Any]]:
        """Learn who has left at the end of the longest horizon, of those who have not ordered in it."""
        if not served:
            return None, {"eligible": False, "reason": "not eligible: no horizon is served"}
        days = served[-1].contract.horizon_days
        among = (self.known >= days) & (self.rows.ordered(days) == 0) & ~self.rows.panel.in_phase(DORMANT)
        tried = self.attempt(days, among, self.rows.left_by(self.contract, days))
        if isinstance(tried, str):
            return None, {"eligible": False, "reason": tried}
        penalty, choice = self.choose([tried])
        more = {
            "candidate": choice.candidate.name, "penalty": penalty, "reason": choice.reason,
            "compared": list(choice.compared),
        }  # fmt: skip
        return self.fitted(days, tried, penalty, choice), tried.record() | more
