"""What would happen from a Monday on: chances from the state itself, latents included; the best anyone could know.

Within a week the order is independent of everything else, given the state. So the chance of at least one order in k
weeks is ``1 - E[(1 - h_1) ... (1 - h_k)]`` over paths without an order: far less noise than counting orders.
"""

from __future__ import annotations

import numpy as np

from pipelines.demo_shop.effects import ACTIONS, SCALE, deltas, seen
from pipelines.demo_shop.evidence import phase_of
from pipelines.demo_shop.policy import decide, eligible_actions
from pipelines.demo_shop.settings import DemoSettings
from pipelines.demo_shop.simulation import Monday, acted
from pipelines.demo_shop.state import Floats, Ints
from pipelines.demo_shop.week import Draws, advance


def order_chance(
    monday: Monday, rows: Ints, weeks: int, settings: DemoSettings, *, paths: int, action: int | None = None
) -> Floats:
    """Chance of at least one order in the coming weeks.

    Parameters
    ----------
    monday : Monday
        Of `simulation.lives` with ``mondays=True``.
    rows : array of int
        People asked about.
    weeks : int
        Length of the window.
    paths : int
        Random futures per person. The same for every action (common random numbers).
    action : int or None
        Place in ``ACTIONS`` of what is done to everybody now, and nothing decided later in the window; None: the
        logging policy decides now and later, as it does in the log.

    Returns
    -------
    array, one value per row
    """
    total = np.zeros(len(rows))
    for path in range(paths):
        total += _one_path(monday, rows, weeks, settings, path, action)
    return total / paths


def _one_path(
    monday: Monday, rows: Ints, weeks: int, settings: DemoSettings, path: int, action: int | None
) -> Floats:
    state = monday.state.take(rows)
    none = np.ones(len(rows))
    for step in range(weeks):
        week = monday.week + step
        phase = phase_of(state, 7 * week)
        x = seen(state, 7 * week)
        key = [settings.seed, 1_000, monday.week, path, step]
        if action is None and settings.decides(week):
            decided = decide(state, x, phase, np.random.default_rng([*key, 1]), settings)
            now, lift = acted(x, phase, decided, settings)
        elif action is not None and step == 0:
            now = np.full(len(rows), action)
            effect = deltas(x, settings.world)[:, action]
            lift = np.where(now > 0, SCALE[phase] * effect, 0.0)
        else:
            now, lift = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows))
        draws = Draws(np.random.default_rng(key), len(rows))
        happened = advance(state, week, phase, now, lift, draws, settings, orders=False)
        none *= 1.0 - happened.hazard
    return 1.0 - none


def action_chances(monday: Monday, weeks: int, settings: DemoSettings, *, paths: int) -> tuple[Ints, Floats]:
    """Chance of an order in the coming weeks after each action, for everybody who is decided about that Monday.

    Returns
    -------
    tuple of (rows, array (rows, actions))
        NaN where an action is not possible.
    """
    able = eligible_actions(monday.state, monday.phase)
    rows = np.flatnonzero(able.any(axis=1))
    chances = np.full((len(rows), len(ACTIONS)), np.nan)
    for action in range(len(ACTIONS)):
        mine = able[rows, action]
        if mine.any():
            chances[mine, action] = order_chance(
                monday, rows[mine], weeks, settings, paths=paths, action=action
            )
    return rows, chances
