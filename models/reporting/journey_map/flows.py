"""Flows between phases as ribbons: forward above the stations, back below, to sleep straight down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from features.settings import DORMANT
from models.reporting.journey_map.svg import Svg, short, width_of

FORWARD, BACK, SLEEP, LOOP = "#0072B2", "#D55E00", "#8a949e", "#00734f"
#: A flow below this share is left out of the picture (it is in the table).
SHOWN = 0.03
#: Pixels of ribbon for a share of 1.
SCALE = 64.0
#: Pixels an arc rises for each number of phases it spans.
RISE, RISE_MORE = 36.0, 23.0


@dataclass(frozen=True)
class Flow:
    """A share of the customers of one phase that is in another 28 days later.

    Parameters
    ----------
    start, end : int
        Places of the phases in the journey.
    share : float
        Of the customers of ``start``.
    """

    start: int
    end: int
    share: float

    @property
    def span(self) -> int:
        """Phases from start to end, without direction."""
        return abs(self.end - self.start)

    @property
    def width(self) -> float:
        """Pixels."""
        return max(2.0, SCALE * self.share)


@dataclass(frozen=True)
class Stations:
    """Where the phases stand: middle of each column, top, height and width of a station."""

    middles: Sequence[float]
    top: float
    height: float
    width: float

    @property
    def bottom(self) -> float:
        """Lower edge."""
        return self.top + self.height


def shares(data: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """Give the 28-day shares by pair of phases, pairs that were never seen left out."""
    return {
        (str(one["from"]), str(one["to"])): float(one["value"])
        for one in data["transitions"]["four_weekly"]
        if one["value"] is not None
    }


def flows_between(found: Mapping[tuple[str, str], float], keys: Sequence[str]) -> list[Flow]:
    """List the flows between phases that are shown, widest spans first so that short arcs lie on top.

    Examples
    --------
    >>> [(flow.start, flow.end) for flow in flows_between({("a", "b"): 0.2, ("b", "a"): 0.01}, ["a", "b"])]
    [(0, 1)]
    """
    flows = [
        Flow(i, j, found.get((one, other), 0.0))
        for i, one in enumerate(keys)
        for j, other in enumerate(keys)
        if i != j and found.get((one, other), 0.0) >= SHOWN
    ]
    return sorted(flows, key=lambda flow: (-flow.span, flow.start, flow.end))


def draw_flows(
    svg: Svg, flows: Sequence[Flow], stations: Stations, percent: Mapping[tuple[int, int], str]
) -> None:
    """Draw all ribbons between stations, then their labels on top.

    Parameters
    ----------
    svg : Svg
        Where to draw.
    flows : sequence of Flow
        As `flows_between` gives them.
    stations : Stations
        Where the phases stand.
    percent : mapping
        The share of each flow in words.
    """
    labels = []
    for forward in (True, False):
        chosen = [flow for flow in flows if (flow.end > flow.start) == forward]
        starts, ends = _ports(chosen, stations, forward)
        for flow in chosen:
            x1, x2 = starts[flow], ends[flow]
            y = stations.top if forward else stations.bottom
            rise = (RISE + RISE_MORE * (flow.span - 1)) * (-1 if forward else 1)
            tip = -8.0 if forward else 8.0
            colour = FORWARD if forward else BACK
            bend = y + tip + 4 / 3 * (rise - tip / 2)
            svg.path(
                f"M{short(x1)} {short(y)}"
                f"C{short(x1)} {short(bend)} {short(x2)} {short(bend)} {short(x2)} {short(y + tip)}",
                fill="none", stroke=colour, stroke_width=flow.width, stroke_opacity=0.5,
            )  # fmt: skip
            _arrow(svg, x2, y + tip, -tip, max(flow.width / 2 + 3, 5), colour)
            labels.append(((x1 + x2) / 2, y + rise + tip, percent[flow.start, flow.end], colour))
    for x, y, text, colour in labels:
        pill(svg, x, y, text, colour)


def _ports(
    flows: Sequence[Flow], stations: Stations, forward: bool
) -> tuple[dict[Flow, float], dict[Flow, float]]:
    """Place where each ribbon leaves and arrives: side by side, those that go far nearest to the middle."""
    starts: dict[Flow, float] = {}
    ends: dict[Flow, float] = {}
    side = 1.0 if forward else -1.0
    for place, middle in enumerate(stations.middles):
        for found, which, away in ((starts, "start", side), (ends, "end", -side)):
            here = [flow for flow in flows if getattr(flow, which) == place]
            at = 16.0
            for flow in sorted(here, key=lambda one: -one.span):
                found[flow] = middle + away * (at + flow.width / 2)
                at += max(flow.width, 8.0) + 5.0
    return starts, ends


def _arrow(svg: Svg, x: float, y: float, length: float, half: float, colour: str) -> None:
    svg.path(f"M{short(x - half)} {short(y)}H{short(x + half)}L{short(x)} {short(y + length)}Z", fill=colour)


def pill(svg: Svg, x: float, y: float, text: str, colour: str, size: float = 12.5) -> None:
    """Write a short text on white, centred on a place."""
    wide = width_of(text, size, bold=True) + 8
    svg.rect(x - wide / 2, y - size / 2 - 3, wide, size + 6, "#ffffff", rx=7, fill_opacity=0.92)
    svg.text(x, y + size * 0.36, text, size, colour, bold=True, anchor="middle")


def draw_sleep(svg: Svg, share: float, x: float, y1: float, y2: float) -> None:
    """Draw the ribbon from a station down to the dormant lane."""
    width = max(2.0, SCALE * share)
    svg.line(x, y1, x, y2 - 9, SLEEP, stroke_width=width, stroke_opacity=0.45)
    _arrow(svg, x, y2 - 9, 9, max(width / 2 + 3, 5), SLEEP)


def loop_ends(
    found: Mapping[tuple[str, str], float], parts: Mapping[str, str | None]
) -> tuple[str, str] | None:
    """Name the customer phase and the buyer phase between which most customers come back; None if nobody does.

    Examples
    --------
    >>> loop_ends({("stay", "look"): 0.1, ("look", "stay"): 0.3}, {"look": "buyer", "stay": "customer"})
    ('stay', 'look')
    """
    back = {
        pair: share
        for pair, share in found.items()
        if parts.get(pair[0]) == "customer" and parts.get(pair[1]) == "buyer" and DORMANT not in pair
    }
    return max(back, key=lambda pair: (back[pair], pair)) if back else None


def draw_loop(svg: Svg, start: float, end: float, top: float, high: float) -> None:
    """Draw the loyalty loop over everything else: up, along, and down again."""
    bow = 46.0
    svg.path(
        f"M{short(start)} {short(top)}V{short(high + bow)}"
        f"Q{short(start)} {short(high)} {short(start - bow)} {short(high)}"
        f"H{short(end + bow)}Q{short(end)} {short(high)} {short(end)} {short(high + bow)}V{short(top - 9)}",
        fill="none", stroke=LOOP, stroke_width=2.5, stroke_dasharray="7 5",
    )  # fmt: skip
    _arrow(svg, end, top - 9, 9, 6, LOOP)
