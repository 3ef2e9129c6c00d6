"""Every metric of one group of rows, on the rows as they are and on each resample of their customers, in one go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.bootstrap import BLOCK, CustomerBootstrap, Floats
from models.metrics import Metric, Ranked
from models.metrics._runs import Runs

if TYPE_CHECKING:
    from scipy import sparse

Integers = NDArray[np.int64]
#: Resamples look at no more than this many runs of neighbouring rows; the values themselves at every row. Five hundred
#: steps of the ranking change the spread of a metric by far less than the chance in some hundreds of resamples.
MOST_RUNS = 500


@dataclass(frozen=True)
class CellDraws:
    """What was found of one group.

    Attributes
    ----------
    values : dict of str to float
        The metric on the rows as they are; NaN where it is not defined.
    draws : dict of str to ndarray of shape (resamples,)
        The metric on each resample.
    """

    values: dict[str, float]
    draws: dict[str, Floats]


def cell_draws(
    boot: CustomerBootstrap, metrics: Sequence[Metric], ranked: Ranked, money: Floats | None = None
) -> CellDraws:
    """Judge one group of rows and all its resamples.

    What a metric needs is a sum over the rows of each run of the ranking, or over all rows, and a sum over rows is one
    over customers: every resample of every sum comes from one sparse product with the table that says how often each
    customer was drawn.

    Parameters
    ----------
    boot : CustomerBootstrap
        The resamples.
    metrics : sequence of Metric
        Those with ``of_runs`` or ``of_sums``.
    ranked : Ranked
        The rows of the group, at least one.
    money : ndarray of shape (rows,), optional
        Net money of each row, in ranked order.

    Examples
    --------
    >>> from models.metrics import everything, rank
    >>> boot = CustomerBootstrap.draw(np.arange(4), resamples=3, seed=1)
    >>> found = cell_draws(boot, [everything()["roc_auc"]], rank([1, 0, 1, 0], [0.9, 0.7, 0.4, 0.1]))
    >>> found.values["roc_auc"], len(found.draws["roc_auc"])
    (0.75, 3)
    """
    columns = [metric.columns(ranked.y, ranked.p) if metric.columns else None for metric in metrics]
    sums = [None if column is None else column.sum(axis=1)[:, None] for column in columns]
    exact = _judged(metrics, Runs.of(ranked, np.ones((1, len(ranked.y))), money), sums)
    parts = [_judged(metrics, runs, drawn) for runs, drawn in _resampled(boot, ranked, money, columns)]
    draws = {metric.name: np.concatenate([part[metric.name] for part in parts]) for metric in metrics}
    return CellDraws({name: float(value[0]) for name, value in exact.items()}, draws)


def _judged(metrics: Sequence[Metric], runs: Runs, sums: Sequence[Floats | None]) -> dict[str, Floats]:
    found = {}
    for metric, drawn in zip(metrics, sums, strict=True):
        if metric.of_sums is not None and drawn is not None:
            found[metric.name] = metric.of_sums(drawn, runs.total)
        elif metric.of_runs is not None:
            found[metric.name] = metric.of_runs(runs)
        else:
            raise ValueError(f"metric {metric.name} has neither of_runs nor of_sums")
    return found


def _resampled(
    boot: CustomerBootstrap, ranked: Ranked, money: Floats | None, columns: Sequence[Floats | None]
) -> Iterator[tuple[Runs, list[Floats | None]]]:
    """Give the runs and the sums of the columns, a block of resamples at a time."""
    run, count = _run_of_row(ranked)
    local, code = boot.among(ranked.order)
    table = _table(ranked, run, count, code, len(local), money, columns)
    for drawn in boot.times_drawn(local, max(1, BLOCK // (len(local) + table.shape[0]))):
        sums = table @ drawn
        negatives, positives = sums[:count].T, sums[count : 2 * count].T
        captured = None if money is None else sums[2 * count : 3 * count].T
        rest = sums[(2 if money is None else 3) * count :]
        yield Runs(negatives + positives, positives, captured), _cut(rest, columns)


def _table(
    ranked: Ranked, run: Integers, count: int, code: Integers, customers: int, money: Floats | None,
    columns: Sequence[Floats | None],
) -> sparse.csr_array:  # fmt: skip
    """Give what each customer adds to each sum: rows without outcome 1 per run, with it, money, and each column."""
    from scipy import sparse

    parts = [(run[some], code[some], np.ones(int(some.sum()))) for some in (ranked.y == 0, ranked.y == 1)]
    if money is not None:
        parts.append((run, code, money))
    lengths = [np.bincount(place, minlength=count) for place, _, _ in parts]
    of_columns = [one for column in columns if column is not None for one in column]
    whole = [np.bincount(code, weights=one, minlength=customers) for one in of_columns]
    lengths.append(np.full(len(whole), customers))
    begins = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    who = np.concatenate([*(codes for _, codes, _ in parts), np.tile(np.arange(customers), len(whole))])
    worth = np.concatenate([*(worth for _, _, worth in parts), *whole])
    return sparse.csr_array((worth, who, begins), shape=(len(begins) - 1, customers))


def _cut(sums: Floats, columns: Sequence[Floats | None]) -> list[Floats | None]:
    found: list[Floats | None] = []
    at = 0
    for column in columns:
        found.append(None if column is None else sums[at : at + len(column)])
        at += 0 if column is None else len(column)
    return found


def _run_of_row(ranked: Ranked) -> tuple[Integers, int]:
    """Tell which run of the resamples a row is in: those of equal probability, joined where they are many."""
    rows = len(ranked.y)
    length = np.diff(np.append(ranked.starts, rows))
    if len(length) > MOST_RUNS:
        middle = ranked.starts + length / 2
        joined = np.unique((middle * (MOST_RUNS / rows)).astype(np.int64), return_inverse=True)[1]
    else:
        joined = np.arange(len(length))
    return np.repeat(joined.astype(np.int64), length), int(joined[-1]) + 1
