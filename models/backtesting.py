"""Predict the past as it could have been: by models learnt on what was known at each test cutoff."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import models.baselines
from features.cutoffs import train_cutoffs
from features.discovery import discover
from features.settings import DORMANT, LabelContract
from models.base_rate_drift import known_rates
from models.baselines._base import Baseline, missing
from models.learning import Learned, learn, matured
from models.learnt import with_learnt
from models.panel import Panel
from models.settings import TrainSettings
from models.side_by_side import side_by_side

logger = logging.getLogger(__name__)


def baselines() -> dict[str, Baseline]:
    """Find every registered baseline by file name."""
    return discover(models.baselines, "BASELINE")


def newest_test_cutoffs(panel: Panel, contract: LabelContract, number: int) -> list[int]:
    """Find the newest cutoffs that can be judged: labelled, with labels matured before them to learn from.

    Parameters
    ----------
    panel : Panel
        One row per customer and cutoff.
    contract : LabelContract
        The target.
    number : int
        How many at most.

    Returns
    -------
    list of int
        Microseconds, rising; empty if the log is too short.
    """
    labelled = np.unique(panel.cutoff_us[panel.population & ~np.isnan(panel.y)]).tolist()
    able = [cutoff for cutoff in labelled if train_cutoffs(labelled, cutoff, contract)]
    return able[-number:]


def learn_each(
    panel: Panel,
    contract: LabelContract,
    settings: TrainSettings,
    moments: Sequence[int],
    include_dormant: bool = False,
) -> dict[int, Learned]:
    """Learn from what was known at each of several moments, ``settings.workers`` at a time.

    Parameters
    ----------
    panel : Panel
        One row per customer and cutoff.
    contract : LabelContract
        The target.
    settings : TrainSettings
        As shipped.
    moments : sequence of int
        Microseconds.
    include_dormant : bool
        Whether dormant customers are in the risk set.

    Returns
    -------
    dict of int to Learned
        What was learnt, by moment.
    """
    newest_first = sorted(set(moments), reverse=True)  # the newest knows most and takes longest
    tasks = [partial(learn, panel, contract, settings, moment, include_dormant) for moment in newest_first]
    return dict(zip(newest_first, side_by_side(tasks, settings.workers), strict=True))


def out_of_time(
    panel: Panel,
    contract: LabelContract,
    settings: TrainSettings,
    against: Mapping[str, Baseline],
    test_cutoffs: int | Sequence[int],
    include_dormant: bool = False,
    learned_at: Mapping[int, Learned] | None = None,
) -> pa.Table:
    """Predict the newest test cutoffs, each by models learnt on what was known at that cutoff.

    Parameters
    ----------
    panel : Panel
        One row per customer and cutoff.
    contract : LabelContract
        The target.
    settings : TrainSettings
        As shipped; nothing is tuned on the test cutoffs.
    against : mapping of str to Baseline
        Each adds a column ``p_<name>``; one whose columns are not in the feature table is left out.
    test_cutoffs : int or sequence of int
        How many of the newest, or which (microseconds).
    include_dormant : bool
        Whether dormant customers are in the risk set.
    learned_at : mapping of int to Learned, optional
        What was learnt at the test cutoffs (`learn_each`), where it is at hand; else it is learnt here.

    Returns
    -------
    pyarrow.Table
        One row per customer at risk and test cutoff, by cutoff and customer: ``customer_id, cutoff_us, phase,
        y`` (0 or 1), ``p`` and ``p_<baseline>``. What was learnt at each cutoff goes along: ``models.learnt``.
    """
    if isinstance(test_cutoffs, int):
        test_cutoffs = newest_test_cutoffs(panel, contract, test_cutoffs)
    against = readable(against, panel, contract)
    if learned_at is None:
        learned_at = learn_each(panel, contract, settings, test_cutoffs, include_dormant)
    tables, served = [], []
    for cutoff in sorted(test_cutoffs):
        learned = learned_at[cutoff]
        rows = panel.take(_judged(panel, cutoff, include_dormant))
        known = panel.take(matured(panel, contract, cutoff, include_dormant))
        tables.append(_predictions(rows, known, learned, against))
        served.append(
            {
                "cutoff_us": cutoff, "candidate": learned.pooled.candidate, "reason": learned.pooled.reason,
                "rates": known_rates(known),
            }
        )  # fmt: skip
    if not tables:
        empty = panel.take(np.zeros(len(panel), dtype=np.bool_))
        return _table(empty, {name: np.zeros(0) for name in ("p", *(f"p_{name}" for name in against))})
    return with_learnt(pa.concat_tables(tables).combine_chunks(), served)


def readable(against: Mapping[str, Baseline], panel: Panel, contract: LabelContract) -> dict[str, Baseline]:
    """Keep the baselines whose columns the panel has: fewer families must not stop training."""
    kept = {}
    for name, baseline in against.items():
        absent = missing(panel, contract, baseline.reads)
        if absent:
            logger.warning("%s: baseline %s is left out: it needs %s", contract.target, name, absent)
        else:
            kept[name] = baseline
    return kept


def _judged(panel: Panel, cutoff_us: int, include_dormant: bool) -> npt.NDArray[np.bool_]:
    mask = (panel.cutoff_us == cutoff_us) & panel.population & ~np.isnan(panel.y)
    return np.asarray(mask if include_dormant else mask & ~panel.in_phase(DORMANT), dtype=np.bool_)


def _predictions(rows: Panel, known: Panel, learned: Learned, against: Mapping[str, Baseline]) -> pa.Table:
    columns = {"p": learned.predict(rows)}
    for name, baseline in against.items():
        columns[f"p_{name}"] = baseline.fit(known, learned.contract).predict(rows)
    return _table(rows, columns)


def _table(rows: Panel, predictions: Mapping[str, npt.NDArray[np.float64]]) -> pa.Table:
    names = np.asarray(rows.phases, dtype=object)[rows.phase]
    keys = {
        "customer_id": pa.array(rows.customer_id, pa.int64()),
        "cutoff_us": pa.array(rows.cutoff_us, pa.int64()),
        "phase": pa.array(names, pa.string()),
        "y": pa.array(rows.y, pa.float32()),
    }
    return pa.table({**keys, **{name: pa.array(p, pa.float64()) for name, p in predictions.items()}})
