"""Channel: where the customer does things. Needs at least two declared channels to say anything."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.families._base import Family, Measure, Scope
from features.history import History, ratio


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    if len(scope.channels) < 2:
        return
    behaviour = history.only(kinds=scope.behaviour)
    total = behaviour.total()
    used = np.zeros(history.frame.customers)
    for channel in scope.channels:
        here = behaviour.only(channels=(channel,))
        used += here.total() > 0
        yield Measure(f"{channel}_share", ratio(here.total(), total), "share",
                      f"Share of the customer's events in channel {channel}",
                      f"Aandeel van de gebeurtenissen in kanaal {channel}")  # fmt: skip
        yield Measure(f"{channel}_recency", here.last_days(), "days",
                      f"Days since the customer last used channel {channel}",
                      f"Dagen sinds laatste gebruik van kanaal {channel}")  # fmt: skip
    yield Measure("used", used, "channels", "Number of channels the customer used",
                  "Aantal gebruikte kanalen")  # fmt: skip


FAMILY = Family(_measures)
