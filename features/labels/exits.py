"""Exits: where a customer's phase leads within the horizon - on, nowhere, back, or out of the journey."""

from __future__ import annotations

import numpy as np

from features.history import Floats, Ints, Mask
from features.labels._base import Label, resolved
from features.settings import LabelContract, LabelSettings, Rhythm

#: The competing exits, in the order of their codes (the label): exactly one of them happens.
EXITS = ("advance", "stall", "regress", "leave")


def exit_codes(now: Ints, then: Ints, dormant: int) -> Floats:
    """Tell which exit leads from one phase to another.

    Parameters
    ----------
    now, then : int array, one value per customer
        Places in ``journey.phase_keys`` at the cutoff and at the end of the window.
    dormant : int
        The place of ``dormant``.

    Returns
    -------
    float array
        Places in ``EXITS``: ``advance`` is a later phase in journey order, ``stall`` the same, ``regress`` an
        earlier one (the loyalty loop too), ``leave`` dormant. NaN for who was dormant at the cutoff.

    Examples
    --------
    >>> exit_codes(np.array([0, 1, 1, 1, 2]), np.array([1, 1, 0, 2, 0]), dormant=2).tolist()
    [0.0, 1.0, 2.0, 3.0, nan]
    """
    codes = np.select([then == dormant, then > now, then == now], [3.0, 0.0, 1.0], 2.0)
    return np.where(now == dormant, np.nan, codes)


def possible_exits(phases: int) -> Mask:
    """Tell which exits each phase has: nothing comes after the last, nothing before the first.

    Parameters
    ----------
    phases : int
        Number of phases, without ``dormant``.

    Returns
    -------
    bool array, shape (phases + 1, exits)
        The last row is that of ``dormant``, which has none but is given all.

    Examples
    --------
    >>> possible_exits(2).astype(int).tolist()
    [[1, 1, 0, 1], [0, 1, 1, 1], [1, 1, 1, 1]]
    """
    open_to = np.ones((phases + 1, len(EXITS)), dtype=np.bool_)
    if phases:
        open_to[phases - 1, EXITS.index("advance")] = False
        open_to[0, EXITS.index("regress")] = False
    return open_to


def _contract(settings: LabelSettings, rhythm: Rhythm) -> LabelContract:
    return resolved("exits", settings, event="behaviour", active_event="behaviour",
                    horizon_days=rhythm.step_days, active_days=None)  # fmt: skip


LABEL = Label(_contract, ("label",), of_phases=exit_codes)
