"""The whole simulation: weeks one after the other, decisions every fourth, everything that happened kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipelines.demo_shop.effects import SCALE, Seen, deltas, seen
from pipelines.demo_shop.evidence import phase_of
from pipelines.demo_shop.happenings import Week
from pipelines.demo_shop.policy import Decided, decide
from pipelines.demo_shop.settings import DemoSettings
from pipelines.demo_shop.state import Floats, Ints, State, first_people
from pipelines.demo_shop.week import Draws, advance


@dataclass(frozen=True)
class Monday:
    """The state on a Monday, before anything of the week happened."""

    week: int
    state: State
    phase: Ints
    decided: Decided | None


def lives(settings: DemoSettings, *, mondays: bool = False) -> Iterator[tuple[Monday, Week]]:
    """Give week after week: the Monday (its state is a copy if ``mondays``) and what happened.

    Examples
    --------
    >>> small = DemoSettings(customers=100, days=84)
    >>> [week.week for _, week in lives(small)][-1]
    11
    """
    state = first_people(settings)
    everybody = np.arange(len(state))
    for week in range(settings.weeks):
        phase = phase_of(state, 7 * week)
        x = seen(state, 7 * week)
        rng = np.random.default_rng([settings.seed, 2, week])
        decided = decide(state, x, phase, rng, settings) if settings.decides(week) else None
        action, lift = acted(x, phase, decided, settings)
        monday = Monday(week, state.take(everybody) if mondays else state, phase, decided)
        draws = Draws(np.random.default_rng([settings.seed, 3, week]), len(state))
        yield monday, advance(state, week, phase, action, lift, draws, settings)


def acted(x: Seen, phase: Ints, decided: Decided | None, settings: DemoSettings) -> tuple[Ints, Floats]:
    """Give the action of everybody (0 for who was not decided about), and its logit effect."""
    action, lift = np.zeros(len(phase), dtype=np.int64), np.zeros(len(phase))
    if decided is not None:
        action[decided.person] = decided.action
        effect = deltas(x, settings.world)[np.arange(len(phase)), action]
        lift = np.where(action > 0, SCALE[phase] * effect, 0.0)
    return action, lift
