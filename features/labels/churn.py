"""Churn: an active customer does not do the target event in the window (1 = gone)."""

from __future__ import annotations

import numpy as np

from features.history import Floats, History
from features.labels._base import Label, happened, resolved
from features.settings import LabelContract, LabelSettings, Rhythm


def _contract(settings: LabelSettings, rhythm: Rhythm) -> LabelContract:
    # Who can stop doing something is who does it: the active event is the target event.
    event = settings.event or rhythm.churn_event
    return resolved("churn", settings, event=event, active_event=event,
                    horizon_days=rhythm.churn_horizon_days, active_days=rhythm.churn_active_days)  # fmt: skip


def _values(future: History, contract: LabelContract) -> tuple[Floats, ...]:
    return ((happened(future, contract.event).total() == 0).astype(np.float64),)


LABEL = Label(_contract, ("label",), _values)
