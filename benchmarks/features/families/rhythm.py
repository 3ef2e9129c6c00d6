"""How long the customer is known, and the gaps between all events."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.families._base import Family, Measure, Scope
from features.history import History, ratio


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    first, number = history.first_days(), history.total()
    gap = history.since_previous(-history.age_days, first=0.0)
    gaps = np.maximum(number - 1.0, 0.0)
    mean = ratio(first - history.last_days(), gaps)
    away = np.where(gap > 0, gap - history.spread(mean), 0.0)
    yield Measure("tenure", first, "days", "Days since the first event", "Dagen sinds de eerste gebeurtenis")
    yield Measure("gap_mean", mean, "days", "Mean gap", "Gemiddelde tussentijd")
    yield Measure("gap_std", np.sqrt(ratio(history.total(away * away), gaps - 1.0)), "days",
                  "Standard deviation of the gaps", "Standaardafwijking van de tussentijden")  # fmt: skip
    yield Measure("gap_max", history.top(gap), "days", "Longest gap", "Langste tussentijd")


FAMILY = Family(_measures)
