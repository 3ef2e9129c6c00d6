"""A line of values with their intervals: by the age of a model, or by how much it learnt from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.reporting.figures.style import BLUE, FAINT, INK, MUTED, RED
from models.reporting.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Inches of one panel.
SIZE = (3.9, 2.9)


@dataclass(frozen=True)
class Point:
    """One value.

    Attributes
    ----------
    label : str
        Under it.
    value, low, high : float or None
        On the vertical axis; ``None``: not drawn.
    marked : bool
        In the other colour: worse beyond chance.
    """

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    marked: bool = False


def draw(axes: Axes, points: Sequence[Point], title: str, across: str, up: str, words: Words) -> None:
    """Draw the points from left to right, evenly spaced, with a line at 0 if 0 lies among them.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    points : sequence of Point
        Left one first.
    title, across, up : str
        Above the picture, under and beside the axes.
    words : Words
        Numbers.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    known = [(place, one.value) for place, one in enumerate(points) if one.value is not None]
    axes.plot([x for x, _ in known], [y for _, y in known], color=FAINT, linewidth=1.4, zorder=1)
    for place, one in enumerate(points):
        if one.value is None:
            continue
        colour = RED if one.marked else BLUE
        if one.low is not None and one.high is not None:
            axes.plot([place, place], [one.low, one.high], color=colour, linewidth=1.6, zorder=2)
        marker = "s" if one.marked else "o"
        axes.plot(
            [place],
            [one.value],
            marker=marker,
            markersize=5.5,
            color=colour,
            markeredgecolor="white",
            zorder=3,
        )
    bottom, top = axes.get_ylim()
    if bottom <= 0 <= top:
        axes.axhline(0.0, color=MUTED, linewidth=1.0, zorder=0)
    axes.set_xticks(range(len(points)), [one.label for one in points], color=INK)
    axes.set_xlim(-0.5, max(len(points) - 0.5, 0.5))
    axes.grid(visible=False, axis="x")
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    digits = decimals(top - bottom)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value, digits)))
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.set_title(title)


def decimals(spread: float) -> int:
    """Give the decimals that tell some five ticks over such a spread apart.

    Examples
    --------
    >>> decimals(0.02), decimals(0.5), decimals(40.0)
    (3, 1, 0)
    """
    return max(0, math.ceil(-math.log10(spread / 4))) if spread > 0 else 0
