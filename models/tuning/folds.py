"""One target at past moments, all before the test cutoffs: learn with any settings, give the later log loss."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from features.cutoffs import train_cutoffs, validation_split
from features.errors import InputError
from features.settings import LabelContract
from models.actions.keyed_draws import customer_folds
from models.backtesting import newest_test_cutoffs
from models.bundle import estimators
from models.estimators._base import Floats, Rows, log_losses, smoothed_rate
from models.learning import matured
from models.panel import Panel
from models.selection import MIN_JUDGED, blended
from models.settings import EvaluationSettings, TrainSettings

#: Most rows of a validation cutoff that are judged (whole customers, drawn).
JUDGED_ROWS = 20_000


@dataclass(frozen=True)
class Fold:
    """One past moment: what was known then, and the rows of its cutoff to predict.

    Attributes
    ----------
    cutoff_us : int
        The validation cutoff (microseconds).
    known : Rows
        Every row whose label had matured at the cutoff: what a model is learnt from.
    earlier, later : Rows
        Of the known rows: those to fit on and those of their newest cutoff, to choose rounds and penalty on.
    judged : Rows
        The rows of the cutoff itself.
    customer_id : int64 array
        Of the judged rows.
    """

    cutoff_us: int
    known: Rows
    earlier: Rows
    later: Rows
    judged: Rows
    customer_id: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Folds:
    """The folds of one target, oldest first, and the log loss that any settings reach on them.

    What was learnt with equal settings is not learnt again: a trial that changes the trees leaves the logistic alone.
    """

    target: str
    folds: tuple[Fold, ...]
    _cache: dict[str, Floats] = field(default_factory=dict, compare=False, repr=False)

    def losses(self, number: int, settings: TrainSettings) -> Floats:
        """Give the log loss (nats) per judged row of a fold, learnt with these settings.

        The estimators are mixed evenly in log-odds where ``train.blend`` is on; else the one whose mean loss is
        lowest counts.
        """
        fold = self.folds[number]
        parts = {name: self._part(number, name, settings) for name in settings.estimators}
        if settings.blend:
            return log_losses(fold.judged.y, blended(parts, dict.fromkeys(parts, 1.0 / len(parts))))
        return min((log_losses(fold.judged.y, p) for p in parts.values()), key=lambda one: float(one.mean()))

    def base_losses(self, number: int) -> Floats:
        """Give the log loss per judged row of a fold if everybody is given the rate of the known rows."""
        fold = self.folds[number]
        return log_losses(fold.judged.y, np.full(len(fold.judged.y), smoothed_rate(fold.known.y)))

    def halves(self, number: int, seed: int) -> npt.NDArray[np.bool_]:
        """Tell which judged rows the search looks at; the others are kept for the final comparison.

        A customer is on the same side in every fold.
        """
        return np.asarray(
            customer_folds(self.folds[number].customer_id, 2, "tuning", seed) == 0, dtype=np.bool_
        )

    def told(self) -> dict[str, Any]:
        """Give what was learnt from and judged (JSON-able)."""
        return {
            "cutoffs_us": [fold.cutoff_us for fold in self.folds],
            "learnt_rows": [len(fold.known.y) for fold in self.folds],
            "judged_rows": [len(fold.judged.y) for fold in self.folds],
        }

    def _part(self, number: int, name: str, settings: TrainSettings) -> Floats:
        own = getattr(settings, name, None)
        key = json.dumps([number, name, settings.seed, own.model_dump(mode="json") if own else None])
        if key not in self._cache:
            fold, estimator = self.folds[number], estimators()[name]
            tuned, _ = estimator.tune(fold.earlier, fold.later, settings)
            fitted = estimator.fit(fold.known, tuned, settings)
            places = [fold.known.columns.index(column) for column in fitted.columns]
            self._cache[key] = fitted.predict(fold.judged.x[:, places])
        return self._cache[key]


def folds_of(
    panel: Panel, contract: LabelContract, train: TrainSettings, evaluation: EvaluationSettings, number: int,
    rows: int,
) -> Folds | str:  # fmt: skip
    """Find the newest validation cutoffs whose labels had all matured before the first test cutoff.

    Parameters
    ----------
    panel : Panel
        One row per customer and cutoff.
    contract : LabelContract
        The target.
    train, evaluation : settings
        As shipped; the newest ``evaluation.test_cutoffs`` are left untouched.
    number : int
        How many validation cutoffs at most.
    rows : int
        At most so many rows are learnt from per cutoff (whole customers, drawn by ``train.seed``).

    Returns
    -------
    Folds or str
        The reason in words where no past cutoff can be judged.
    """
    tests = newest_test_cutoffs(panel, contract, evaluation.test_cutoffs)
    if not tests:
        return "not eligible: the log is too short to judge a past cutoff"
    before = panel.take(matured(panel, contract, tests[0]))
    found: list[Fold] = []
    for cutoff in np.unique(before.cutoff_us)[::-1].tolist():
        if len(found) == number:
            break
        fold = _fold(before, contract, train, cutoff, rows)
        if fold is not None:
            found.append(fold)
    if not found:
        days = contract.gap_days + contract.horizon_days
        return (
            f"not eligible: before the test cutoffs no cutoff has enough labels and two earlier ones {days} days "
            "apart to learn from and to choose on; bring a longer log or lower evaluation.test_cutoffs in params.yaml"
        )
    return Folds(contract.target, tuple(found[::-1]))


def _fold(
    before: Panel, contract: LabelContract, train: TrainSettings, cutoff: int, rows: int
) -> Fold | None:
    """Give the fold of one cutoff; None where it cannot be learnt or judged."""
    closed = train_cutoffs(np.unique(before.cutoff_us).tolist(), cutoff, contract)[-train.max_cutoffs :]
    known = before.take(np.isin(before.cutoff_us, closed)).drawn(rows, train.seed)
    judged = before.take(before.cutoff_us == cutoff).drawn(JUDGED_ROWS, train.seed)
    try:
        fit, newest = validation_split(np.unique(known.cutoff_us).tolist(), contract)
    except InputError:
        return None
    earlier, later = (known.take(np.isin(known.cutoff_us, some)) for some in (fit, [newest]))
    least = max(contract.min_positives, contract.min_negatives)
    needed: Sequence[tuple[Panel, int]] = ((earlier, least), (later, MIN_JUDGED), (judged, 2 * MIN_JUDGED))
    if any(_rarer(some) < floor for some, floor in needed):
        return None
    return Fold(cutoff, _rows(known), _rows(earlier), _rows(later), _rows(judged), judged.customer_id)


def _rarer(panel: Panel) -> int:
    positives = int((panel.y > 0.5).sum())
    return min(positives, len(panel) - positives)


def _rows(panel: Panel) -> Rows:
    return Rows(panel.x, panel.y, panel.columns)
