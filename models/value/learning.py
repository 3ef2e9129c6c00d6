"""Learn the value from what was known at a moment: a gapped split, candidates, phase models that must earn it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from features.cutoffs import day_of, validation_split
from features.errors import InputError
from features.settings import DORMANT, LabelContract
from models.estimators._base import Tuned
from models.learning import matured
from models.panel import Panel
from models.selection import MIN_JUDGED, Candidate, Choice
from models.side_by_side import side_by_side
from models.value.bundle import Mix, ValueModel, estimators
from models.value.choice import MEANS, averaged, choose, listed
from models.value.deviance import Floats, deviances
from models.value.estimators._base import MoneyRows, net_share
from models.value.settings import ValueSettings

logger = logging.getLogger(__name__)

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Tried:
    """What one scope learnt on the earlier rows: settings found, and the deviance of each candidate on later rows."""

    tuned: Mapping[str, Tuned]
    losses: Mapping[str, Floats]
    candidates: tuple[Candidate, ...]


def learn(
    panel: Panel, contract: LabelContract, settings: ValueSettings, known_at_us: int, journey: str
) -> tuple[ValueModel, dict[str, Any]]:
    """Learn from what was known at a moment.

    Parameters
    ----------
    panel : Panel
        One row per customer and cutoff, of target ``value``: ``y`` holds net money.
    contract : LabelContract
        Gives gap and horizon (days).
    settings : ValueSettings
        Candidates, margins, number of rows.
    known_at_us : int
        The moment of learning, microseconds; rows that had not matured by then change nothing.
    journey : str
        Name of the phase model.

    Returns
    -------
    tuple of (ValueModel, dict)
        The model, and the record of what was compared (JSON-able). Never fails on thin data: then the mean of each
        phase serves, and the record says why.

    Raises
    ------
    InputError
        If ``settings.estimators`` names an unknown estimator.
    """
    allowed = sorted(set(estimators()) - {MEANS})
    unknown = sorted(set(settings.estimators) - set(allowed))
    if unknown:
        raise InputError(
            f"value.estimators in params.yaml: unknown estimator {unknown[0]!r}; allowed: {', '.join(allowed)}"
        )
    rows = panel.take(matured(panel, contract, known_at_us)).drawn(settings.max_rows, settings.seed)
    return _Learning(rows, contract, settings, known_at_us, journey).run()


def learn_each(
    panel: Panel, contract: LabelContract, settings: ValueSettings, moments: Sequence[int], journey: str
) -> dict[int, tuple[ValueModel, dict[str, Any]]]:
    """Learn from what was known at each of several moments (microseconds), ``settings.workers`` at a time."""
    newest_first = sorted(set(moments), reverse=True)  # the newest knows most and takes longest
    tasks = [partial(learn, panel, contract, settings, moment, journey) for moment in newest_first]
    return dict(zip(newest_first, side_by_side(tasks, settings.workers), strict=True))


class _Learning:
    """One act of learning: the rows, the split in time, and what has been tried."""

    def __init__(
        self, rows: Panel, contract: LabelContract, settings: ValueSettings, known_at_us: int, journey: str
    ) -> None:
        self.rows, self.contract, self.settings = rows, contract, settings
        self.known_at_us, self.journey = known_at_us, journey
        self.y: Floats = rows.y.astype(np.float64)
        self.known = {name: one for name, one in estimators().items() if name in settings.estimators}
        self.everybody: Mask = np.ones(len(rows), dtype=np.bool_)
        self.split = _split(rows.cutoff_us, contract)

    def run(self) -> tuple[ValueModel, dict[str, Any]]:
        refused = self.refused(self.everybody, "training rows")
        tried = refused or self.attempt("pooled", self.everybody, self.settings.estimators)
        choice = self.choose_pooled(tried, refused)
        pooled = self.fitted(choice.candidate, self.everybody, tried)
        separate, record = {}, {}
        for phase in self.rows.phases:
            if phase == DORMANT:
                continue
            mix, record[phase] = self.of_phase(phase, tried, choice)
            if mix is not None:
                separate[phase] = mix
        logger.info("value, known on %s: %s", day_of(self.known_at_us), choice.reason)
        cutoffs = np.unique(self.rows.cutoff_us).tolist()
        model = ValueModel(
            contract=self.contract, journey=self.journey, phases=self.rows.phases, pooled=pooled,
            separate=separate, training_cutoffs=tuple(cutoffs), rows=len(self.rows),
            buyers=int((self.y > 0).sum()),
        )  # fmt: skip
        return model, {
            "known_at_us": self.known_at_us, "training_cutoffs_us": cutoffs, "rows": model.rows,
            "validation_cutoff_us": None if self.split is None else cutoffs[-1],
            "buyers": model.buyers, "mean": float(self.y.mean()) if len(self.y) else 0.0,
            "phases": record, **_recorded(choice, tried, refused),
        }  # fmt: skip

    def refused(self, among: Mask, which: str) -> str:
        """Say why no model can be learnt from these rows; empty if one can."""
        own, least = self.y[among], self.settings.min_buyers
        if not len(own):
            return f"no {which} whose label has matured and is complete"
        buyers = int((own > 0).sum())
        if buyers < least:
            return f"{buyers} of the {which} brought money, at least {least} needed (value.min_buyers in params.yaml)"
        return "" if own.sum() > 0 else f"what came back is more than what was spent in the {which}"

    def attempt(self, scope: str, among: Mask, names: Sequence[str]) -> _Tried | str:
        """Try estimators on the earlier rows of ``among``; the reason why not if they cannot be compared."""
        if self.split is None:
            days = self.contract.gap_days + self.contract.horizon_days
            return f"no earlier cutoff lies {days} days before the newest ({_number(self.rows)} training cutoffs)"
        earlier, later = (mask & among for mask in self.split)
        short = self.refused(earlier, "earlier rows")
        least = MIN_JUDGED if scope == "pooled" else self.settings.min_buyers
        if not short and int((self.y[later] > 0).sum()) < least:
            short = f"fewer than {least} of the later rows brought money: too few to compare on"
        if short:
            return short
        fit, unit = self.in_units(earlier)
        unseen = MoneyRows(self.rows.x[later], self.y[later] / unit, self.rows.columns)
        found = {
            name: estimators()[name].attempt(fit, unseen, self.settings)
            for name in dict.fromkeys((MEANS, *names))
        }
        parts = {name: unit * net_share(fit.y) * money for name, (_, money) in found.items()}
        ranks = {name: self.known[name].simplicity for name in names}
        candidates = listed(scope, ranks, self.settings.blend)
        losses = {
            one.name: deviances(self.y[later], averaged(parts, one.weights), float(self.y[earlier].mean()))
            for one in candidates
        }
        return _Tried({name: tuned for name, (tuned, _) in found.items()}, losses, candidates)

    def choose_pooled(self, tried: _Tried | str, refused: str) -> Choice:
        """Choose by comparison where there is one to make, else by rule."""
        ranks = {name: one.simplicity for name, one in self.known.items()}
        candidates = listed("pooled", ranks, self.settings.blend)
        if refused:
            return Choice(candidates[0], f"not eligible: {refused}; the mean of each phase serves", ())
        if isinstance(tried, _Tried):
            return choose([(one, tried.losses[one.name]) for one in candidates], self.settings.margin)
        # Enough money but no split in time: the mean of all kinds hedges the choice that cannot be made. A split
        # whose rows are few: money is scarce, the simplest kind.
        taken = candidates[-1] if self.split is None else candidates[1]
        return Choice(taken, f"{taken.name} without comparison: {tried}", ())

    def of_phase(self, phase: str, pooled: _Tried | str, chosen: Choice) -> tuple[Mix | None, dict[str, Any]]:
        """Choose between the model of everybody and the means or one of its kind from the phase's own rows."""
        own: Mask = self.rows.in_phase(phase)
        refused = self.refused(own, "rows of this phase")
        tried: _Tried | str = f"not eligible: {refused}" if refused else ""
        if not tried and not self.settings.separate_phases:
            tried = "models per phase are switched off (value.separate_phases)"
        if not tried:
            # The kind that serves everybody; where that is the means, a phase may yet have a law of its own.
            simplest = min(self.known, key=lambda name: self.known[name].simplicity)
            names = [name for name in chosen.candidate.weights if name != MEANS] or [simplest]
            tried = self.attempt("separate", own, names) if isinstance(pooled, _Tried) else pooled
        numbers = {"rows": int(own.sum()), "buyers": int((self.y[own] > 0).sum())}
        if isinstance(tried, str) or isinstance(pooled, str):
            reason = f"{tried}; served by {chosen.candidate.name}"
            choice = Choice(chosen.candidate, reason, ())
            return None, _recorded(choice, tried, refused) | numbers
        assert self.split is not None
        within = own[self.split[1]]
        same = len(chosen.candidate.weights) > 1
        alone = [one for one in tried.candidates if MEANS in one.weights or (len(one.weights) > 1) == same]
        compared = [(chosen.candidate, pooled.losses[chosen.candidate.name][within])]
        compared += [(one, tried.losses[one.name]) for one in alone]
        choice = choose(compared, self.settings.separate_margin, f"later rows in {phase}")
        numbers_and_choice = _recorded(choice, tried, "") | numbers
        if choice.candidate is chosen.candidate:
            return None, numbers_and_choice
        return self.fitted(choice.candidate, own, tried), numbers_and_choice

    def fitted(self, candidate: Candidate, among: Mask, tried: _Tried | str) -> Mix:
        """Fit what was chosen on every row of ``among``, earlier and later."""
        rows, unit = self.in_units(among)
        members = []
        for name, weight in candidate.weights.items():
            one = estimators()[name]
            tuned = tried.tuned[name] if isinstance(tried, _Tried) else one.defaults(self.settings)
            members.append((name, weight, one.fit(rows, tuned, self.settings)))
        return Mix(candidate.name, unit * net_share(rows.y), tuple(members))

    def in_units(self, mask: Mask) -> tuple[MoneyRows, float]:
        """Give rows with money as a multiple of its mean: penalties then mean the same in every currency."""
        y = self.y[mask]
        mean = float(np.maximum(y, 0.0).mean()) if len(y) else 0.0
        unit = mean if mean > 0 else 1.0
        return MoneyRows(self.rows.x[mask], y / unit, self.rows.columns), unit


def _split(cutoff_us: npt.NDArray[np.int64], contract: LabelContract) -> tuple[Mask, Mask] | None:
    """Rows to fit on and rows of the newest cutoff to judge on; None if no cutoff lies early enough."""
    try:
        fit, validation = validation_split(np.unique(cutoff_us).tolist(), contract)
    except InputError:
        return None
    return np.isin(cutoff_us, fit), np.asarray(cutoff_us == validation)


def _number(rows: Panel) -> int:
    return len(np.unique(rows.cutoff_us))


def _recorded(choice: Choice, tried: _Tried | str, refused: str) -> dict[str, Any]:
    return {
        "candidate": choice.candidate.name, "eligible": not refused, "reason": choice.reason,
        "compared": list(choice.compared),
        "tuned": {name: dict(one) for name, one in tried.tuned.items()} if isinstance(tried, _Tried) else {},
    }  # fmt: skip
