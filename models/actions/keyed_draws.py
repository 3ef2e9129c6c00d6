"""Random-looking numbers that are a function of the customer and a key: same key, same draw, in any order."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


def keyed_uniform(customers: IntArray, *key: object) -> NDArray[np.float64]:
    """One number in [0, 1) per customer, fixed by the customer and the key alone.

    Parameters
    ----------
    customers : array of int64, any grain
        Pseudonyms; the same customer gets the same number.
    *key : object
        What the draw is for, for example a purpose, a moment and a policy version.

    Examples
    --------
    >>> ids = np.array([11, 12, 11])
    >>> draw = keyed_uniform(ids, "control", 2024)
    >>> bool(draw[0] == draw[2]), bool(draw[0] == keyed_uniform(ids, "control", 2025)[0])
    (True, False)
    """
    return (_mixed(customers, *key) >> np.uint64(11)).astype(np.float64) / 2.0**53


def customer_folds(customers: IntArray, folds: int, *key: object) -> IntArray:
    """Fold number 0 .. folds-1 per row; all rows of a customer share one fold.

    Parameters
    ----------
    customers : array of int64, any grain
        Pseudonyms.
    folds : int
        How many.
    *key : object
        The seed, and whatever tells one split from another.

    Examples
    --------
    >>> fold = customer_folds(np.array([7, 8, 7, 9]), 3, 1)
    >>> bool(fold[0] == fold[2]), sorted(set(fold.tolist())) <= [0, 1, 2]
    (True, True)
    """
    return (_mixed(customers, "fold", *key) % np.uint64(folds)).astype(np.int64)


def _mixed(customers: IntArray, *key: object) -> NDArray[np.uint64]:
    """splitmix64 of the customer, started from a digest of the key."""
    digest = hashlib.blake2b("\x1f".join(map(str, key)).encode(), digest_size=8).digest()
    state: NDArray[np.uint64] = customers.astype(np.uint64) ^ np.frombuffer(digest, dtype="<u8")[0]
    for _ in range(2):
        state = state + np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(31))
    return state
