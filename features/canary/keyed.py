"""A keyed hash of ids: draws that do not depend on the order of rows, on batches or on the machine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.history import Floats, Ints

_GOLDEN = 0x9E3779B97F4A7C15
_WORD = 2**64 - 1


def keyed(ids: Ints, *key: int) -> NDArray[np.uint64]:
    """Hash ids with a key (SplitMix64 [1]_).

    Parameters
    ----------
    ids : array of int64
        What is hashed, one number at a time.
    *key : int
        Small whole numbers; another key gives numbers that have nothing to do with these.

    Returns
    -------
    array of uint64

    References
    ----------
    .. [1] G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.

    Examples
    --------
    >>> ids = np.array([1, 2, 1])
    >>> one = keyed(ids, 7)
    >>> bool(one[0] == one[2] != one[1]), bool((one != keyed(ids, 8)).all())
    (True, True)
    """
    out = ids.astype(np.uint64, casting="unsafe")
    for number in (*key, 0):
        out = _mixed(out + np.uint64((number + 1) * _GOLDEN & _WORD))
    return out


def unit(ids: Ints, *key: int) -> Floats:
    """Hash ids with a key to numbers in [0, 1).

    Examples
    --------
    >>> drawn = unit(np.arange(1000), 3)
    >>> bool(0 <= drawn.min() < 0.01), bool(0.99 < drawn.max() < 1), bool(abs(drawn.mean() - 0.5) < 0.05)
    (True, True, True)
    """
    return (keyed(ids, *key) >> np.uint64(11)).astype(np.float64) / 2.0**53


def new_ids(ids: Ints, *key: int) -> Ints:
    """Give every id another one, never negative; equal ids get equal ones."""
    return (keyed(ids, *key) >> np.uint64(1)).astype(np.int64)


def one_of(values: tuple[int, ...], ids: Ints, *key: int) -> Ints:
    """Give every id one of a few values.

    Examples
    --------
    >>> sorted(set(one_of((5, 6), np.arange(20), 1).tolist()))
    [5, 6]
    """
    drawn: Ints = np.asarray(values, dtype=np.int64)[keyed(ids, *key) % np.uint64(len(values))]
    return drawn


def _mixed(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))
