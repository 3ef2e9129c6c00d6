"""Feedback: what the customer told us, in marks and in words.

Who was never asked has the middle of the scale: 7.5 on the scale of recommending (neither promoter nor detractor),
3 stars, a neutral tone; ``asked`` tells them apart. Marks count wherever they were given: in a survey, a review, or at
the closing of a ticket.

References
----------
Reichheld, "The one number you need to grow", Harvard Business Review 81(12), 2003: detractors give 0 to 6.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.events import MORE_WORDS
from features.families._base import Family, Measure, Scope
from features.history import Floats, History

_NPS = MORE_WORDS["rating_scale"].index("nps")
_STARS = MORE_WORDS["rating_scale"].index("stars")
_DETRACTOR = 6.0
_DETRACTOR_DAYS = 180


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    rated = history.where(np.isfinite(history.floats("rating")) & (history.floats("rating_scale") >= 0))
    yield Measure(
        "asked",
        (rated.total() > 0).astype(np.float64),
        "0 or 1",
        "Has given a mark",
        "Heeft een cijfer gegeven",
    )
    yield Measure("mark_recency", rated.last_days(), "days", "Days since the last mark",
                  "Dagen sinds het laatste cijfer")  # fmt: skip
    nps = rated.where(rated.column("rating_scale") == _NPS)
    stars = rated.where(rated.column("rating_scale") == _STARS)
    yield from _marks("nps", nps, 7.5, "0..10", "for recommending us (0 to 10)", "voor aanbevelen (0 tot 10)")
    yield from _marks("stars", stars, 3.0, "1..5", "in stars (1 to 5)", "in sterren (1 tot 5)")
    bad = nps.where((nps.floats("rating") <= _DETRACTOR) & (nps.age_days <= _DETRACTOR_DAYS))
    yield Measure("detractor", (bad.total() > 0).astype(np.float64), "0 or 1",
                  f"Would not recommend us (6 or less) in the last {_DETRACTOR_DAYS} days",
                  f"Zou ons niet aanbevelen (6 of minder) in de laatste {_DETRACTOR_DAYS} dagen")  # fmt: skip
    yield Measure("mark_change", _change(rated), "-1..1",
                  "Last mark less the mean of those before, on a scale of 0 to 1",
                  "Laatste cijfer min het gemiddelde van de eerdere, op een schaal van 0 tot 1")  # fmt: skip
    toned = history.where(np.isfinite(history.floats("sentiment")))
    yield Measure("tone", toned.total("sentiment") / (toned.total() + 1.0), "-1..1",
                  "Mean tone of what the customer wrote, drawn to 0",
                  "Gemiddelde toon van wat de klant schreef, getrokken naar 0")  # fmt: skip
    yield Measure("tone_last", toned.nth_last("sentiment", 1, 0.0), "-1..1", "Tone of what they last wrote",
                  "Toon van wat de klant het laatst schreef")  # fmt: skip


def _marks(name: str, marks: History, neutral: float, unit: str, en: str, nl: str) -> Iterator[Measure]:
    comma = f"{neutral:g}".replace(".", ",")
    yield Measure(f"{name}_last", marks.nth_last("rating", 1, neutral), unit,
                  f"Last mark {en}; {neutral:g} if there is none",
                  f"Laatste cijfer {nl}; {comma} als er geen is")  # fmt: skip
    yield Measure(f"{name}_mean", (marks.total("rating") + neutral) / (marks.total() + 1.0), unit,
                  f"Mean mark {en}, drawn to {neutral:g}",
                  f"Gemiddeld cijfer {nl}, getrokken naar {comma}")  # fmt: skip


def _change(rated: History) -> Floats:
    """Last mark less the mean of those before; both scales brought to 0..1."""
    is_nps = rated.column("rating_scale") == _NPS
    mark = np.where(is_nps, rated.floats("rating") / 10.0, (rated.floats("rating") - 1.0) / 4.0)
    before = np.maximum(rated.total() - 1.0, 1.0)
    last = rated.nth_last(mark, 1, 0.0)
    return np.where(rated.total() > 1, last - (rated.total(mark) - last) / before, 0.0)


FAMILY = Family(_measures, needs=("review", "survey"), reads=("rating", "rating_scale", "sentiment"))
