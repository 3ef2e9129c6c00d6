"""Journey: where the customer has been in the last thirteen weeks, judged week by week.

The weeks are those of `features.phases.phase_walk`: today and 13 steps of seven days back, by the same rules, on the
rows as known at the cutoff. ``dormant`` ranks below every phase. How long the present phase has lasted is
``days_in_phase`` and is not repeated here.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from features.families._base import Family, Measure, Scope
from features.history import Floats, History, Mask
from features.phases import phase_walk
from features.settings import DORMANT, JourneySettings


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    if scope.journey is None or not scope.journey.phases:
        return
    walk = phase_walk(history, scope.journey, scope)
    yield from _dwell(walk, scope.journey)
    # Before the first event there is no phase, and so no change out of it.
    changed = (walk[1:] >= 0) & (walk[:-1] != walk[1:])
    visited = sum((walk == place).any(axis=0) for place in range(len(scope.journey.phase_keys))) + 0.0
    changes = changed.sum(axis=0) + 0.0
    yield Measure("phases_visited", visited, "phases", "Different phases in the last 13 weeks",
                  "Verschillende fasen in de laatste 13 weken")  # fmt: skip
    yield Measure("changes", changes, "changes", "Changes of phase in the last 13 weeks",
                  "Wisselingen van fase in de laatste 13 weken")  # fmt: skip
    yield Measure("re_entries", changes + 1.0 - visited, "changes", "Times the customer came back to a phase",
                  "Keren dat de klant in een fase terugkeerde")  # fmt: skip
    yield from _direction(np.where(walk == len(scope.journey.phases), -1, walk), changed)
    yield from _before(walk, changed)


def _dwell(walk: NDArray[np.int8], journey: JourneySettings) -> Iterator[Measure]:
    weeks = (walk >= 0).sum(axis=0)
    words = {phase.key: phase.label for phase in journey.phases} | {DORMANT: journey.dormant}
    for place, key in enumerate(journey.phase_keys):
        share: Floats = (walk == place).sum(axis=0) / weeks
        yield Measure(f"share_{key}", share, "share",
                      f"Share of the last 13 weeks in phase {words[key]['en']}",
                      f"Aandeel van de laatste 13 weken in fase {words[key]['nl']}")  # fmt: skip


def _direction(rank: NDArray[np.int8], changed: Mask) -> Iterator[Measure]:
    steps = np.where(changed, np.sign(rank[:-1] - rank[1:]), 0)
    newest = np.take_along_axis(steps, changed.argmax(axis=0)[np.newaxis], axis=0)[0]
    yield Measure("advance", steps.sum(axis=0) + 0.0, "changes",
                  "Changes to a later phase less changes to an earlier one",
                  "Wisselingen naar een latere fase min die naar een eerdere")  # fmt: skip
    yield Measure("last_direction", newest + 0.0, "-1..1",
                  "The last change: 1 to a later phase, -1 to an earlier one, 0 none",
                  "De laatste wisseling: 1 naar een latere fase, -1 naar een eerdere, 0 geen")  # fmt: skip


def _before(walk: NDArray[np.int8], changed: Mask) -> Iterator[Measure]:
    lap = changed.cumsum(axis=0)
    weeks = ((lap == 1) & (walk[1:] >= 0)).sum(axis=0) + 0.0
    yield Measure("weeks_in_phase_before", weeks, "weeks", "Weeks in the phase before the present one",
                  "Weken in de fase voor de huidige")  # fmt: skip


FAMILY = Family(_measures)
