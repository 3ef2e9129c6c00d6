"""The rows under the stations: touchpoints, time, drop-off, pain points and chances, one cell per phase."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.reporting.journey_map.icons import draw_icon, icon_of
from models.reporting.journey_map.svg import Svg, fitted, width_of, wrapped
from models.reporting.journey_words import JourneyWords, drop_of

INK, MUTED, LINE, SOFT, ACCENT = "#1b2733", "#5c6773", "#dfe4e8", "#f5f7f8", "#0072B2"
PAIN, CHANCE = "#b5500a", "#00734f"
SIZE, SMALL, TINY = 13.5, 12.0, 10.5
#: Touchpoints, pains or chances, and last touches that are shown per phase.
TOUCHPOINTS, FINDINGS, LAST = 5, 2, 2


@dataclass(frozen=True)
class Cell:
    """One cell: how high it is, and how it is drawn with its upper left corner at a place."""

    height: float
    draw: Callable[[Svg, float, float], None]


@dataclass(frozen=True)
class Row:
    """One row of the map: its name, what it means, a cell per phase."""

    label: str
    about: str
    cells: Sequence[Cell]


def rows_of(phases: Sequence[Mapping[str, Any]], said: JourneyWords, width: float) -> dict[str, Row]:
    """Give the rows that consist of cells, by name.

    Parameters
    ----------
    phases : sequence of mapping
        The phases of ``reports/journey.json`` that are columns.
    said : JourneyWords
        Texts.
    width : float
        Pixels a cell may use.
    """
    words = said.words
    return {
        "touchpoints": Row(
            words("map_touchpoints"),
            words("map_touchpoints_about"),
            [_touchpoints(one, said, width) for one in phases],
        ),
        "dwell": Row(words("map_dwell"), words("map_dwell_about"), _dwells(phases, said, width)),
        "drop": Row(words("map_drop"), words("map_drop_about"), [_drop(one, said, width) for one in phases]),
        "pains": Row(
            words("map_pains"), "", [_findings(one["pains"], said, width, PAIN, "!") for one in phases]
        ),
        "chances": Row(
            words("map_chances"), "", [_findings(one["chances"], said, width, CHANCE, "+") for one in phases]
        ),
    }


def _touchpoints(phase: Mapping[str, Any], said: JourneyWords, width: float) -> Cell:
    shown = said.touches(phase["touchpoints"])[:TOUCHPOINTS]
    step, name_width = 22.5, width - 22 - 36

    def draw(svg: Svg, x: float, y: float) -> None:
        if not shown:
            svg.text(x, y + SIZE, said.words("map_none"), SIZE, MUTED)
        for place, one in enumerate(shown):
            top = y + place * step
            draw_icon(svg, icon_of(one["kind"], one["channel"]), x, top, ACCENT)
            name = said.touch(one["kind"], one["channel"])
            size = SMALL if width_of(name, SMALL) <= name_width else TINY
            svg.text(x + 22, top + 11.5, fitted(name, name_width, size), size)
            svg.text(x + width, top + 11.5, said.words.percent(one["share"]), SMALL, bold=True, anchor="end")
            svg.rect(x + 22, top + 15, width - 22, 3, LINE, rx=1.5)
            svg.rect(x + 22, top + 15, max(1.5, (width - 22) * min(one["share"], 1.0)), 3, ACCENT, rx=1.5)

    return Cell(max(len(shown), 1) * step, draw)


def _dwells(phases: Sequence[Mapping[str, Any]], said: JourneyWords, width: float) -> list[Cell]:
    """Give the stays on one scale for all phases."""
    ends = [phase["dwell"][name] for phase in phases for name in ("p25", "median", "p75", "high")]
    longest = max((end for end in ends if end is not None), default=1.0) * 1.1
    return [_dwell(phase["dwell"], longest, said, width) for phase in phases]


def _dwell(dwell: Mapping[str, Any], longest: float, said: JourneyWords, width: float) -> Cell:
    words, median, low = said.words, dwell["median"], dwell["p25"]
    if median is not None:
        text = words("map_days", days=words.number(median))
    elif low is not None:
        text = words("map_days_at_least", days=words.number(low))
    else:
        text = words("map_dwell_open") if dwell["n"] else words("map_none")

    def draw(svg: Svg, x: float, y: float) -> None:
        svg.text(x, y + SIZE + 1, text, 15 if median is not None else SIZE, bold=median is not None)
        svg.line(x, y + 27, x + width, y + 27, LINE, stroke_width=3, stroke_linecap="round")
        if low is not None:
            end = dwell["p75"] if dwell["p75"] is not None else longest
            svg.line(
                x + width * low / longest, y + 27, x + width * min(end / longest, 1.0), y + 27, ACCENT, stroke_width=7,
                stroke_opacity=0.45,
            )  # fmt: skip
        if median is not None:
            svg.add("circle", cx=x + width * median / longest, cy=y + 27, r=5, fill=ACCENT)

    return Cell(36, draw)


def _drop(phase: Mapping[str, Any], said: JourneyWords, width: float) -> Cell:
    words, (found, about, touches) = said.words, drop_of(phase, said)
    if not found:
        return Cell(22, lambda svg, x, y: svg.text(x, y + SIZE, words("map_none"), SIZE, MUTED))
    interval = said.interval(found, "share")
    last = [f"{share} {touch}" for touch, share in touches[:LAST]]
    lines = [fitted(text, width, SMALL) for text in (about, *last)]

    def draw(svg: Svg, x: float, y: float) -> None:
        svg.text(x, y + 16, words.percent(found["value"], 1 if found["value"] < 0.01 else 0), 18, bold=True)
        svg.text(x + 54, y + 15, interval, SMALL, MUTED)
        svg.lines(x, y + 34, lines, SMALL, MUTED)

    return Cell(26 + len(lines) * SMALL * 1.3, draw)


def _findings(
    found: Sequence[Mapping[str, Any]], said: JourneyWords, width: float, colour: str, mark: str
) -> Cell:
    texts = [wrapped(said.finding(one), width - 22, SMALL, most=5) for one in found[:FINDINGS]]
    if not texts:
        return Cell(20, lambda svg, x, y: svg.text(x, y + SIZE, said.words("map_nothing"), SMALL, MUTED))

    def draw(svg: Svg, x: float, y: float) -> None:
        top = y
        for lines in texts:
            svg.add("circle", cx=x + 8, cy=top + 8.5, r=8, fill=colour)
            svg.text(x + 8, top + 13, mark, SMALL, "#ffffff", bold=True, anchor="middle")
            top = svg.lines(x + 22, top + 12.5, lines, SMALL) - 12.5 + 6

    return Cell(sum(len(lines) * SMALL * 1.3 + 6 for lines in texts), draw)
