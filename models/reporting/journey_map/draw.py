"""Put the journey map together: phases as stations, flows between them, and what happens in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from features.settings import DORMANT, JourneySettings
from models.reporting.journey_map.flows import (
    BACK,
    FORWARD,
    LOOP,
    RISE,
    RISE_MORE,
    SLEEP,
    Stations,
    draw_flows,
    draw_loop,
    draw_sleep,
    flows_between,
    loop_ends,
    pill,
    shares,
)
from models.reporting.journey_map.rows import ACCENT, INK, LINE, MUTED, SMALL, Row, rows_of
from models.reporting.journey_map.sentiment import HEIGHT as SENTIMENT_HEIGHT
from models.reporting.journey_map.sentiment import draw_sentiment
from models.reporting.journey_map.svg import Svg, width_of, wrapped
from models.reporting.journey_words import JourneyWords
from models.reporting.words import Words

WIDTH, MARGIN, GUTTER = 1600.0, 30.0, 150.0
#: A3 in millimetres, lying down.
PAPER = (420.0, 297.0)
PARTS = {"buyer": "#0072B2", "customer": "#00734f"}
STATION = (154.0, 74.0)


def journey_map(data: Mapping[str, Any], journey: JourneySettings, said: JourneyWords, title: str) -> Svg:
    """Draw the journey map.

    Parameters
    ----------
    data : mapping
        The content of ``reports/journey.json``.
    journey : JourneySettings
        Order, labels and goals of the phases.
    said : JourneyWords
        Texts and numbers of one language.
    title : str
        Of the source.

    Returns
    -------
    Svg
        ``document()`` for within a page, ``document(PAPER)`` as a file to print on A3.
    """
    by_key = {phase["key"]: phase for phase in data["phases"]}
    settings = [phase for phase in journey.phases if phase.key in by_key]
    phases = [by_key[phase.key] for phase in settings]
    column = (WIDTH - 2 * MARGIN - GUTTER) / max(len(phases), 1)
    lefts = [MARGIN + GUTTER + place * column for place in range(len(phases))]
    rows = rows_of(phases, said, column - 26)
    words = said.words
    listed = [
        words("map_desc_phase", phase=words.phase(one["key"]), n=words.number(one["customers"]))
        for one in phases
    ]
    name = journey.title[words.language]
    svg = Svg(
        WIDTH,
        1060,
        words("map_title", journey=name),
        words("map_desc", journey=name, phases=words.listed(listed)),
    )
    svg.rect(0, 0, WIDTH, 2000, "#ffffff")
    _title(svg, data, said, name, title)
    y = _heads(svg, settings, phases, lefts, column, said, 78)
    y = _flow_area(svg, data, phases, by_key.get(DORMANT), lefts, column, said, y)
    middles = [left + column / 2 for left in lefts]
    for key in ("touchpoints", "dwell", "drop"):
        y = _row(svg, rows[key], lefts, y)
    y = _label(svg, words("map_sentiment"), words("map_sentiment_about"), y)
    draw_sentiment(svg, phases, middles, y, said)
    y += SENTIMENT_HEIGHT
    for key in ("pains", "chances"):
        y = _row(svg, rows[key], lefts, y)
    svg.height = y + 6
    return svg


def _title(svg: Svg, data: Mapping[str, Any], said: JourneyWords, name: str, title: str) -> None:
    words = said.words
    svg.text(MARGIN, 40, words("map_title", journey=name), 30, INK, bold=True)
    days = {"first": words.date(data["from_day"]), "as_of": words.date(data["as_of"])}
    svg.text(MARGIN, 62, words("map_subtitle", source=title, **days), 14, MUTED)
    svg.text(WIDTH - MARGIN, 40, "klantreis", 15, ACCENT, bold=True, anchor="end")


def _heads(
    svg: Svg, settings: Sequence[Any], phases: Sequence[Mapping[str, Any]], lefts: Sequence[float], column: float,
    said: JourneyWords, y: float,
) -> float:  # fmt: skip
    """Draw the band of buyer and customer journey, and label and goal of each phase."""
    words, lowest = said.words, 0.0
    for part, colour in PARTS.items():
        here = [left for left, phase in zip(lefts, phases, strict=True) if phase["part"] == part]
        if here:
            svg.rect(here[0] + 2, y, here[-1] + column - here[0] - 4, 26, colour, rx=5)
            middle = (here[0] + here[-1] + column) / 2
            svg.text(middle, y + 18, words(f"part_long_{part}"), 14, "#ffffff", bold=True, anchor="middle")
    for place, (one, left) in enumerate(zip(settings, lefts, strict=True)):
        svg.text(left + 12, y + 56, f"{place + 1}", 20, PARTS[one.part], bold=True)
        label = wrapped(one.label[words.language], column - 44, 19, most=1, bold=True)
        svg.lines(left + 32, y + 56, label, 19, bold=True)
        goal = wrapped(one.goal[words.language], column - 30, SMALL, most=3)
        lowest = max(lowest, svg.lines(left + 12, y + 76, goal, SMALL, MUTED))
    return lowest


def _flow_area(
    svg: Svg, data: Mapping[str, Any], phases: Sequence[Mapping[str, Any]], dormant: Mapping[str, Any] | None,
    lefts: Sequence[float], column: float, said: JourneyWords, y: float,
) -> float:  # fmt: skip
    """Draw stations, flows, loop and the dormant lane; gives the lower edge."""
    words, keys = said.words, [phase["key"] for phase in phases]
    found = shares(data)
    flows = flows_between(found, keys)
    ahead = max((flow.span for flow in flows if flow.end > flow.start), default=0)
    back = max((flow.span for flow in flows if flow.end < flow.start), default=0)
    ends = loop_ends(found, {phase["key"]: phase["part"] for phase in phases}) if data["loop"] else None
    high = y + (20 if ends else 0)
    top = high + (26 if ends else 4) + RISE + RISE_MORE * max(ahead - 1, 0) + 16
    middles = [left + column / 2 for left in lefts]
    stations = Stations(middles, top, STATION[1], STATION[0])
    lane = stations.bottom + RISE + RISE_MORE * max(back - 1, 0) + 30
    for middle, key in zip(middles, keys, strict=True):
        if found.get((key, DORMANT), 0.0) > 0:
            draw_sleep(svg, found[key, DORMANT], middle, stations.bottom, lane)
    if ends:
        draw_loop(
            svg,
            middles[keys.index(ends[0])] + STATION[0] / 2 - 8,
            middles[keys.index(ends[1])] - STATION[0] / 2 + 8,
            top,
            high,
        )
    percent = {(flow.start, flow.end): words.percent(flow.share) for flow in flows}
    draw_flows(svg, flows, stations, percent)
    for middle, key in zip(middles, keys, strict=True):
        if found.get((key, DORMANT), 0.0) > 0:
            pill(svg, middle, stations.bottom + 15, _fine(words, found[key, DORMANT]), MUTED)
    for phase, middle in zip(phases, middles, strict=True):
        _station(svg, phase, middle, top, found, words)
    if ends:
        _loop_words(
            svg, data["loop"], (middles[keys.index(ends[0])] + middles[keys.index(ends[1])]) / 2, high, said
        )
    _key(svg, words, top)
    _lane(svg, dormant, keys, middles, found, said, lane)
    return lane + 48


def _fine(words: Words, share: float) -> str:
    """Write a share; a small one is not written as nothing."""
    return words.percent(share, 1 if share < 0.01 else 0)


def _station(
    svg: Svg, phase: Mapping[str, Any], middle: float, top: float, found: Mapping[Any, float], words: Words
) -> None:
    colour = PARTS.get(phase["part"] or "", ACCENT)
    svg.rect(
        middle - STATION[0] / 2, top, STATION[0], STATION[1], "#ffffff", rx=14, stroke=colour, stroke_width=3
    )
    svg.text(middle, top + 33, words.number(phase["customers"]), 26, INK, bold=True, anchor="middle")
    about = f"{words('customers')} · {words.percent(phase['share'])}"
    svg.text(middle, top + 50, about, SMALL, MUTED, anchor="middle")
    stay = found.get((phase["key"], phase["key"]))
    if stay is not None:
        svg.text(middle, top + 65, words("map_stay", share=words.percent(stay)), 11, MUTED, anchor="middle")


def _loop_words(svg: Svg, loop: Mapping[str, Any], middle: float, y: float, said: JourneyWords) -> None:
    words = said.words
    text = words("map_loop", looped=words.percent(loop["looped"]["value"]), days=words.number(loop["days"]))
    if loop["median_days"] is not None:
        text += words("map_loop_days", median=words.number(loop["median_days"]))
    reach = width_of(text, 13, bold=True) / 2
    svg.text(min(middle, WIDTH - MARGIN - reach), y - 8, text, 13, LOOP, bold=True, anchor="middle")


def _key(svg: Svg, words: Words, top: float) -> None:
    """Say what the flows mean, in the gutter beside the stations."""
    y = (
        svg.lines(MARGIN, top - 34, wrapped(words("map_flows"), GUTTER - 16, 14, bold=True), 14, bold=True)
        + 2
    )
    for text, colour in zip(words("map_flows_key").split("|"), (FORWARD, BACK, SLEEP, MUTED), strict=True):
        lines = wrapped(text, GUTTER - 32, SMALL)
        if colour != MUTED:
            svg.rect(MARGIN, y - 9, 12, 9, colour, rx=2)
        y = svg.lines(MARGIN + (18 if colour != MUTED else 0), y, lines, SMALL, MUTED) + 3


def _lane(
    svg: Svg, dormant: Mapping[str, Any] | None, keys: Sequence[str], middles: Sequence[float],
    found: Mapping[tuple[str, str], float], said: JourneyWords, y: float,
) -> None:  # fmt: skip
    words = said.words
    svg.rect(MARGIN, y, WIDTH - 2 * MARGIN, 40, "#e7eaed", rx=10)
    if dormant is not None:
        svg.text(MARGIN + 12, y + 18, words.phase(DORMANT), 14, INK, bold=True)
        about = f"{words.number(dormant['customers'])} · {words.percent(dormant['share'])}"
        svg.text(MARGIN + 12, y + 33, about, SMALL, MUTED)
    for key, middle in zip(keys, middles, strict=True):
        share = found.get((DORMANT, key))
        if share:
            wakes = words("map_wakes", share=_fine(words, share))
            svg.text(middle, y + 25, f"↑ {wakes}", SMALL, INK, anchor="middle")


def _label(svg: Svg, label: str, about: str, y: float) -> float:
    """Draw the rule above a row, and its name in the gutter; gives where the row begins."""
    svg.line(MARGIN, y, WIDTH - MARGIN, y, LINE, stroke_width=1)
    below = svg.lines(MARGIN, y + 21, wrapped(label, GUTTER - 12, 14, bold=True), 14, bold=True)
    svg.lines(MARGIN, below - 1, wrapped(about, GUTTER - 14, 11), 11, MUTED)
    return y + 8


def _row(svg: Svg, row: Row, lefts: Sequence[float], y: float) -> float:
    inside = _label(svg, row.label, row.about, y)
    for cell, left in zip(row.cells, lefts, strict=True):
        cell.draw(svg, left + 12, inside + 1)
    told = (
        len(wrapped(row.label, GUTTER - 12, 14, bold=True)) * 18
        + len(wrapped(row.about, GUTTER - 14, 11)) * 14.3
    )
    return (
        inside
        + max(max((cell.height for cell in row.cells), default=20.0), told + 6 if row.about else 0.0)
        + 8
    )
