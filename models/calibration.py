"""Calibration that must earn its place: fitted at one matured cutoff, judged at later ones, else left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import models.calibrators
from features.cutoffs import train_cutoffs
from features.discovery import discover
from features.errors import InputError
from features.settings import LabelContract
from models.calibrators._base import Calibrator, Numbers
from models.estimators._base import Floats, log_losses
from models.selection import too_few

NONE = "none"
#: Fewer rows of either label than this, at either cutoff, carry no calibration.
LEAST = 30
#: A gain in log loss below this is none, however sure.
LEAST_LESS = 1e-4
#: The newest so many matured cutoffs judge it, each by itself.
JUDGED = 2


def calibrators() -> dict[str, Calibrator]:
    """Find every registered kind of calibration by file name, the simplest first."""
    found: dict[str, Calibrator] = discover(models.calibrators, "CALIBRATOR")
    return dict(sorted(found.items(), key=lambda one: (one[1].simplicity, one[0])))


@dataclass(frozen=True)
class Calibration:
    """A fitted calibration: its kind and its numbers, as they stand in the saved model.

    Examples
    --------
    >>> Calibration("logistic", {"slope": (1.0,), "shift": (0.0,)}).apply(np.array([0.5])).tolist()
    [0.5]
    """

    kind: str
    numbers: Numbers

    @classmethod
    def fit(cls, kind: str, outcomes: Outcomes) -> Calibration:
        """Learn one kind of calibration from predictions made out of time."""
        return cls(kind, calibrators()[kind].fit(outcomes.p, outcomes.y))

    def apply(self, p: Floats) -> Floats:
        """Calibrate the probability of each row; customers keep their order."""
        return calibrators()[self.kind].apply(self.numbers, p) if len(p) else p

    def as_json(self) -> dict[str, Any]:
        """Give what goes into ``model.json``."""
        return {"kind": self.kind, "numbers": {name: list(values) for name, values in self.numbers.items()}}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Calibration:
        """Read what ``as_json`` gave; it calibrates to the same bits.

        Raises
        ------
        InputError
            If the kind is not known here.
        """
        kind, known = str(content["kind"]), calibrators()
        if kind not in known:
            raise InputError(
                f"unknown calibration {kind!r}; allowed: {', '.join(known)}; run the train stage again"
            )
        return cls(kind, {name: tuple(float(value) for value in values)
                          for name, values in content["numbers"].items()})  # fmt: skip


@dataclass(frozen=True)
class Outcomes:
    """Probabilities given out of time, and what happened.

    Parameters
    ----------
    p : float array, shape (n,)
        One row per customer of one cutoff.
    y : float array, shape (n,)
        0 or 1.
    """

    p: Floats
    y: npt.NDArray[np.float32]


@dataclass(frozen=True)
class CalibrationChoice:
    """Which kind won (``none``: no calibration), why in words, and the table of what was compared (JSON-able)."""

    kind: str
    reason: str
    compared: tuple[dict[str, Any], ...] = ()

    def fit(self, outcomes: Outcomes) -> Calibration | None:
        """Fit what won on the newest predictions there are; None when nothing did."""
        return None if self.kind == NONE else Calibration.fit(self.kind, outcomes)


def calibration_cutoffs(
    cutoffs: Iterable[int], contract: LabelContract
) -> tuple[tuple[int, ...], int, tuple[int, ...]] | str:
    """Find what a calibration is learnt and judged on.

    Parameters
    ----------
    cutoffs : iterable of int
        Matured cutoffs (microseconds).
    contract : LabelContract
        Gives gap and horizon (days).

    Returns
    -------
    tuple of (tuple of int, int, tuple of int), or str
        The cutoffs the model learns from, the cutoff its calibration is fitted at (every label window of the model
        has ended by then), and the newest ``JUDGED``, at which it is judged (the label window of the second has
        ended by then). Else the reason why there are none.

    Examples
    --------
    >>> from features.contract import DAY_US
    >>> churn = LabelContract(target="churn", horizon_days=14)
    >>> rows, fitted, judged = calibration_cutoffs([t * DAY_US for t in (0, 7, 14, 21, 28, 35)], churn)
    >>> [t // DAY_US for t in rows], fitted // DAY_US, [t // DAY_US for t in judged]
    ([0], 14, [28, 35])
    >>> calibration_cutoffs([0, 14 * DAY_US], churn)
    'no calibration: 2 training cutoffs leave no 2 to judge on, with one 14 days before them and another before that'
    """
    ordered = sorted(set(cutoffs))
    judged = ordered[-JUDGED:] if len(ordered) >= JUDGED else []
    earlier = train_cutoffs(ordered, judged[0], contract) if judged else []
    rows = train_cutoffs(ordered, earlier[-1], contract) if earlier else []
    if rows:
        return tuple(rows), earlier[-1], tuple(judged)
    days = contract.gap_days + contract.horizon_days
    return (
        f"no calibration: {len(ordered)} training cutoffs leave no {JUDGED} to judge on, with one {days} days before "
        f"them and another before that"
    )


def choose_calibration(
    fitted_at: Outcomes, judged_at: Sequence[Outcomes], margin: float
) -> CalibrationChoice:
    """Fit every kind at one cutoff, judge it at later ones; promote it only if it wins beyond noise at each.

    One later cutoff is not enough: all its rows share a season, so their number says little about the next. Two
    are no proof either: on journey_buy7 of the benchmarks kinds that won at both lost at the test cutoff.

    Parameters
    ----------
    fitted_at : Outcomes
        Predictions at one cutoff by a model whose every label had matured by then.
    judged_at : sequence of Outcomes
        Predictions of the same model at cutoffs at least gap + horizon later.
    margin : float
        At each a kind must lower the log loss by more than this many standard errors of the paired difference.

    Returns
    -------
    CalibrationChoice

    Examples
    --------
    >>> y = np.tile(np.repeat([1, 0], [60, 140]), 5).astype(np.float32)
    >>> right, doubled = Outcomes(np.full(1000, 0.3), y), Outcomes(np.full(1000, 0.6), y)
    >>> choose_calibration(right, [right, right], 2.0).kind
    'none'
    >>> choose_calibration(doubled, [doubled, doubled], 2.0).kind
    'logistic'
    >>> choose_calibration(doubled, [doubled, right], 2.0).kind
    'none'
    """
    named = [(fitted_at, "rows to calibrate on"), *((one, "later rows") for one in judged_at)]
    for outcomes, which in named:
        short = too_few(outcomes.y, LEAST, which)
        if short:
            return CalibrationChoice(NONE, f"no calibration: {short}")
    compared = [_compared(NONE, [one.p for one in judged_at], judged_at)]
    for kind in calibrators():
        fitted = Calibration.fit(kind, fitted_at)
        compared.append(_compared(kind, [fitted.apply(one.p) for one in judged_at], judged_at))
    return CalibrationChoice(*_verdict(compared[1:], margin), tuple(compared))


def _compared(kind: str, calibrated: Sequence[Floats], judged_at: Sequence[Outcomes]) -> dict[str, Any]:
    """Give the mean log loss of a kind, and per later cutoff how much lower it is than without."""
    losses = [log_losses(one.y, p) for one, p in zip(judged_at, calibrated, strict=True)]
    less = [log_losses(one.y, one.p) - loss for one, loss in zip(judged_at, losses, strict=True)]
    return {
        "calibration": kind,
        "log_loss": float(np.mean([loss.mean() for loss in losses])),
        "less": [float(one.mean()) for one in less],
        "standard_errors": [float(one.std() / np.sqrt(len(one))) for one in less],
    }


def _verdict(compared: Sequence[Mapping[str, Any]], margin: float) -> tuple[str, str]:
    winners = [one for one in compared if _wins(one, margin)]
    listed = winners or compared
    least = min(float(one["log_loss"]) for one in listed)
    # The simplest stands first, and wins what nobody would notice.
    best = next(one for one in listed if float(one["log_loss"]) <= least + LEAST_LESS)
    told = " and ".join(
        f"{less:+.4f} (needed {margin * error:+.4f})"
        for less, error in zip(best["less"], best["standard_errors"], strict=True)
    )
    kind = str(best["calibration"])
    if winners:
        return kind, f"calibrated ({kind}): log loss lower at each of the later cutoffs, by {told}"
    return NONE, f"no calibration: the best, {kind}, lowers the log loss at the later cutoffs by {told}"


def _wins(one: Mapping[str, Any], margin: float) -> bool:
    pairs = zip(one["less"], one["standard_errors"], strict=True)
    return all(less > max(margin * error, LEAST_LESS) for less, error in pairs)
