"""Whether the customers of a log are spread over the folds: what is learnt is judged on other customers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.actions.keyed_draws import customer_folds

IntArray = NDArray[np.int64]

#: What each split is for; part of its key, so that no two splits are the same.
PROPENSITIES, TOURNAMENT, WHOLE = "propensities", "tournament", "whole"


def without(fold: int) -> str:
    """Name the inner split of the rule that is learnt without an outer fold."""
    return f"without {fold}"


def unspread(customers: IntArray, arm: IntArray, arms: int, folds: int, seed: int) -> list[int]:
    """Positions of the arms whose customers lie in one fold of some split.

    Such an arm is missing from what is learnt without that fold.

    Parameters
    ----------
    customers, arm : array, one per decision
        Who, and the position of what was given; -1 for an action that is no candidate.
    arms, folds, seed : int

    Examples
    --------
    >>> who = np.arange(400)
    >>> unspread(who, who % 2, 2, 3, 7), unspread(np.minimum(who, 200), (who > 200).astype(int), 2, 3, 7)
    ([], [1])
    """
    splits = list(_splits(customers, folds, seed))
    return [
        position
        for position in range(arms)
        if any(len(np.unique(fold[inside & (arm == position)])) < 2 for fold, inside in splits)
    ]


def _splits(customers: IntArray, folds: int, seed: int) -> Iterator[tuple[IntArray, NDArray[np.bool_]]]:
    """Fold per decision, and the decisions that take part, of every split of the tournament and the rule."""
    everybody = np.ones(len(customers), dtype=np.bool_)
    outer = customer_folds(customers, folds, seed, TOURNAMENT)
    yield outer, everybody
    yield customer_folds(customers, folds, seed, WHOLE), everybody
    for held_out in np.unique(outer).tolist():
        yield customer_folds(customers, folds, seed, without(held_out)), outer != held_out
