"""Old scores against what happened since: who was at the top did it, and the probabilities were right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.cutoffs import day_of
from features.settings import DORMANT, LabelContract
from models.base_rate_drift import ALL
from models.base_rate_drift import _between as between
from models.bootstrap import CustomerBootstrap, interval
from models.metrics import rank, registered
from models.metrics.ece import noise_floor
from models.monitoring.checks._check import Finding, said
from models.monitoring.outcomes import Outcomes, matures_on
from models.monitoring.settings import MonitorSettings
from models.monitoring.usual import CHANCE
from models.settings import EvaluationSettings
from models.target import CHURN, READINESS

#: Weeks after scoring at which a score is looked at before its own horizon is over.
WEEKS = (1, 2, 4)
ORDER = "order"
_ORDER_COLUMN = re.compile(r"^p_order_(\d+)d$")
#: A gap in the mean that is smaller is no miscalibration, however sure.
NO_GAP = 0.01
#: Top shares of the list that are judged.
TOP = (0.1, 0.2)
LEAST_GROUP = 30


@dataclass(frozen=True)
class Asked:
    """One question about one score.

    Attributes
    ----------
    target, score : str
        What was predicted, and its column.
    contract : LabelContract
        What counts, and over which horizon.
    days : int
        The window that is looked at; ``full`` when it is the whole horizon.
    """

    target: str
    score: str
    contract: LabelContract
    days: int

    @property
    def full(self) -> bool:
        """Whether the window is the horizon that the score is about."""
        return self.days == self.contract.horizon_days


def questions(columns: Sequence[str], contracts: Sequence[LabelContract]) -> list[Asked]:
    """Say what can be asked of a score file: each target at +1, +2, +4 weeks and at its horizon.

    ``p_order_<h>d`` is asked at its own horizon only: there its calibration can be judged early.

    Examples
    --------
    >>> ready = LabelContract(target="readiness", horizon_days=28)
    >>> [(one.score, one.days, one.full) for one in questions(["p_ready", "p_order_7d"], [ready])]
    [('p_ready', 7, False), ('p_ready', 14, False), ('p_ready', 28, True), ('p_order_7d', 7, True)]
    """
    known = {contract.target: contract for contract in contracts}
    asked = []
    for target in (CHURN, READINESS):
        contract = known.get(target.name)
        if contract is None or target.score not in columns:
            continue
        windows = [7 * week for week in WEEKS if 7 * week < contract.horizon_days] + [contract.horizon_days]
        asked += [Asked(target.name, target.score, contract, days) for days in windows]
    for column in columns:
        found = _ORDER_COLUMN.match(column)
        if found:
            order = LabelContract(target=ORDER, horizon_days=int(found[1]))
            asked.append(Asked(ORDER, column, order, int(found[1])))
    return asked


@dataclass(frozen=True)
class Judge:
    """How matured scores are judged."""

    evaluation: EvaluationSettings
    limits: MonitorSettings
    phases: Sequence[str]

    def results(
        self, scores: pd.DataFrame, asked: Sequence[Asked], seen: Mapping[tuple[str, int], Outcomes]
    ) -> list[dict[str, Any]]:
        """Judge every question whose window is over.

        Parameters
        ----------
        scores : DataFrame
            ``customer_id`` (pseudonym), ``phase`` and the columns of the scores; one row per customer.
        asked : sequence of Asked
            `questions`.
        seen : mapping
            ``(event, gap in days)`` to what happened.

        Returns
        -------
        list of dict
            Per question and phase (early windows: ``all`` only) as in docs/monitoring.md.
        """
        return [
            result
            for one in asked
            if seen[_key(one)].observed >= one.days
            for result in self._of_question(scores, one, seen[_key(one)])
        ]

    def _of_question(self, scores: pd.DataFrame, one: Asked, seen: Outcomes) -> Iterator[dict[str, Any]]:
        who = scores["customer_id"].to_numpy(dtype=np.int64)
        p = scores[one.score].to_numpy(dtype=np.float64)
        y = seen.within(who, one.days)
        y = 1 - y if one.target == CHURN.name else y
        phase = scores["phase"].astype(str).to_numpy()
        known = ~np.isnan(p) & ~np.isnan(y)
        for key in (ALL, *self.phases) if one.full else (ALL,):
            inside = known & ((phase == key) | (key == ALL))
            if inside.sum() >= (1 if key == ALL else self.limits.min_rows):
                yield self._cell(one, key, y[inside], np.clip(p[inside], 0, 1), who[inside])

    def _cell(
        self,
        one: Asked,
        phase: str,
        y: npt.NDArray[np.float64],
        p: npt.NDArray[np.float64],
        who: npt.NDArray[np.int64],
    ) -> dict[str, Any]:
        ranked = rank(y, p)
        wanted = {
            name: metric
            for name, metric in registered(TOP).items()
            if metric.family in ("lift", "roc_auc") and metric.defined(y)
        }
        settings = self.evaluation
        draws = CustomerBootstrap.draw(who, settings.resamples, settings.seed).of(wanted.values(), ranked)
        values = {}
        for name, metric in wanted.items():
            value = float(metric.function(ranked.y, ranked.p))
            values[name] = _numbers(value, *interval(value, draws[name], settings.confidence))
        shown = {
            name: values.get(name, _numbers(float("nan"), float("nan"), float("nan")))
            for name in ("lift10", "lift20", "roc_auc")
        }
        return {
            "target": one.target, "score": one.score, "phase": phase, "days": one.days, "weeks": one.days / 7,
            "full": one.full, "n": len(y), "positives": int(y.sum()), "rate": float(ranked.y.mean()), **shown,
            **(_calibration(ranked.y, ranked.p, settings.confidence) if one.full else dict.fromkeys(_CALIBRATION)),
        }  # fmt: skip


_CALIBRATION = ("expected", "gap", "ece", "noise_floor", "calibrated", "beyond_chance")


def _calibration(y: npt.NDArray[np.float64], p: npt.NDArray[np.float64], confidence: float) -> dict[str, Any]:
    from scipy.stats import norm

    gap, spread = float((p - y).mean()), float((p - y).std())
    error_of_mean = spread / np.sqrt(len(y))
    reach = float(norm.ppf((1 + confidence) / 2)) * error_of_mean
    low, high = gap - reach, gap + reach
    error = float(registered()["ece"].function(y, p))
    return {
        "expected": float(p.mean()), "gap": _numbers(gap, low, high), "ece": error, "noise_floor": noise_floor(p),
        "calibrated": bool(low <= 0 <= high or abs(gap) < NO_GAP),
        # A file has dozens of scores and phases: what somebody is called for must be surer than one interval.
        "beyond_chance": bool(abs(gap) > CHANCE * error_of_mean),
    }  # fmt: skip


def _numbers(value: float, low: float, high: float) -> dict[str, float | None]:
    found = {"value": value, "low": low, "high": high}
    return {name: float(number) if np.isfinite(number) else None for name, number in found.items()}


def waiting(
    asked: Sequence[Asked], seen: Mapping[tuple[str, int], Outcomes], moment_us: int, until_us: int
) -> list[dict[str, Any]]:
    """Say what cannot be judged yet, and from which day it can; ``from`` None: a day of its window is missing."""
    told = []
    for one in asked:
        if seen[_key(one)].observed < one.days:
            over = matures_on(moment_us, one.contract, one.days)
            day = day_of(over).isoformat() if over > until_us else None
            told.append({"target": one.target, "score": one.score, "days": one.days, "from": day})
    return told


def control_against_rest(
    scores: pd.DataFrame, orders: Outcomes, days: Sequence[int], confidence: float
) -> list[dict[str, Any]]:
    """Compare orders of who was kept without action with those of everybody else, whatever they were given.

    Who is control was drawn; so the difference is what the actions brought, if they were carried out. Dormant customers
    are in neither group: none of them is drawn, since none of them gets an action.
    """
    if "is_control" not in scores or not scores["is_control"].notna().all():
        return []
    scores = scores[scores["phase"].astype(str) != DORMANT]
    control = scores["is_control"].to_numpy(dtype=np.bool_)
    who, told = scores["customer_id"].to_numpy(dtype=np.int64), []
    for window in days:
        if orders.observed < window:
            continue
        y = orders.within(who, window)
        kept, rest = y[control & ~np.isnan(y)], y[~control & ~np.isnan(y)]
        if min(len(kept), len(rest)) < LEAST_GROUP:
            continue
        before, after = float(kept.mean()), float(rest.mean())
        low, high = between(before, len(kept), after, len(rest), confidence)
        told.append(
            {
                "days": window, "phase": ALL, "n_control": len(kept), "n_rest": len(rest), "rate_control": before,
                "rate_rest": after, "difference": _numbers(after - before, low, high),
            }
        )  # fmt: skip
    return told


def _key(one: Asked) -> tuple[str, int]:
    return one.contract.event, one.contract.gap_days


def concerns(results: Sequence[Mapping[str, Any]], limits: MonitorSettings) -> list[Finding]:
    """Find what somebody must look at: a list that finds nobody, or probabilities that are off."""
    found = []
    for one in results:
        what = f"{one['score']} ({one['phase']}, {one['days']} d)"
        lift, gap = one["lift10"], one["gap"]
        if lift["high"] is not None and lift["high"] < limits.lift:
            found.append(
                Finding(
                    "alarm", one["score"], one["phase"],
                    said(f"{what}: lift of the top 10 % is {lift['value']:.2f} ({lift['low']:.2f} to "
                         f"{lift['high']:.2f}), below {limits.lift:g}",
                         f"{what}: lift van de top 10 % is {lift['value']:.2f} "
                         f"({lift['low']:.2f} tot "
                         f"{lift['high']:.2f}), onder {limits.lift:g}"),
                    _TRAIN, value=lift["value"], limit=limits.lift,
                )
            )  # fmt: skip
        if gap and gap["value"] is not None and abs(gap["value"]) > limits.gap and one["beyond_chance"]:
            found.append(
                Finding(
                    "alarm", one["score"], one["phase"],
                    said(f"{what}: {one['expected']:.1%} was expected, {one['rate']:.1%} happened",
                         f"{what}: verwacht was {one['expected']:.1%}, het gebeurde bij {one['rate']:.1%}"),
                    _TRAIN, value=one["rate"], usual=one["expected"], limit=limits.gap,
                )
            )  # fmt: skip
    return found


_TRAIN = said(
    "see `klantreis monitor` for what moved, then train again (dvc repro); until then do not count with this score",
    "zie `klantreis monitor` voor wat er verschoof en train opnieuw (dvc repro); reken tot dan niet met deze score",
)
