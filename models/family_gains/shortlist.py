"""Which families do on their own, and which few together keep most of what all bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from models.family_gains.trial import Trial
from models.side_by_side import side_by_side


@dataclass(frozen=True)
class Shortlist:
    """What families bring without each other.

    Attributes
    ----------
    alone : mapping of str to float
        Share of the gain of all columns that each family reaches with nothing but the phases beside it; empty if all
        columns together do not beat the base rate.
    phases : float or None
        The share that the phases reach with no family at all.
    families : sequence of str
        The fewest that together keep what was asked, in the order in which they were added.
    """

    alone: Mapping[str, float]
    phases: float | None
    families: Sequence[str]


def shortlist(
    trials: Sequence[Trial], groups: Mapping[str, Sequence[str]], keep: float, workers: int
) -> Shortlist:
    """Find the fewest families that together keep most of the gain, greedily.

    The family that reaches most comes first, then the one that adds most to it, and so on, in the mean of the targets.
    What a family added before is nearly always the most it can add later: a family is tried again only when that is
    more than the best was found to add (Minoux).

    Parameters
    ----------
    trials : sequence of Trial
        One per target.
    groups : mapping of str to sequence of str
        The columns of each family; columns outside all groups (the phases) are always there.
    keep : float
        Share of the gain over the base rate that must be kept.
    workers : int
        Models learnt at the same time.

    References
    ----------
    Minoux (1978), "Accelerated greedy algorithms for maximizing submodular set functions".
    """
    base = [float(trial.base_losses().mean()) for trial in trials]

    def gained(choices: Sequence[Sequence[str]]) -> list[list[float]]:
        tasks = [partial(trial.losses, columns) for columns in choices for trial in trials]
        losses = [float(one.mean()) for one in side_by_side(tasks, workers)]
        rows = [losses[start : start + len(trials)] for start in range(0, len(losses), len(trials))]
        return [[before - after for before, after in zip(base, row, strict=True)] for row in rows]

    every = trials[0].columns if trials else ()
    whole = gained([every])[0] if trials else []
    if not whole or min(whole) <= 0:
        return Shortlist({}, None, ())
    grouped = {column for columns in groups.values() for column in columns}
    always = [column for column in every if column not in grouped]

    def shares(choices: Sequence[Sequence[str]]) -> list[float]:
        columns = [[*always, *(column for name in names for column in groups[name])] for names in choices]
        return [
            float(np.mean([one / all_ for one, all_ in zip(row, whole, strict=True)]))
            for row in gained(columns)
        ]

    phases, *reached_alone = shares([[], *([name] for name in groups)])
    alone = dict(zip(groups, reached_alone, strict=True))
    chosen: list[str] = []
    reached, bound, fresh = phases, {name: share - phases for name, share in alone.items()}, set(groups)
    while reached < keep and bound:
        best = max(bound, key=lambda name: (bound[name], name))
        if best not in fresh:
            bound[best] = shares([[*chosen, best]])[0] - reached
            fresh.add(best)
            continue
        chosen.append(best)
        reached, fresh = reached + bound.pop(best), set()
    return Shortlist(alone, phases, tuple(chosen))
