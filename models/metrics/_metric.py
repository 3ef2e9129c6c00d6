"""What a metric is, and the ranked rows its weighted form works on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from models.metrics._runs import Runs

Floats = NDArray[np.float64]
#: What must be there for the metric to be defined: any row, a row with outcome 1, or both outcomes.
Needs = Literal["rows", "positives", "both"]
#: On which scale the resamples of a metric lie symmetric around its value: as it is, its logarithm, or the log odds
#: of the share it is of the most there can be (of ``k`` times the metric, where it has a top share).
Scale = Literal["plain", "log", "log odds"]


@dataclass(frozen=True)
class Ranked:
    """Rows from the highest to the lowest probability, with the runs of equal probability.

    Attributes
    ----------
    y, p : ndarray of shape (rows,)
        Outcomes (0.0 or 1.0) and probabilities, highest probability first.
    starts : ndarray of shape (runs,)
        Where each run of equal probability begins.
    order : ndarray of shape (rows,)
        Position of each ranked row in the arrays that were given.
    """

    y: Floats
    p: Floats
    starts: NDArray[np.int64]
    order: NDArray[np.int64]

    @property
    def tied(self) -> bool:
        """Whether any two rows share a probability."""
        return len(self.starts) < len(self.p)

    def per_run(self, values: Floats) -> Floats:
        """Sum a (resamples, rows) array within each run of equal probability."""
        return np.add.reduceat(values, self.starts, axis=1) if self.tied else values

    def take(self, keep: NDArray[np.bool_]) -> Ranked:
        """Keep some of the ranked rows (a mask in ranked order) without sorting again."""
        return _ranked(self.y[keep], self.p[keep], self.order[keep])


@dataclass(frozen=True)
class Metric:
    """One number that judges probabilities against outcomes.

    Attributes
    ----------
    name : str
        As in files and in MLflow.
    function : callable
        ``f(y, p) -> float``; NaN where the metric is not defined.
    resampled : callable
        ``f(ranked, weights) -> (resamples,)`` for weights of shape (resamples, rows) in ranked order; equal
        to ``function`` for weights that are all 1, and NaN where a resample leaves it undefined.
    bigger_is_better : bool or None
        ``None``: it describes, it does not judge.
    needs : str
        ``rows``, ``positives`` or ``both`` (outcomes).
    unit : str
        ``ratio``, ``share``, ``nats`` or ``points`` (a difference of shares).
    reference : str
        Where it comes from.
    best : float
        Its value for perfect probabilities (NaN: depends on the data).
    has_interval : bool
        False where resampling pushes the metric up (a calibration error): it is judged by its noise floor.
    k : float or None
        The top share, of a metric that has one; ``at`` makes the same metric for another share.
    of_runs : callable or None
        ``f(runs) -> (resamples,)``, of a metric that needs no more than the ranking (`models.metrics._runs`).
    columns, of_sums : callable or None
        Of a metric that follows from sums over the rows: ``columns(y, p)`` gives what to sum, shape (columns, rows),
        and ``of_sums(sums, rows)`` the metric, from sums of shape (columns, resamples) and rows of shape (resamples,).
    scale : str
        Where its interval is symmetric, see ``Scale``.
    segments_only : bool
        Told of segments, not of whole phases.
    money : bool
        Needs to know what money each row brought.
    """

    name: str
    function: Callable[[Floats, Floats], float]
    resampled: Callable[[Ranked, Floats], Floats]
    bigger_is_better: bool | None
    needs: Needs
    unit: Literal["ratio", "share", "nats", "points"]
    reference: str
    best: float = float("nan")
    has_interval: bool = True
    k: float | None = None
    at: Callable[[float], Metric] | None = None
    of_runs: Callable[[Runs], Floats] | None = None
    columns: Callable[[Floats, Floats], Floats] | None = None
    of_sums: Callable[[Floats, Floats], Floats] | None = None
    scale: Scale = "plain"
    segments_only: bool = False
    money: bool = False

    @property
    def family(self) -> str:
        """Name without the top share: ``lift10`` and ``lift20`` are both ``lift``."""
        return self.name if self.k is None else self.name.rstrip("0123456789.")

    def defined(self, y: Floats) -> bool:
        """Whether these outcomes are enough to compute the metric."""
        positives = int(y.sum())
        if self.needs == "both":
            return 0 < positives < len(y)
        return len(y) > 0 if self.needs == "rows" else positives > 0


def checked(y: ArrayLike, p: ArrayLike) -> tuple[Floats, Floats]:
    """Give outcomes and probabilities as float64, or say what is wrong with them.

    Parameters
    ----------
    y : array_like of shape (rows,)
        Outcomes, 0 or 1.
    p : array_like of shape (rows,)
        Probabilities, in [0, 1].

    Raises
    ------
    ValueError
        If lengths differ, there are no rows, or a value is not allowed.

    Examples
    --------
    >>> checked([1, 0], [0.8, 1.2])
    Traceback (most recent call last):
    ...
    ValueError: probabilities must lie in [0, 1]; row 1 holds 1.2
    """
    outcomes, chances = np.asarray(y, dtype=np.float64), np.asarray(p, dtype=np.float64)
    if outcomes.ndim != 1 or outcomes.shape != chances.shape or not len(outcomes):
        raise ValueError(
            f"y and p must be two columns of one length, not empty; got {outcomes.shape} and {chances.shape}"
        )
    wrong = np.flatnonzero(~((outcomes == 0) | (outcomes == 1)))
    if len(wrong):
        raise ValueError(f"outcomes must be 0 or 1; row {wrong[0]} holds {outcomes[wrong[0]]}")
    wrong = np.flatnonzero(~((chances >= 0) & (chances <= 1)))
    if len(wrong):
        raise ValueError(f"probabilities must lie in [0, 1]; row {wrong[0]} holds {chances[wrong[0]]}")
    return outcomes, chances


def rank(y: ArrayLike, p: ArrayLike) -> Ranked:
    """Sort rows from the highest to the lowest probability and mark the ties.

    Rows with equal probability are put in order of outcome, so that the order of the input leaves no trace.

    Examples
    --------
    >>> ranked = rank([0, 1, 0], [0.2, 0.2, 0.9])
    >>> ranked.p.tolist(), ranked.starts.tolist()
    ([0.9, 0.2, 0.2], [0, 1])
    """
    outcomes, chances = checked(y, p)
    order = np.lexsort((outcomes, -chances)).astype(np.int64)
    return _ranked(outcomes[order], chances[order], order)


def once(ranked: Ranked) -> Floats:
    """Give the weights that count every row once, shape (1, rows)."""
    return np.ones((1, len(ranked.y)))


def divided(above: Floats, below: Floats) -> Floats:
    """Divide, giving NaN where the denominator is 0: a metric is then not defined."""
    found: Floats = np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)
    return found


def mean_of_rows(values: Floats, weights: Floats) -> Floats:
    """Give the weighted mean of one value per row, for each resample."""
    # Not @: BLAS may add in another order on another machine or for another number of resamples.
    above: Floats = (weights * values).sum(axis=1)
    return divided(above, weights.sum(axis=1))


def mean_of_sums(sums: Floats, rows: Floats) -> Floats:
    """Give the mean of the first column, see ``Metric.of_sums``."""
    return divided(sums[0], rows)


def _ranked(y: Floats, p: Floats, order: NDArray[np.int64]) -> Ranked:
    starts = np.flatnonzero(np.concatenate([[True], np.diff(p) != 0])) if len(p) else np.empty(0)
    return Ranked(y, p, starts.astype(np.int64), order)
