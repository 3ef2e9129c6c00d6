"""How many customers stand in each phase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from models.figures.forest import shortened
from models.figures.style import BLUE, FAINT, INK
from models.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(axes: Axes, counts: Mapping[str, int], title: str, words: Words) -> None:
    """Draw a bar per phase, in journey order.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    counts : mapping
        Customers per phase.
    title : str
        What is shown.
    words : Words
        Labels of the phases.
    """
    total = max(sum(counts.values()), 1)
    for place, (phase, count) in enumerate(counts.items()):
        axes.barh(place, count, height=0.62, color=FAINT if phase == "dormant" else BLUE)
        text = f"{words.number(count)}  ({words.percent(count / total)})"
        axes.annotate(
            text,
            (count, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=INK,
        )
    axes.set_yticks(range(len(counts)), [shortened(words.phase(phase)) for phase in counts], color=INK)
    axes.set_ylim(len(counts) - 0.4, -0.6)
    axes.set_xlim(0, 1.35 * max([*counts.values(), 1]))
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.set_title(title)
