"""The line of sentiment through the phases, with a gap where nothing was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from models.reporting.journey_map.rows import ACCENT, INK, LINE, MUTED, SMALL
from models.reporting.journey_map.svg import Svg, short
from models.reporting.journey_words import JourneyWords

HEIGHT = 84.0
#: The scale never closes in on differences that nobody would feel.
LEAST_REACH = 0.3
#: Fewer answers than this make a hollow dot.
FEW = 30


def draw_sentiment(
    svg: Svg, phases: Sequence[Mapping[str, Any]], middles: Sequence[float], top: float, said: JourneyWords
) -> None:
    """Draw mean, interval and number per phase; only neighbours that were both measured are joined.

    Parameters
    ----------
    svg : Svg
        Where to draw.
    phases : sequence of mapping
        With ``sentiment``: ``value``, ``low``, ``high``, ``n``.
    middles : sequence of float
        Of the columns.
    top : float
        Upper edge of the row.
    said : JourneyWords
        Texts.
    """
    found = [phase["sentiment"] for phase in phases]
    known = [
        abs(one[name]) for one in found for name in ("value", "low", "high") if one.get(name) is not None
    ]
    reach = max([LEAST_REACH, *known]) * 1.15
    zero, scale = top + HEIGHT / 2 - 2, (HEIGHT / 2 - 24) / reach
    half = (middles[1] - middles[0]) / 2 if len(middles) > 1 else 120.0
    svg.line(
        middles[0] - half + 8,
        zero,
        middles[-1] + half - 8,
        zero,
        LINE,
        stroke_width=1.5,
        stroke_dasharray="3 4",
    )
    places = [
        None if one["value"] is None else (x, zero - scale * one["value"])
        for one, x in zip(found, middles, strict=True)
    ]
    for one, other in pairwise(places):
        if one and other:
            steps = f"M{short(one[0])} {short(one[1])}L{short(other[0])} {short(other[1])}"
            svg.path(steps, fill="none", stroke=ACCENT, stroke_width=3)
    for one, place, x in zip(found, places, middles, strict=True):
        if place is None:
            svg.text(x, zero + 4, said.words("map_sentiment_none"), SMALL, MUTED, anchor="middle")
            continue
        if one["low"] is not None and one["high"] is not None:
            svg.line(x, zero - scale * one["high"], x, zero - scale * one["low"], ACCENT, stroke_width=2)
        few = one["n"] < FEW
        svg.add(
            "circle", cx=x, cy=place[1], r=6, fill="#ffffff" if few else ACCENT, stroke=ACCENT, stroke_width=2
        )
        ends = [place[1]] + [zero - scale * one[name] for name in ("low", "high") if one[name] is not None]
        svg.text(x, min(ends) - 10, said.amount(one["value"], "tone"), 14, INK, bold=True, anchor="middle")
        number = said.words("map_sentiment_n", n=said.words.number(one["n"]))
        svg.text(x, max(ends) + 18, number, 11, MUTED, anchor="middle")
