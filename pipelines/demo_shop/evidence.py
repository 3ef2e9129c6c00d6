"""The phase of every person on a Monday: an implementation of five_phase of its own, from the simulator's state.

It shares no code with ``features.phases``, so that the two can be held against each other.
"""

from __future__ import annotations

import numpy as np

from pipelines.demo_shop.state import NEVER, Floats, Ints, State

PHASES = ("awareness", "consideration", "decision", "retention", "advocacy", "dormant")
AWARENESS, CONSIDERATION, DECISION, RETENTION, ADVOCACY, DORMANT = range(6)
#: Usual days between two orders; the same number stands in conf/sources/demo.yaml (rhythm.usual_gap_days).
USUAL_GAP = 28.0


def silence(state: State, day: int) -> tuple[Floats, Floats]:
    """Give days since the last order (infinite without one), and the own mean gap drawn to the usual one."""
    has = state.orders > 0
    gap = (state.last_order - state.first_order + USUAL_GAP) / np.maximum(state.orders, 1)
    return np.where(has, day - state.last_order, np.inf), np.where(has, gap, USUAL_GAP)


def phase_of(state: State, day: int) -> Ints:
    """Give the place in ``PHASES`` of every person at the start of a day (a Monday).

    Parameters
    ----------
    state : State
        What was left in the log before that day.
    day : int
        Days since the start of the log.
    """
    quiet, gap = silence(state, day)
    rhythm, usual = quiet / gap, quiet / USUAL_GAP
    since = np.maximum(day - 14, np.where(state.orders > 0, state.last_order + 1, NEVER + 1))
    many = state.orders >= 2
    aware = (
        (state.aware_day >= day - 28)
        | (state.view_day >= day - 28)
        | (many & (rhythm <= 6))
        | ((state.orders > 0) & (usual <= 4))
    )
    drifting = (many & (rhythm >= 2.5) & (rhythm <= 4)) | (
        (state.orders == 1) & (rhythm >= 1) & (rhythm <= 2.5)
    )
    looks = (state.view_day >= since) | (state.pages.sum(axis=1) >= 8) | (state.hints.sum(axis=1) >= 2)
    deciding = (state.cart_day >= since) | (many & (rhythm >= 1.5) & (rhythm <= 2.5))
    fan = (state.share_day >= day - 90) | ((state.orders >= 6) & (2 * gap <= USUAL_GAP) & (rhythm <= 1.5))
    phase = np.full(len(state), DORMANT)
    # Rising priority: the last one that holds stands.
    phase[aware] = AWARENESS
    phase[(state.orders > 0) & (rhythm <= 1.5)] = RETENTION
    phase[looks | drifting] = CONSIDERATION
    phase[fan] = ADVOCACY
    phase[deciding] = DECISION
    return phase
