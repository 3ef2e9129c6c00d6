"""Loyalty: the points a customer saves and spends, and what they tell others about us.

The points of an event are its quantity, else its value, else one.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.families._base import Family, Measure, Scope, windowed
from features.history import Floats, History, ratio

_POINTS = ("loyalty_earn", "loyalty_redeem")
#: Kind, the name of its measure, and words.
_ADVOCACY = (
    ("referral", "referrals", "Referrals", "Aanbevelingen"),
    ("share", "shares", "Shares", "Gedeelde berichten"),
    ("review", "reviews", "Reviews", "Beoordelingen"),
)
_SUBSCRIPTION = ("subscribe", "unsubscribe")


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    if set(_POINTS) & set(scope.kinds):
        yield from _points(history, scope)
    told = tuple(kind for kind, *_ in _ADVOCACY if kind in scope.kinds)
    if told:
        tells = history.only(kinds=told)
        yield from windowed("advocacy", tells.count(), history, "events",
                            "Referrals, shares and reviews in the last {days} days",
                            "Aanbevelingen, gedeelde berichten en beoordelingen in de laatste {days} dagen",
                            only=scope.kind_windows_days[-1:])  # fmt: skip
        yield Measure("advocacy_recency", tells.last_days(), "days",
                      "Days since the last referral, share or review",
                      "Dagen sinds de laatste aanbeveling, gedeeld bericht of beoordeling")  # fmt: skip
        for kind, name, en, nl in _ADVOCACY:
            if kind in told:
                yield Measure(name, tells.only(kinds=(kind,)).total(), "events", f"{en} in the whole look-back",
                              f"{nl} in de hele terugblik")  # fmt: skip
    if set(_SUBSCRIPTION) & set(scope.kinds):
        choices = history.only(kinds=_SUBSCRIPTION)
        joined = np.where(choices.by_kind(("subscribe",)).code == 0, 1.0, -1.0)
        yield Measure("subscribed", choices.nth_last(joined, 1, 0.0), "-1..1",
                      "Last choice: 1 subscribed, -1 unsubscribed, 0 neither",
                      "Laatste keuze: 1 aangemeld, -1 afgemeld, 0 geen van beide")  # fmt: skip


def _points(history: History, scope: Scope) -> Iterator[Measure]:
    both = history.only(kinds=_POINTS)
    yield Measure("points_recency", both.last_days(), "days", "Days since points were last saved or spent",
                  "Dagen sinds er punten zijn gespaard of besteed")  # fmt: skip
    earned, spent = (both.only(kinds=(kind,)) for kind in _POINTS)
    saved, used = earned.total(_worth(earned)), spent.total(_worth(spent))
    if "loyalty_earn" in scope.kinds:
        yield from windowed("points_saved", earned.sum(_worth(earned)), history, "points",
                            "Points saved in the last {days} days", "Gespaarde punten in de laatste {days} dagen",
                            only=scope.kind_windows_days[-1:])  # fmt: skip
        yield Measure("points_saved", saved, "points", "Points saved in the whole look-back",
                      "Gespaarde punten in de hele terugblik")  # fmt: skip
    if "loyalty_redeem" in scope.kinds:
        yield Measure("points_spent", used, "points", "Points spent in the whole look-back",
                      "Bestede punten in de hele terugblik")  # fmt: skip
    if set(_POINTS) <= set(scope.kinds):
        yield Measure("points_left", np.maximum(saved - used, 0.0), "points", "Points saved less points spent",
                      "Gespaarde min bestede punten")  # fmt: skip
        yield Measure("points_spent_share", ratio(used, saved + used), "share",
                      "Points spent / points saved and spent", "Bestede / gespaarde en bestede punten")  # fmt: skip


def _worth(points: History) -> Floats:
    quantity, value = points.floats("quantity"), points.floats("value")
    return np.where(quantity > 0, quantity, np.where(value > 0, value, 1.0))


FAMILY = Family(_measures, needs=(*_POINTS, *(kind for kind, *_ in _ADVOCACY), *_SUBSCRIPTION))
