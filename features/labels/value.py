"""Value: the net money of the customer's orders in the window, what came back subtracted."""

from __future__ import annotations

from features.history import Floats, History
from features.labels._base import Label, resolved
from features.settings import LabelContract, LabelSettings, Rhythm


def _contract(settings: LabelSettings, rhythm: Rhythm) -> LabelContract:
    # Asked of the same customers as readiness, over as long as churn looks ahead.
    return resolved("value", settings, event="purchase", active_event=rhythm.readiness_active_event,
                    horizon_days=rhythm.churn_horizon_days,
                    active_days=rhythm.readiness_active_days)  # fmt: skip


def _values(future: History, contract: LabelContract) -> tuple[Floats, ...]:
    # A return has a value below zero. It counts in the window in which it comes back, whenever it was bought:
    # a customer's net money can be below zero.
    return (future.only(kinds=("purchase", "return")).total("value"),)


LABEL = Label(_contract, ("label",), _values)
