"""How customers spread over the phases, from cutoff to cutoff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from models.reporting.figures.lift import percent_axis
from models.reporting.figures.style import BLUE, FAINT, GREEN, ORANGE, RED, SKY
from models.reporting.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = (SKY, BLUE, GREEN, ORANGE, RED, "#CC79A7", "#F0E442")
SIZE = (11.3, 3.4)
#: Wide on the right, where the names of the phases stand.
MARGINS = (0.62, 1.4, 0.32, 0.36)
#: Most dates written under the picture.
DATES = 9


def draw(
    axes: Axes, cutoffs: Sequence[str], counts: Mapping[str, Sequence[int]], title: str, words: Words
) -> None:
    """Draw one bar per cutoff, split by phase in journey order, dormant on top.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    cutoffs : sequence of str
        Dates, oldest first.
    counts : mapping
        Phase to customers at each cutoff.
    title : str
        What is shown.
    words : Words
        Labels of the phases.
    """
    totals = [max(sum(each), 1) for each in zip(*counts.values(), strict=True)]
    base = [0.0] * len(cutoffs)
    colours = iter(COLOURS * (1 + len(counts) // len(COLOURS)))
    for phase, numbers in words.in_order(counts):
        shares = [number / total for number, total in zip(numbers, totals, strict=True)]
        colour = FAINT if phase == "dormant" else next(colours)
        axes.bar(range(len(cutoffs)), shares, bottom=base, width=0.86, color=colour, label=words.phase(phase))
        base = [below + share for below, share in zip(base, shares, strict=True)]
    step = max(1, -(-len(cutoffs) // DATES))
    shown = list(range(len(cutoffs) - 1, -1, -step))[::-1]
    axes.set_xticks(shown, [words.date(cutoffs[place]) for place in shown], fontsize=7.5)
    axes.set_ylim(0, 1)
    axes.margins(x=0.01)
    axes.grid(visible=False, axis="x")
    axes.set_ylabel(words("axis_share"))
    percent_axis(axes.yaxis, words)
    axes.set_title(title)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.0)
