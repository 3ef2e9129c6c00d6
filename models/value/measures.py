"""Numbers that judge predicted money, each for many resamples of the customers at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.value.deviance import Floats

#: The share of customers of whom it is asked how much of the money they brought.
TOP = 0.1


@dataclass(frozen=True)
class ByPrediction:
    """Rows from the highest to the lowest prediction, runs of equal predictions marked.

    Attributes
    ----------
    order : int array, shape (n,)
        Positions of the rows.
    starts : int array
        Where each run begins.
    """

    order: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, predicted: Floats) -> ByPrediction:
        """Sort predictions."""
        order = np.argsort(-predicted, kind="stable")
        change = np.diff(predicted[order]) != 0
        return cls(order, np.flatnonzero(np.concatenate([[True], change])))

    def curve(self, y: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Give the shares of customers and of money reached, run by run, each (resamples, runs + 1)."""
        drawn = weights[:, self.order]
        people = np.add.reduceat(drawn, self.starts, axis=1).cumsum(axis=1)
        money = np.add.reduceat(drawn * y[self.order], self.starts, axis=1).cumsum(axis=1)
        return _from_zero(people), _from_zero(money)


def gini(y: Floats, predicted: Floats, weights: Floats) -> Floats:
    """Give the normalised Gini coefficient: how well the prediction ranks customers by the money they bring.

    1 ranks as well as knowing the money beforehand, 0 as well as drawing lots. Equal predictions count half.

    Parameters
    ----------
    y, predicted : float array, shape (n,)
        Money that came and that was predicted.
    weights : float array, shape (resamples, n)
        How often each row counts.

    Returns
    -------
    float array, shape (resamples,)
        NaN where there is no money to rank by.

    References
    ----------
    Frees, Meyers and Cummings (2011), Summarizing insurance scores using a Gini index, JASA 106.

    Examples
    --------
    >>> y = np.array([0.0, 1.0, 3.0])
    >>> gini(y, y * 2, np.ones((1, 3))).tolist(), gini(y, -y, np.ones((1, 3))).tolist()
    ([1.0], [-1.0])
    """
    own, best = (_area(ByPrediction.of(score), y, weights) for score in (predicted, y))
    return _divided(own, best)


def top_share(y: Floats, predicted: Floats, weights: Floats) -> Floats:
    """Give the share of all money that came from the ``TOP`` of customers predicted to bring most.

    Examples
    --------
    >>> y = np.array([5.0] + [1.0] * 5 + [0.0] * 4)
    >>> top_share(y, y, np.ones((1, 10))).tolist()
    [0.5]
    """
    people, money = ByPrediction.of(predicted).curve(y, weights)
    reached = [np.interp(TOP * p[-1], p, m) for p, m in zip(people, money, strict=True)]
    return _divided(np.asarray(reached), money[:, -1])


def ratio(y: Floats, predicted: Floats, weights: Floats) -> Floats:
    """Give predicted / actual money: 1 is right on the whole.

    Examples
    --------
    >>> ratio(np.array([1.0, 3.0]), np.array([3.0, 3.0]), np.ones((1, 2))).tolist()
    [1.5]
    """
    return _divided(_sums(predicted, weights), _sums(y, weights))


def explained(loss: Floats, of_baseline: Floats, weights: Floats) -> Floats:
    """Give the share of a baseline's loss that the model takes away: 0 is no better, 1 is perfect.

    Examples
    --------
    >>> explained(np.array([1.0, 2.0]), np.array([2.0, 4.0]), np.ones((1, 2))).tolist()
    [0.5]
    """
    return 1.0 - _divided(_sums(loss, weights), _sums(of_baseline, weights))


def mean(values: Floats, weights: Floats) -> Floats:
    """Give the mean of one value per row, per resample."""
    return _divided(_sums(values, weights), np.einsum("ij->i", weights))


def spearman(y: Floats, predicted: Floats) -> float | None:
    """Give the rank correlation of predicted and actual money; None where one of them is the same for all."""
    if not len(y) or y.min() == y.max() or predicted.min() == predicted.max():
        return None
    from scipy.stats import spearmanr

    return float(spearmanr(predicted, y).statistic)


def tenths(y: Floats, predicted: Floats) -> list[dict[str, float | None]]:
    """Compare predicted and actual money of ten groups of equal size, from the lowest prediction to the highest.

    Returns
    -------
    list of dict
        ``rows``, mean ``predicted`` and ``actual`` money, and their ``ratio`` (None without money); groups that
        would be empty are left out.

    Examples
    --------
    >>> found = tenths(np.repeat([1.0, 3.0], 10), np.repeat([1.0, 6.0], 10))
    >>> [group["ratio"] for group in found][::9]
    [1.0, 2.0]
    """
    order = np.argsort(predicted, kind="stable")
    groups = [rows for rows in np.array_split(order, 10) if len(rows)]
    found = []
    for rows in groups:
        said, came = float(predicted[rows].mean()), float(y[rows].mean())
        found.append(
            {"rows": len(rows), "predicted": said, "actual": came, "ratio": said / came if came > 0 else None}
        )
    return found


def _area(ranked: ByPrediction, y: Floats, weights: Floats) -> Floats:
    """Area between the curve of money over customers and the diagonal, in shares."""
    people, money = ranked.curve(y, weights)
    steps, heights = np.diff(people, axis=1), money[:, 1:] + money[:, :-1]
    below = np.einsum("ij,ij->i", steps, heights) / 2.0
    total = people[:, -1] * money[:, -1]
    area: Floats = _divided(below, total) - 0.5
    return area


def _from_zero(values: Floats) -> Floats:
    return np.concatenate([np.zeros((len(values), 1)), values], axis=1)


def _sums(values: Floats, weights: Floats) -> Floats:
    # Not @: BLAS may add in another order on another machine or for another number of resamples.
    found: Floats = np.einsum("ij,j->i", weights, values)
    return found


def _divided(above: Floats, below: Floats) -> Floats:
    """Divide, giving NaN where the denominator is not above 0: the number is then not defined."""
    found: Floats = np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)
    return found
