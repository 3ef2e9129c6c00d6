"""One target, ready to be learnt with any choice of columns and judged out of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.cutoffs import validation_split
from features.errors import InputError
from features.settings import LabelContract
from models.actions.keyed_draws import customer_folds
from models.backtesting import newest_test_cutoffs
from models.bundle import estimators
from models.estimators._base import Estimator, Floats, Rows, Tuned, log_losses, smoothed_rate
from models.learning import matured
from models.panel import Panel
from models.selection import MIN_JUDGED, blended
from models.settings import EvaluationSettings, TrainSettings

#: Most rows that are judged (whole customers, drawn).
JUDGED_ROWS = 40_000


@dataclass(frozen=True)
class NoTrial:
    """Why a target cannot be judged: a key of the words, and its figures."""

    reason: str
    figures: dict[str, int]


@dataclass(frozen=True)
class Trial:
    """Rows to learn from, later rows to judge on, and what was tuned once with all columns.

    Attributes
    ----------
    known : tuple of Rows
        What had matured at the oldest test cutoff, in two halves of the customers: what differs between them is the
        chance in learning.
    judged : Rows
        The test cutoffs: at least one horizon later than anything learnt from.
    customer_id : int64 array
        Of the judged rows.
    cutoffs_us : tuple of int
        The test cutoffs.
    tuned : mapping of str to mapping
        Per estimator the number of rounds or the penalty, found with all columns of the first half and kept for any
        other choice.
    """

    target: str
    known: tuple[Rows, ...]
    judged: Rows
    customer_id: npt.NDArray[np.int64]
    cutoffs_us: tuple[int, ...]
    tuned: dict[str, Tuned]
    settings: TrainSettings

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order of the panel."""
        return self.judged.columns

    def losses(self, columns: Sequence[str]) -> Floats:
        """Learn with these columns only, once per half, and give the log loss (nats), shape (halves, judged rows)."""
        wanted = set(columns)
        places = np.flatnonzero([name in wanted for name in self.columns])
        return np.stack([self._losses(half, places) for half in self.known])

    def _losses(self, half: Rows, places: npt.NDArray[np.intp]) -> Floats:
        names = tuple(self.columns[place] for place in places)
        rows, later = Rows(half.x[:, places], half.y, names), self.judged.x[:, places]
        parts = {}
        for name, tuned in self.tuned.items():
            fitted = estimators()[name].fit(rows, tuned, self.settings)
            parts[name] = fitted.predict(later[:, [names.index(column) for column in fitted.columns]])
        return log_losses(self.judged.y, blended(parts, dict.fromkeys(parts, 1.0 / len(parts))))

    def base_losses(self) -> Floats:
        """Give the log loss of each judged row if everybody is given the rate of the known rows."""
        rate = smoothed_rate(np.concatenate([half.y for half in self.known]))
        return log_losses(self.judged.y, np.full(len(self.judged.y), rate))

    def told(self) -> dict[str, Any]:
        """Give what was learnt from and judged (JSON-able)."""
        return {
            "judged": True,
            "cutoffs_us": list(self.cutoffs_us),
            "rows": len(self.judged.y),
            "customers": len(np.unique(self.customer_id)),
            "known_rows": sum(len(half.y) for half in self.known),
            "tuned": self.tuned,
        }


def lighter(settings: TrainSettings) -> TrainSettings:
    """Give the shipped settings, with boosted trees of fewer, larger steps and coarser bins, and no random draws.

    With draws of rows and columns another choice of columns would give other trees altogether, and that chance would
    hide what a family brings; without them a tree changes only where a left-out column was used.

    Examples
    --------
    >>> lighter(TrainSettings()).lightgbm.feature_fraction
    1.0
    """
    own = settings.lightgbm
    light = {
        "learning_rate": max(own.learning_rate, 0.1), "max_bin": min(own.max_bin, 63),
        "max_rounds": min(own.max_rounds, 300), "patience": min(own.patience, 25), "feature_fraction": 1.0,
        "bagging_fraction": 1.0, "seeds": 1,
    }  # fmt: skip
    return settings.model_copy(update={"lightgbm": own.model_copy(update=light)})


def trial_of(
    panel: Panel, contract: LabelContract, train: TrainSettings, evaluation: EvaluationSettings, as_of_us: int,
    rows: int,
) -> Trial | NoTrial:  # fmt: skip
    """Draw the rows of one target, halve them by customer, and tune the estimators once with all columns.

    Parameters
    ----------
    panel : Panel
        One row per customer and cutoff.
    contract : LabelContract
        The target.
    train, evaluation : settings
        As shipped; the newest ``evaluation.test_cutoffs`` are judged, by what was known at the oldest of them.
    as_of_us : int
        The present (microseconds).
    rows : int
        At most so many rows are learnt from (whole customers, drawn).
    """
    tests = newest_test_cutoffs(panel, contract, evaluation.test_cutoffs)
    if not tests:
        return NoTrial("too_short", {"days": contract.gap_days + contract.horizon_days})
    known = panel.take(matured(panel, contract, tests[0])).drawn(rows, train.seed)
    test = matured(panel, contract, as_of_us) & np.isin(panel.cutoff_us, tests)
    judged = panel.take(test).drawn(JUDGED_ROWS, train.seed)
    for found, least in (
        (known, (contract.min_positives, contract.min_negatives)),
        (judged, (MIN_JUDGED, MIN_JUDGED)),
    ):
        positives = int((found.y > 0.5).sum())
        counts = (positives, len(found) - positives)
        if counts[0] < least[0] or counts[1] < least[1]:
            return NoTrial(
                "few_labels", {"positives": counts[0], "negatives": counts[1], "least": max(least)}
            )
    settings = lighter(train)
    kinds = {name: one for name, one in estimators().items() if name in train.estimators}
    fold = customer_folds(known.customer_id, 2, "features report", train.seed)
    halves = [known.take(fold == half) for half in (0, 1)]
    return Trial(
        contract.target, tuple(_rows(half) for half in halves), _rows(judged), judged.customer_id, tuple(tests),
        {name: _tuned(one, halves[0], contract, settings) for name, one in kinds.items()}, settings,
    )  # fmt: skip


def _tuned(estimator: Estimator, known: Panel, contract: LabelContract, settings: TrainSettings) -> Tuned:
    try:
        fit, newest = validation_split(np.unique(known.cutoff_us).tolist(), contract)
    except InputError:
        return estimator.defaults(settings)
    earlier, later = (known.take(np.isin(known.cutoff_us, some)) for some in (fit, [newest]))
    if not len(later) or not _rows(earlier).two_classes:
        return estimator.defaults(settings)
    return estimator.tune(_rows(earlier), _rows(later), settings)[0]


def _rows(panel: Panel) -> Rows:
    return Rows(panel.x, panel.y, panel.columns)
