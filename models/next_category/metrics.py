"""How well a ranking of categories names what a customer bought: NDCG and hit rate, one value per customer."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def top(scores: Floats, among: Mask, k: int) -> npt.NDArray[np.int64]:
    """Give the places of the ``k`` best categories per customer; of equals the one bought most by all.

    Parameters
    ----------
    scores : float array, shape (customers, categories)
        Categories stand most bought first.
    among : bool array, same shape
        Which compete.

    Returns
    -------
    int64 array, shape (customers, min(k, categories))
        -1 where fewer compete.

    Examples
    --------
    >>> top(np.array([[0.2, 0.9, 0.9]]), np.array([[True, False, True]]), 3).tolist()
    [[2, 0, -1]]
    """
    order = np.argsort(-np.where(among, scores, -np.inf), axis=1, kind="stable")[:, :k]
    found: npt.NDArray[np.int64] = np.where(np.take_along_axis(among, order, axis=1), order, -1)
    return found


def ndcg(scores: Floats, relevant: Mask, among: Mask, k: int = 5) -> Floats:
    """Normalised discounted cumulative gain, relevant or not; NaN for who bought none of those that compete.

    References
    ----------
    Jarvelin and Kekalainen (2002), "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20.

    Examples
    --------
    >>> every = np.ones((1, 3), dtype=bool)
    >>> ndcg(np.array([[3.0, 2.0, 1.0]]), np.array([[True, True, False]]), every).tolist()
    [1.0]
    """
    hits = _hits(scores, relevant, among, k)
    discounts = [1.0 / math.log2(place + 2) for place in range(hits.shape[1])]
    best = np.concatenate([[np.nan], np.cumsum(discounts)])
    number = np.minimum((relevant & among).sum(axis=1), hits.shape[1])
    gain = np.zeros(len(hits))
    for place, discount in enumerate(discounts):
        gain += discount * hits[:, place]
    return np.asarray(gain / best[number], dtype=np.float64)


def hit_rate(scores: Floats, relevant: Mask, among: Mask, k: int = 3) -> Floats:
    """1 if one of the ``k`` best was bought, else 0; NaN for who bought none of those that compete."""
    hit = _hits(scores, relevant, among, k).any(axis=1)
    some = (relevant & among).any(axis=1)
    return np.where(some, hit.astype(np.float64), np.nan)


def _hits(scores: Floats, relevant: Mask, among: Mask, k: int) -> Mask:
    best = top(scores, among, k)
    hits: Mask = np.take_along_axis(relevant, np.maximum(best, 0), axis=1) & (best >= 0)
    return hits
