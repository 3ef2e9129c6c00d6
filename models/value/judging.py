"""Judge the value out of time: against what came, and against four simple ways to say it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.settings import DORMANT, LabelContract
from models.backtesting import newest_test_cutoffs
from models.bootstrap import CustomerBootstrap, interval
from models.learning import matured
from models.panel import Panel
from models.settings import EvaluationSettings
from models.value import measures
from models.value.baselines import RETENTION, fitted, left_out
from models.value.bundle import ValueModel
from models.value.deviance import Floats, deviances
from models.value.grade import find, grade
from models.value.learning import learn_each
from models.value.settings import ValueSettings

logger = logging.getLogger(__name__)

#: What the table of predictions holds besides predictions; ``phase`` is left out before judging.
KEYS = ("customer_id", "cutoff_us", "y", "mean")
PREDICTED = "predicted_value"
Measure = Callable[[Floats], Floats]


def out_of_time(
    panel: Panel,
    contract: LabelContract,
    settings: ValueSettings,
    journey: str,
    test_cutoffs: int | Sequence[int],
    learned_at: Mapping[int, tuple[ValueModel, object]] | None = None,
) -> pa.Table:
    """Predict the newest test cutoffs, each by what was known at that cutoff.

    Parameters
    ----------
    panel : Panel
        One row per customer and cutoff, of target ``value``.
    contract : LabelContract
        Gives gap and horizon (days).
    settings : ValueSettings
        As shipped; nothing is tuned on the test cutoffs.
    journey : str
        Name of the phase model.
    test_cutoffs : int or sequence of int
        How many of the newest, or which (microseconds).
    learned_at : mapping of int to (ValueModel, record), optional
        What was learnt at the test cutoffs (`learn_each`), where it is at hand; else it is learnt here.

    Returns
    -------
    pyarrow.Table
        One row per customer of the population in a phase and test cutoff: ``customer_id, cutoff_us, phase, y`` (net
        money that came), ``mean`` (mean money of the rows known then), ``predicted_value`` and one column per
        baseline whose features are there.
    """
    if isinstance(test_cutoffs, int):
        test_cutoffs = newest_test_cutoffs(panel, contract, test_cutoffs)
    if learned_at is None:
        learned_at = learn_each(panel, contract, settings, test_cutoffs, journey)
    nobody = panel.take(np.zeros(len(panel), dtype=np.bool_))
    for name, reason in left_out(nobody, contract).items():
        logger.warning("value: baseline %s is left out: %s", name, reason)
    tables = [_table(nobody, 0.0, {name: np.zeros(0) for name in (PREDICTED, *fitted(nobody, contract))})]
    for cutoff in sorted(test_cutoffs):
        known = panel.take(matured(panel, contract, cutoff))
        judged = ~np.isnan(panel.y) & panel.population & ~panel.in_phase(DORMANT)
        rows = panel.take(judged & (panel.cutoff_us == cutoff))
        said = {PREDICTED: learned_at[cutoff][0].predict(rows)}
        said |= {name: predicts(rows) for name, predicts in fitted(known, contract).items()}
        tables.append(_table(rows, float(known.y.mean(dtype=np.float64)) if len(known) else 0.0, said))
    return pa.concat_tables(tables).combine_chunks()


def judge(
    predictions: pa.Table, settings: EvaluationSettings, phases: Sequence[str], high_value_share: float
) -> dict[str, Any]:
    """Compare predicted money with what came.

    Parameters
    ----------
    predictions : pyarrow.Table
        As ``out_of_time`` gives them.
    settings : EvaluationSettings
        Resamples, confidence, smallest cell, seed.
    phases : sequence of str
        In journey order, without ``dormant``.
    high_value_share : float
        High-value customers are the fewest that brought this share of the money.

    Returns
    -------
    dict
        ``all`` and one entry per phase with rows: ``rows``, ``customers``, ``buyers`` (rows with money), ``actual``
        and ``predicted`` (means), ``ratio`` (predicted / actual), ``gini``, ``top_share`` (of the money, from the
        tenth predicted highest), ``mae``, ``rmse``, ``spearman``, ``deviance``, ``tenths`` (lowest prediction first),
        ``baselines`` (the same numbers of each, and ``explained``: the share of its deviance that the model takes
        away, above 0 the model is better) and ``grade`` (`models.value.grade.grade`). ``ratio``, ``gini``,
        ``top_share``, ``mae`` and ``explained`` come with ``_low`` and ``_high`` (customers drawn), null in a cell of
        fewer than ``min_cell`` rows. A number that is not defined (no money came) is null.
    """
    if not len(predictions):
        return {}
    table = {name: predictions[name].to_numpy() for name in predictions.column_names if name != "phase"}
    phase = np.asarray(predictions["phase"].to_pylist(), dtype=object)
    drawn = CustomerBootstrap.draw(table["customer_id"], settings.resamples, settings.seed)
    cells = {"all": np.ones(len(phase), dtype=np.bool_)} | {name: phase == name for name in phases}
    return {
        name: _Cell(table, np.flatnonzero(mask), drawn, settings).judged(high_value_share)
        for name, mask in cells.items()
        if mask.any()
    }


class _Cell:
    """The rows of one phase, or all."""

    def __init__(
        self, table: Mapping[str, npt.NDArray[Any]], rows: npt.NDArray[np.int64], drawn: CustomerBootstrap,
        settings: EvaluationSettings,
    ) -> None:  # fmt: skip
        self.table = {name: values[rows] for name, values in table.items()}
        self.rows, self.drawn, self.settings = rows, drawn, settings
        self.y = self.table["y"].astype(np.float64)
        # One floor for all rows: what a prediction counts as may not differ between phases.
        self.mean = float(table["mean"].mean())

    def judged(self, high_value_share: float) -> dict[str, Any]:
        model = self.table[PREDICTED]
        names = [name for name in self.table if name not in (*KEYS, PREDICTED)]
        found = {
            "rows": len(self.y), "customers": len(np.unique(self.table["customer_id"])),
            "buyers": int((self.y > 0).sum()), "actual": float(self.y.mean()), **self.numbers(model),
            "tenths": measures.tenths(self.y, model),
            "baselines": {name: self.against(name) for name in names}, "grade": {},
        }  # fmt: skip
        if RETENTION in names and len(self.y) >= self.settings.min_cell:
            cutoffs, baseline = self.table["cutoff_us"], self.table[RETENTION]
            high = find(cutoffs, self.y, model, baseline, high_value_share)
            found["grade"] = grade(high, self.drawn, self.rows, self.settings)
        return found

    def numbers(self, said: Floats) -> dict[str, Any]:
        """Give the numbers of one prediction."""
        away = said - self.y
        return {
            "predicted": float(said.mean()),
            "rmse": float(np.sqrt((away * away).mean())),
            "deviance": float(self.losses(said).mean()),
            "spearman": measures.spearman(self.y, said),
            **self.spanned("ratio", partial(measures.ratio, self.y, said)),
            **self.spanned("gini", partial(measures.gini, self.y, said)),
            **self.spanned("top_share", partial(measures.top_share, self.y, said)),
            **self.spanned("mae", partial(measures.mean, np.abs(away))),
        }

    def against(self, name: str) -> dict[str, Any]:
        """Give the numbers of a baseline, and what the model takes away of its deviance."""
        said = self.table[name]
        ours, theirs = self.losses(self.table[PREDICTED]), self.losses(said)
        return self.numbers(said) | self.spanned("explained", partial(measures.explained, ours, theirs))

    def losses(self, said: Floats) -> Floats:
        return deviances(self.y, said, self.mean)

    def spanned(self, name: str, measure: Measure) -> dict[str, float | None]:
        """Give a number with the ends of its interval."""
        value = float(measure(np.ones((1, len(self.rows))))[0])
        low = high = np.nan
        if len(self.rows) >= self.settings.min_cell:
            resampled = np.concatenate([measure(weights) for weights in self.drawn.blocks(self.rows)])
            low, high = interval(value, resampled, self.settings.confidence)
        spans = {name: value, f"{name}_low": low, f"{name}_high": high}
        return {key: float(one) if np.isfinite(one) else None for key, one in spans.items()}


def _table(rows: Panel, mean: float, said: Mapping[str, Floats]) -> pa.Table:
    keys = {
        "customer_id": pa.array(rows.customer_id, pa.int64()),
        "cutoff_us": pa.array(rows.cutoff_us, pa.int64()),
        "phase": pa.array(np.asarray(rows.phases, dtype=object)[rows.phase], pa.string()),
        "y": pa.array(rows.y, pa.float32()),
        "mean": pa.array(np.full(len(rows), mean), pa.float64()),
    }
    return pa.table(keys | {name: pa.array(values, pa.float64()) for name, values in said.items()})
