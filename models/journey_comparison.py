"""Which phase model says most: the same customers and cutoffs under several journeys, out of time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from features.settings import LabelContract
from models.backtesting import newest_test_cutoffs, out_of_time
from models.baselines._base import Part
from models.bootstrap import CustomerBootstrap, interval
from models.estimators._base import Floats, log_losses, smoothed_rate
from models.panel import PHASE_PREFIX, Panel
from models.settings import EvaluationSettings, TrainSettings

logger = logging.getLogger(__name__)

#: What is compared: column of the predictions, and its name in files.
RUNGS = {"phase_alone": "p_phase_alone", "model": "p"}
#: The rate of a phase is drawn to the rate of everybody with the weight of this many rows.
PRIOR_ROWS = 10.0


@dataclass(frozen=True)
class FittedPhaseRate:
    """One rate per phase."""

    rates: Floats

    def predict(self, panel: Panel) -> Floats:
        """Give the rate of each row's phase."""
        return np.asarray(self.rates[panel.phase], dtype=np.float64)


class PhaseRate:
    """The share of label 1 per phase, among all matured rows: what the phase says without any other feature."""

    reads: tuple[Part, ...] = ()

    def fit(self, rows: Panel, contract: LabelContract) -> FittedPhaseRate:
        """Count the labels."""
        places, whole = len(rows.phases), smoothed_rate(rows.y)
        counts = np.bincount(rows.phase, minlength=places)
        positives = np.bincount(rows.phase, weights=rows.y, minlength=places)
        return FittedPhaseRate((positives + PRIOR_ROWS * whole) / (counts + PRIOR_ROWS))


def under_journey(
    panel: Panel, phases: Sequence[str], phase: npt.NDArray[np.int16], days: npt.NDArray[np.float32]
) -> Panel:
    """Give the same rows as another journey sees them: only the phase, and the days in it, are different.

    Parameters
    ----------
    panel : Panel
        One row per customer and cutoff, with column ``days_in_phase``.
    phases : sequence of str
        Phases of the other journey, ``dormant`` last.
    phase : int array, shape (n,)
        Places in ``phases``.
    days : float array, shape (n,)
        Days in the phase.

    Returns
    -------
    Panel
        Equal, bit for bit, to the panel of features built under the other journey.
    """
    names = [name for name in panel.columns if not name.startswith(PHASE_PREFIX)]
    x = np.empty((len(panel), len(names) + len(phases)), dtype=np.float32)
    x[:, : len(names)] = panel.x[:, [panel.columns.index(name) for name in names]]
    x[:, names.index("days_in_phase")] = days
    x[:, len(names) :] = phase[:, None] == np.arange(len(phases))[None, :]
    columns = (*names, *(PHASE_PREFIX + name for name in phases))
    return replace(panel, phase=phase.astype(np.int16), phases=tuple(phases), x=x, columns=columns)


def compare(
    panels: Mapping[str, Callable[[], Panel]], contract: LabelContract, train: TrainSettings,
    evaluation: EvaluationSettings,
) -> dict[str, Any]:  # fmt: skip
    """Predict one target under each journey, out of time, and compare with the first.

    Parameters
    ----------
    panels : mapping of str to callable
        Journey to a function that gives its panel (one at a time is held in memory); all have the same rows.
    contract : LabelContract
        The target. Dormant customers are judged too: who is dormant depends on the journey, who is judged must not.
    train, evaluation : settings
        As shipped.

    Returns
    -------
    dict
        ``rows``, ``customers``, ``cutoffs_us``, ``base_rate`` and ``journeys``: per journey ``phase_alone`` (the
        rate of each phase) and ``model`` (the phase-conditional model), each with ``log_loss`` (nats) and, but for
        the first journey, ``difference`` to the first (below 0 is better) with ``low`` and ``high``: customers
        are drawn, the same for all.
    """
    losses: dict[str, dict[str, Floats]] = {}
    customer = np.zeros(0, dtype=np.int64)
    found: dict[str, Any] = {"rows": 0, "customers": 0, "cutoffs_us": [], "base_rate": None}
    for name, panel_of in panels.items():
        panel = panel_of()
        tests = newest_test_cutoffs(panel, contract, evaluation.test_cutoffs)
        table = out_of_time(panel, contract, train, {"phase_alone": PhaseRate()}, tests, include_dormant=True)
        y, customer = table["y"].to_numpy(), table["customer_id"].to_numpy()
        losses[name] = {rung: log_losses(y, table[column].to_numpy()) for rung, column in RUNGS.items()}
        found |= {"rows": len(y), "customers": len(np.unique(customer)), "cutoffs_us": tests}
        found["base_rate"] = float(y.mean()) if len(y) else None
        logger.info("%s under %s: %d rows judged", contract.target, name, len(y))
    return found | {"journeys": _against_first(losses, customer, evaluation) if found["rows"] else {}}


def _against_first(
    losses: Mapping[str, Mapping[str, Floats]], customer: npt.NDArray[np.int64], settings: EvaluationSettings
) -> dict[str, Any]:
    drawn = CustomerBootstrap.draw(customer, settings.resamples, settings.seed)
    first = next(iter(losses))
    return {
        name: {
            rung: {"log_loss": float(own[rung].mean())}
            | ({} if name == first else _paired(own[rung] - losses[first][rung], drawn, settings.confidence))
            for rung in RUNGS
        }
        for name, own in losses.items()
    }


def _paired(difference: Floats, drawn: CustomerBootstrap, confidence: float) -> dict[str, float]:
    """Give the mean difference and its interval."""
    rows = np.arange(len(difference))
    resampled = np.concatenate(
        [(weights * difference).sum(axis=1) / weights.sum(axis=1) for weights in drawn.blocks(rows)]
    )
    value = float(difference.mean())
    low, high = interval(value, resampled, confidence)
    return {"difference": value, "low": low, "high": high}
