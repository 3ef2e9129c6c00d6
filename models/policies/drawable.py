"""Which actions may be drawn at random: not those that are switched off, nor those proven to lose money."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.actions.phase_policy import PhasePolicy
from models.policies.rule import Batch, BoolArray


def drawable(batch: Batch, arms: Sequence[str]) -> BoolArray:
    """Say of every customer and action whether chance may choose it, as far as the settings and the log go.

    ``policy.actions.<action>.explore`` true or false decides; where it says nothing an action is drawn unless the
    log proves that it loses money in the phase. Decisions age out of the log, so what was proven once is tried again.

    Parameters
    ----------
    batch : Batch
    arms : sequence of str

    Returns
    -------
    bool array (customers, arms)

    Examples
    --------
    >>> batch = Batch(np.array([1]), np.array(["decision"], object), {})
    >>> drawable(batch, ["none", "mail"]).tolist()
    [[True, True]]
    """
    phase = batch.phase.astype(str)
    may = np.ones((len(batch), len(arms)), dtype=np.bool_)
    for column, arm in enumerate(arms):
        said = batch.settings.of(arm).explore
        if said is None:
            losing = [key for key, policy in batch.policies.items() if loses(policy, arm)]
            may[:, column] = ~np.isin(phase, losing)
        else:
            may[:, column] = said
    return may


def loses(policy: PhasePolicy, arm: str) -> bool:
    """Whether the interval of what an action brings after its costs lies below 0 in a phase."""
    return arm in policy.effects and policy.effects[arm].gain.high < 0
