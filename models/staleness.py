"""How a model ages: learnt at a past moment, judged later and later, against one learnt afresh each time."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from features.contract import DAY_US
from features.cutoffs import train_cutoffs
from features.settings import LabelContract
from models.backtesting import newest_test_cutoffs
from models.estimators._base import Floats, smoothed_rate
from models.learning import Learned, learn, matured
from models.paired import PairedJudge
from models.panel import Panel
from models.selection import MIN_JUDGED
from models.settings import EvaluationSettings, TrainSettings
from models.side_by_side import side_by_side

logger = logging.getLogger(__name__)

WEEK_US = 7 * DAY_US
#: A loss that is certainly below this share of what the fresh model gains over the base rate is no reason to retrain.
MARGIN = 0.05
#: Verdicts: measurably worse from some age on; as good as fresh at every age; neither can be shown.
AGES, HOLDS, UNKNOWN = "ages", "holds", "unknown"


def staleness(
    panel: Panel, contract: LabelContract, train: TrainSettings, evaluation: EvaluationSettings, as_of_us: int,
    rows: int, most_ages: int = 6,
) -> dict[str, Any]:  # fmt: skip
    """Judge models of every age on the same rows.

    Each of the newest test cutoffs is predicted by a model learnt on what was known then (age 0) and by models
    learnt one, two, ... cutoffs earlier. Every model learns from the same customers, drawn once.

    Parameters
    ----------
    panel : Panel
        One row per customer and cutoff.
    contract : LabelContract
        The target.
    train, evaluation : settings
        As shipped.
    as_of_us : int
        The present (microseconds); labels must have matured by then.
    rows : int
        At most so many rows are learnt from (whole customers, drawn by ``train.seed``); everybody is judged.
    most_ages : int
        The oldest model is so many cutoffs old, if the log reaches back that far.

    Returns
    -------
    dict
        ``judged`` false with a ``reason``; or ``cutoffs_us``, ``rows``, ``customers``, ``gain`` (log loss of the base
        rate minus that of the fresh model), ``ages`` (oldest last; per age ``weeks``, ``log_loss``, ``auc``, and
        ``behind``, ``behind_auc``: the difference from the fresh model, each with ``value``, ``low``, ``high``;
        ``learnt_rows``) and ``verdict``, ``worse_weeks``, ``retrain_weeks``, ``oldest_weeks`` (`judged_verdict`).
    """
    cutoffs = np.unique(panel.cutoff_us[panel.population & ~np.isnan(panel.y)]).tolist()
    tests, ages = _plan_of_ages(
        cutoffs, newest_test_cutoffs(panel, contract, evaluation.test_cutoffs), contract, most_ages
    )
    if not ages:
        return {
            "judged": False,
            "reason": "not eligible: the log is too short for a model that has aged one cutoff",
        }
    closed = matured(panel, contract, as_of_us)
    rows_judged = panel.take(closed & np.isin(panel.cutoff_us, tests))
    positives = int((rows_judged.y > 0.5).sum())
    if min(positives, len(rows_judged) - positives) < MIN_JUDGED:
        return {
            "judged": False,
            "reason": f"not eligible: {positives} positives among {len(rows_judged)} judged rows",
        }
    moments = sorted(
        {cutoffs[cutoffs.index(test) - age] for test in tests for age in (0, *ages)}, reverse=True
    )
    drawn = _drawn(panel, matured(panel, contract, moments[0]), rows, train.seed)
    learned = dict(
        zip(
            moments,
            side_by_side(
                [partial(learn, drawn, contract, train, moment) for moment in moments], train.workers
            ),
            strict=True,
        )
    )
    logger.info("%s: %d models of %d ages learnt", contract.target, len(moments), len(ages) + 1)
    # A moment with too few labels has no model; what is older than that has none to compare either.
    able = [
        age for age in ages if all(_is_model(learned[cutoffs[cutoffs.index(test) - age]]) for test in tests)
    ]
    if not able or not all(_is_model(learned[test]) for test in tests):
        return {
            "judged": False,
            "reason": "not eligible: too few labels at the earlier moments to learn a model from",
        }
    rate = _base_rate(drawn, contract, moments[0])
    return _judged(rows_judged, cutoffs, learned, (0, *able), rate, evaluation)


def judged_verdict(ages: Sequence[dict[str, Any]], gain: float) -> dict[str, Any]:
    """Say from which age on a model is measurably worse than a fresh one.

    Parameters
    ----------
    ages : sequence of dict
        Rising, each with ``weeks`` and ``behind``; the first is the fresh model.
    gain : float
        What the fresh model gains over the base rate (nats).

    Returns
    -------
    dict
        ``verdict``: ``ages`` if from ``worse_weeks`` on every older model is behind beyond chance (then
        ``retrain_weeks`` is the oldest age that was not); ``holds`` if none is and the oldest is certainly behind by
        less than ``MARGIN`` of the gain; else ``unknown``.

    Examples
    --------
    >>> fresh = {"weeks": 0.0, "behind": {"value": 0.0, "low": 0.0, "high": 0.0}}
    >>> young = {"weeks": 4.0, "behind": {"value": 0.001, "low": -0.001, "high": 0.003}}
    >>> old = {"weeks": 8.0, "behind": {"value": 0.01, "low": 0.005, "high": 0.015}}
    >>> judged_verdict([fresh, young, old], gain=0.1)["retrain_weeks"]
    4.0
    >>> judged_verdict([fresh, young], gain=0.01)["verdict"], judged_verdict([fresh, young], gain=1.0)["verdict"]
    ('unknown', 'holds')
    """
    # The ages are looked at together: only what stays worse to the oldest age counts, a single blip does not.
    worse = len(ages)
    while worse > 1 and (ages[worse - 1]["behind"]["low"] or 0.0) > 0:
        worse -= 1
    oldest = ages[-1]
    found = {"worse_weeks": None, "retrain_weeks": None, "oldest_weeks": oldest["weeks"]}
    if worse < len(ages):
        # Even the youngest aged model is worse: then every step of the grid is worth it.
        last_good = ages[worse - 1]["weeks"] if worse > 1 else ages[worse]["weeks"]
        return found | {"verdict": AGES, "worse_weeks": ages[worse]["weeks"], "retrain_weeks": last_good}
    high = oldest["behind"]["high"]
    small = high is not None and gain > 0 and high < MARGIN * gain
    return found | {"verdict": HOLDS if small else UNKNOWN}


def _plan_of_ages(
    cutoffs: Sequence[int], tests: Sequence[int], contract: LabelContract, most: int
) -> tuple[list[int], list[int]]:
    """Find the test cutoffs and the ages (in cutoffs) for which all of them have a model to be judged by.

    The oldest test cutoffs are let go if that lets a model age at all.
    """
    for first in range(len(tests)):
        oldest = cutoffs.index(tests[first])
        reach = [
            age for age in range(1, oldest + 1) if train_cutoffs(cutoffs, cutoffs[oldest - age], contract)
        ]
        if reach:
            return list(tests[first:]), reach[:most]
    return [], []


def _is_model(learned: Learned) -> bool:
    return not learned.pooled.candidate.endswith("base_rate")


def _drawn(panel: Panel, known: npt.NDArray[np.bool_], rows: int, seed: int) -> Panel:
    """Keep the customers that all models learn from: as many as give so many rows at the newest moment."""
    customers = np.unique(panel.take(known).drawn(rows, seed).customer_id)
    return panel.take(np.isin(panel.customer_id, customers))


def _base_rate(panel: Panel, contract: LabelContract, known_at_us: int) -> float:
    return smoothed_rate(panel.y[matured(panel, contract, known_at_us)])


def _judged(
    judged: Panel, cutoffs: list[int], learned: dict[int, Learned], ages: Sequence[int], rate: float,
    evaluation: EvaluationSettings,
) -> dict[str, Any]:  # fmt: skip
    tests = np.unique(judged.cutoff_us).tolist()
    judge = PairedJudge.of(judged.y, judged.customer_id, evaluation)
    fresh = _predicted(judged, cutoffs, learned, 0)
    told = []
    for age in ages:
        p = fresh if age == 0 else _predicted(judged, cutoffs, learned, age)
        moments = [cutoffs[cutoffs.index(test) - age] for test in tests]
        weeks = [(test - moment) / WEEK_US for test, moment in zip(tests, moments, strict=True)]
        told.append(
            {
                "weeks": float(np.mean(weeks)),
                "log_loss": judge.log_loss(p), "auc": judge.auc(p), "behind": judge.log_loss(p, fresh),
                "behind_auc": judge.auc(p, fresh),
                "learnt_rows": float(np.mean([learned[moment].record["rows"] for moment in moments])),
            }
        )  # fmt: skip
    gain = judge.log_loss(np.full(len(judged), rate), fresh)["value"] or 0.0
    return {
        "judged": True, "cutoffs_us": tests, "rows": len(judged), "customers": len(np.unique(judged.customer_id)),
        "gain": gain, "ages": told, **judged_verdict(told, gain),
    }  # fmt: skip


def _predicted(judged: Panel, cutoffs: list[int], learned: dict[int, Learned], age: int) -> Floats:
    """Predict each row by the model that was so many cutoffs old at its cutoff."""
    p = np.full(len(judged), np.nan)
    for test in np.unique(judged.cutoff_us).tolist():
        rows = judged.cutoff_us == test
        p[rows] = learned[cutoffs[cutoffs.index(test) - age]].predict(judged.take(rows))
    return p
