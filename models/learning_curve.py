"""How much data each phase needs: the log loss out of time after learning from fewer customers or fewer cutoffs."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from features.settings import DORMANT, LabelContract
from models.actions.keyed_draws import keyed_uniform
from models.backtesting import newest_test_cutoffs
from models.estimators._base import Floats, log_losses, smoothed_rate
from models.learning import Learned, learn, matured
from models.paired import PairedJudge
from models.panel import Panel
from models.segments import MIN_OUTCOMES
from models.settings import EvaluationSettings, TrainSettings
from models.side_by_side import side_by_side

logger = logging.getLogger(__name__)

#: What one model gave: kind of step, step, the rows it learnt from, log loss per judged row.
_Loss = tuple[str, float, npt.NDArray[np.bool_], Floats]
#: Shares of the customers that are learnt from; the last one is everybody.
SHARES = (0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
#: Numbers of the newest cutoffs that are learnt from, besides all.
CUTOFFS = (1, 2, 4, 8, 16)
#: A smaller share is drawn so often, and the losses are averaged: which customers are drawn is chance.
DRAWS = 2
#: A loss that is certainly below this share of what all data gain over the base rate is no reason to want more.
MARGIN = 0.05
#: Verdicts: the last step still brought something; after some step nothing worth having is left; after some step
#: nothing measurable is left, though it could be worth having; not even the first step is measurably behind.
MORE, ENOUGH, BLURRED, UNKNOWN = "more", "enough", "blurred", "unknown"


def learning_curve(
    panel: Panel, contract: LabelContract, train: TrainSettings, evaluation: EvaluationSettings, as_of_us: int,
    rows: int,
) -> dict[str, Any]:  # fmt: skip
    """Learn from ever more customers, and from ever more cutoffs, and judge each on the test cutoffs.

    Everything is learnt on what was known at the oldest test cutoff. A smaller share is part of every larger one.

    Parameters
    ----------
    panel : Panel
        One row per customer and cutoff.
    contract : LabelContract
        The target.
    train, evaluation : settings
        As shipped.
    as_of_us : int
        The present (microseconds).
    rows : int
        100 % is at most so many rows (whole customers, drawn by ``train.seed``); everybody is judged.

    Returns
    -------
    dict
        ``judged`` false with a ``reason``; or ``cutoffs_us``, ``rows``, ``customers`` (learnt from at 100 %) and
        ``phases``: per phase, and ``all``, ``judged_rows``, ``gain`` (log loss of the base rate minus that of all
        data), ``customers`` and ``cutoffs``: per step ``step`` (share of the customers, or number of cutoffs),
        ``learnt_rows`` and ``learnt_customers`` of the phase, ``log_loss`` and ``behind`` (the difference from all
        data), each with ``value``, ``low``, ``high`` (the chance of
        who is judged and of who is drawn to learn from); and ``verdicts`` for both (`curve_verdict`).
    """
    tests = newest_test_cutoffs(panel, contract, evaluation.test_cutoffs)
    if not tests:
        return {"judged": False, "reason": "not eligible: the log is too short to judge a past cutoff"}
    known = panel.take(matured(panel, contract, tests[0])).drawn(rows, train.seed)
    judged = panel.take(matured(panel, contract, as_of_us) & np.isin(panel.cutoff_us, tests))
    positives = int((judged.y > 0.5).sum())
    if min(positives, len(judged) - positives) < MIN_OUTCOMES:
        return {
            "judged": False,
            "reason": f"not eligible: {positives} positives among {len(judged)} judged rows",
        }
    steps = _steps(known, train.seed)
    settings = train.model_copy(update={"max_rows": max(rows, 1000)})
    tasks = [partial(learn, known.take(mask), contract, settings, tests[0]) for _, _, mask in reversed(steps)]
    learned = list(zip(steps, side_by_side(tasks, train.workers)[::-1], strict=True))
    logger.info("%s: %d models learnt", contract.target, len(tasks))
    whole = next(one for (kind, step, _), one in learned if kind == "customers" and step == SHARES[-1])
    if whole.pooled.candidate.endswith("base_rate"):
        return {"judged": False, "reason": whole.pooled.reason}
    return {
        "judged": True, "cutoffs_us": tests, "rows": len(known), "customers": len(np.unique(known.customer_id)),
        "phases": _of_phases(known, judged, learned, evaluation),
    }  # fmt: skip


def curve_verdict(steps: Sequence[Mapping[str, Any]], gain: float) -> dict[str, Any]:
    """Say how much is enough.

    Parameters
    ----------
    steps : sequence of mapping
        Rising, each with ``step``, ``learnt_customers`` and ``behind``; the last one is all data.
    gain : float
        What all data gain over the base rate (nats).

    Returns
    -------
    dict
        ``verdict``: ``more`` if the last step but one is behind all data beyond chance; ``enough`` if some step, and
        every larger one, is certainly behind by less than ``MARGIN`` of the gain (``enough`` is the first such
        step); ``blurred`` if smaller steps are behind beyond chance, but none from ``enough`` on, where at most
        ``bound`` (nats) is left; else ``unknown``. ``enough_customers`` are those of the phase at ``enough``.

    Examples
    --------
    >>> def step(share, low, high):
    ...     return {"step": share, "learnt_customers": 10, "behind": {"value": low, "low": low, "high": high}}
    >>> every = step(1.0, 0.0, 0.0)
    >>> curve_verdict([step(0.5, 0.01, 0.02), every], gain=0.1)["verdict"]
    'more'
    >>> curve_verdict([step(0.1, 0.01, 0.02), step(0.5, -0.01, 0.02), every], gain=0.1)["verdict"]
    'blurred'
    >>> curve_verdict([step(0.1, 0.01, 0.02), step(0.5, -0.001, 0.001), every], gain=0.1)["enough"]
    0.5
    """
    found: dict[str, Any] = {"verdict": UNKNOWN, "enough": None, "enough_customers": None, "bound": None}
    if len(steps) < 2 or gain <= 0 or any(one["behind"]["high"] is None for one in steps):
        return found
    if steps[-2]["behind"]["low"] > 0:
        return found | {"verdict": MORE}
    first, last = len(steps) - 1, len(steps) - 1
    while first and steps[first - 1]["behind"]["high"] < MARGIN * gain:
        first -= 1
    verdict = ENOUGH
    if first == last:
        behind = [place for place, one in enumerate(steps) if one["behind"]["low"] > 0]
        if not behind:
            return found
        first, verdict = behind[-1] + 1, BLURRED
    one, bound = steps[first], max(step["behind"]["high"] for step in steps[first:])
    return {
        "verdict": verdict, "enough": one["step"], "enough_customers": one["learnt_customers"], "bound": bound
    }  # fmt: skip


def _steps(known: Panel, seed: int) -> list[tuple[str, float, npt.NDArray[np.bool_]]]:
    """List what is learnt from: kind, step and rows; the smallest first."""
    found: list[tuple[str, float, npt.NDArray[np.bool_]]] = []
    for share in SHARES:
        for draw in range(1 if share == SHARES[-1] else DRAWS):
            chance = keyed_uniform(known.customer_id, "learning curve", seed, draw)
            found.append(("customers", share, chance < share))
    every = np.unique(known.cutoff_us)
    for number in CUTOFFS:
        if number < len(every):
            found.append(("cutoffs", float(number), np.isin(known.cutoff_us, every[-number:])))
    return sorted(found, key=lambda one: int(one[2].sum()))


def _of_phases(
    known: Panel, judged: Panel, learned: Sequence[tuple[tuple[str, float, Any], Learned]],
    evaluation: EvaluationSettings,
) -> dict[str, Any]:  # fmt: skip
    judge = PairedJudge.of(judged.y, judged.customer_id, evaluation)
    losses: list[_Loss] = [
        (kind, step, mask, log_losses(judged.y, one.predict(judged))) for (kind, step, mask), one in learned
    ]
    every = next(loss for kind, step, _, loss in losses if kind == "customers" and step == SHARES[-1])
    base = log_losses(judged.y, np.full(len(judged), smoothed_rate(known.y)))
    phases: dict[str, Any] = {}
    for name in ("all", *(phase for phase in judged.phases if phase != DORMANT)):
        mine = np.ones(len(judged), dtype=np.bool_) if name == "all" else judged.in_phase(name)
        own = np.ones(len(known), dtype=np.bool_) if name == "all" else known.in_phase(name)
        positives = int((judged.y[mine] > 0.5).sum())
        if min(positives, int(mine.sum()) - positives) < MIN_OUTCOMES:
            continue
        gain = float((base[mine] - every[mine]).mean())
        chance = _chance(losses, mine)
        curves = {
            kind: _curve(
                [one[1:] for one in losses if one[0] == kind], every, mine, own, known, judge, chance
            )
            for kind in ("customers", "cutoffs")
        }
        whole = curves["customers"][-1]
        curves["cutoffs"].append(whole | {"step": float(len(np.unique(known.cutoff_us)))})
        phases[name] = {
            "judged_rows": int(mine.sum()), "gain": gain, **curves,
            "verdicts": {kind: curve_verdict(steps, gain) for kind, steps in curves.items()},
        }  # fmt: skip
    return phases


def _chance(losses: Sequence[_Loss], mine: npt.NDArray[np.bool_]) -> float:
    """Estimate the variance of a phase's log loss by which customers are drawn, times the share that is drawn.

    It falls with the number of rows, so that the steps share one estimate: their median, for two draws each say little
    and the smallest may be far apart.
    """
    found = []
    for share in SHARES[:-1]:
        draws = [loss[mine].mean() for kind, step, _, loss in losses if kind == "customers" and step == share]
        found.append(float(np.var(draws, ddof=1)) * share)
    return float(np.median(found))


def _curve(
    losses: Sequence[tuple[float, npt.NDArray[np.bool_], Floats]], every: Floats, mine: npt.NDArray[np.bool_],
    own: npt.NDArray[np.bool_], known: Panel, judge: PairedJudge, chance: float,
) -> list[dict[str, Any]]:  # fmt: skip
    """Give the steps of one curve for one phase; draws of the same step are averaged."""
    found = []
    for step in sorted({step for step, _, _ in losses}):
        draws = [(mask, loss) for each, mask, loss in losses if each == step]
        loss = np.mean([loss for _, loss in draws], axis=0)
        masks = [mask & own for mask, _ in draws]
        share = max(float(np.mean([mask.sum() for mask, _ in draws])), 1.0) / len(known)
        error = 0.0 if share >= 1 else float(np.sqrt(chance / share / len(draws)))
        found.append(
            {
                "step": step,
                "learnt_rows": float(np.mean([mask.sum() for mask in masks])),
                "learnt_customers": float(
                    np.mean([len(np.unique(known.customer_id[mask])) for mask in masks])
                ),
                "log_loss": judge.mean(loss, mine, error),
                "behind": judge.mean(loss - every, mine, error),
            }
        )
    return found
