"""Where today's customers stand on the list that was judged: one bar per tenth, a line where they would be equal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from models.reporting.figures.lift import percent_axis
from models.reporting.figures.style import BLUE, INK, SKY
from models.reporting.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(axes: Axes, then: Sequence[float], now: Sequence[float], title: str, words: Words) -> None:
    """Draw the share of today's customers in each part of the judged list, lowest probability first.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    then, now : sequence of float
        Shares of the customers judged and of those scored now, one per part.
    title : str
        Above the picture.
    words : Words
        Texts and numbers.
    """
    places = list(range(1, len(now) + 1))
    axes.bar(places, now, width=0.78, color=SKY, edgecolor=BLUE, linewidth=0.8, label=words("drift_now"))
    edges = [place - 0.5 for place in places] + [places[-1] + 0.5]
    axes.stairs(
        then, edges, baseline=None, color=INK, linewidth=1.4, linestyle=(0, (4, 2)), label=words("drift_then")
    )
    axes.set(xlim=(0.4, len(now) + 0.6), ylim=(0, 1.32 * max(*then, *now)), title=title)
    axes.set_xticks(places, [words.number(place) for place in places])
    axes.grid(visible=False, axis="x")
    axes.set_xlabel(words("drift_tenths"))
    axes.set_ylabel(words("axis_share"))
    percent_axis(axes.yaxis, words)
    axes.legend(loc="upper left", handlelength=1.8, borderaxespad=0.2, ncols=2)
