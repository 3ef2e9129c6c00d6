"""Next action: what followed a decision - a purchase at all (outcome), and the money spent (value)."""

from __future__ import annotations

import numpy as np

from features.history import Floats, History
from features.labels._base import Label, resolved
from features.settings import LabelContract, LabelSettings, Rhythm


def _contract(settings: LabelSettings, rhythm: Rhythm) -> LabelContract:
    return resolved("next_action", settings, event="purchase", active_event="purchase",
                    horizon_days=rhythm.decision_horizon_days, active_days=None)  # fmt: skip


def _values(future: History, contract: LabelContract) -> tuple[Floats, ...]:
    bought = future.only(kinds=("purchase",))
    return (bought.total() > 0).astype(np.float64), bought.total("value")


LABEL = Label(_contract, ("outcome", "value"), _values, cutoffs="decisions")
