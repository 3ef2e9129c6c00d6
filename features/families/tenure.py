"""Tenure: how long we have known the customer, within the look-back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.families._base import Family, Measure, Scope
from features.history import History, ratio


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    behaviour = history.only(kinds=scope.behaviour)
    known = behaviour.first_days()
    yield Measure("known_days", known, "days", "Days since the first event in the look-back",
                  "Dagen sinds de eerste gebeurtenis in de terugblik")  # fmt: skip
    yield Measure("active_share", behaviour.by_day.total() / np.maximum(known, 7.0), "days per day",
                  "Active days per day since the first event (at least a week)",
                  "Actieve dagen per dag sinds de eerste gebeurtenis (minstens een week)")  # fmt: skip
    yield Measure("silent_share", ratio(behaviour.last_days(), known, default=1.0), "share",
                  "Share of the acquaintance that was silent until now",
                  "Deel van de bekende tijd dat de klant nu stil is")  # fmt: skip
    if "purchase" in scope.kinds:
        first = history.orders.first_days()
        yield Measure("customer_days", first, "days", "Days since the first order in the look-back",
                      "Dagen sinds de eerste bestelling in de terugblik")  # fmt: skip
        yield Measure("buying_span_share", ratio(first - history.orders.last_days(), first), "share",
                      "From first to last order / from first order to now",
                      "Van eerste tot laatste bestelling / van eerste bestelling tot nu")  # fmt: skip


FAMILY = Family(_measures)
