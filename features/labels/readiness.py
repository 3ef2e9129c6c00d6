"""Purchase-readiness: at least one target event (a purchase) in the window (1 = bought)."""

from __future__ import annotations

import numpy as np

from features.history import Floats, History
from features.labels._base import Label, happened, resolved
from features.settings import LabelContract, LabelSettings, Rhythm


def _contract(settings: LabelSettings, rhythm: Rhythm) -> LabelContract:
    return resolved("readiness", settings, event="purchase", active_event=rhythm.readiness_active_event,
                    horizon_days=rhythm.readiness_horizon_days,
                    active_days=rhythm.readiness_active_days)  # fmt: skip


def _values(future: History, contract: LabelContract) -> tuple[Floats, ...]:
    return ((happened(future, contract.event).total() > 0).astype(np.float64),)


LABEL = Label(_contract, ("label",), _values)
