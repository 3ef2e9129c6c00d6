"""Probabilities of competing exits: only possible ones, none of them zero, exactly 1 together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from features.labels.exits import EXITS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: Columns of the probabilities, in files.
P = tuple(f"p_{name}" for name in EXITS)
#: The least probability of a possible exit: what was never seen may still happen.
FLOOR = 1e-4
#: Probabilities are whole numbers of this part, so that their sum is 1 to the last bit, added in any order.
GRAIN = 2.0**-40


def to_one(p: Floats, possible: Mask) -> Floats:
    """Make probabilities out of weights: 0 where impossible, at least ``FLOOR`` elsewhere, sum exactly 1.

    Parameters
    ----------
    p : float array, shape (n, exits)
        Not negative; need not sum to 1.
    possible : bool array, shape (n, exits)
        At least one exit of each row.

    Returns
    -------
    float array, shape (n, exits)
        Multiples of ``GRAIN``.

    Examples
    --------
    >>> p = to_one(np.array([[0.3, 0.3, 0.3, 0.3]]), np.array([[True, True, False, True]]))
    >>> p.round(4).tolist(), float(p.sum())
    ([[0.3333, 0.3333, 0.0, 0.3333]], 1.0)
    """
    weight = np.where(possible, np.maximum(p, 0.0), 0.0)
    total = weight.sum(axis=1, keepdims=True)
    number = possible.sum(axis=1, keepdims=True)
    share = np.where(total > 0, weight / np.where(total > 0, total, 1.0), possible / number)
    share = np.where(possible, FLOOR + (1.0 - FLOOR * number) * share, 0.0)
    grains = np.rint(share / GRAIN)
    row, largest = np.arange(len(grains)), np.argmax(grains, axis=1)
    grains[row, largest] += 1.0 / GRAIN - grains.sum(axis=1)
    return np.asarray(grains * GRAIN, dtype=np.float64)


def of_what_happened(p: Floats, y: Ints) -> Floats:
    """Give the probability of the exit that happened, one per row of ``p`` (n, exits)."""
    return np.asarray(p[np.arange(len(y)), y], dtype=np.float64)


def losses(p: Floats, y: Ints) -> Floats:
    """Give the log loss of each row in nats, the probability kept at 1e-4 or more.

    Examples
    --------
    >>> losses(np.array([[0.5, 0.5, 0.0, 0.0]]), np.array([1])).round(3).tolist()
    [0.693]
    """
    return np.asarray(-np.log(np.maximum(of_what_happened(p, y), 1e-4)), dtype=np.float64)


def softmax(scores: Floats) -> Floats:
    """Turn scores (n, exits) into probabilities, without overflow."""
    above = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(above / above.sum(axis=1, keepdims=True), dtype=np.float64)


def logs(p: Floats) -> Floats:
    """Give logarithms of probabilities, kept at 1e-6 or more."""
    return np.asarray(np.log(np.maximum(p, 1e-6)), dtype=np.float64)


def mixed(parts: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """Mix probabilities of several models in logarithms.

    Examples
    --------
    >>> mixed({"a": np.array([[0.2, 0.8]]), "b": np.array([[0.8, 0.2]])}, {"a": 0.5, "b": 0.5}).tolist()
    [[0.5, 0.5]]
    """
    if len(weights) == 1:
        return parts[next(iter(weights))]
    first = parts[next(iter(weights))]
    total = np.zeros(first.shape)
    for name, weight in weights.items():
        total += weight * logs(parts[name])
    return softmax(total)


def shares(y: Ints, phase: Ints, phases: int) -> Floats:
    """Give the share of each exit per phase, drawn to the shares over all phases by the weight of ten rows.

    Parameters
    ----------
    y : int array, shape (n,)
        Places in ``EXITS``.
    phase : int array, shape (n,)
        Place of the phase.
    phases : int
        Number of places.

    Returns
    -------
    float array, shape (phases, exits)
        Rows sum to 1; without any row of data every exit is equally likely.

    Examples
    --------
    >>> shares(np.array([0, 0, 1]), np.array([0, 0, 1]), 2).round(2).tolist()[0][:2]
    [0.52, 0.24]
    """
    number = len(EXITS)
    whole = (np.bincount(y, minlength=number) + 1.0) / (len(y) + number)
    counts = np.bincount(phase * number + y, minlength=phases * number).reshape(phases, number)
    return np.asarray((counts + 10.0 * whole) / (counts.sum(axis=1, keepdims=True) + 10.0))
