"""What every policy gains over the best single action: a forest plot with that action on the zero line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.reporting.figures.forest import shortened
from models.reporting.figures.style import BLUE, INK, MUTED, ORANGE, PANEL
from models.reporting.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Letters of a label: policies have long names.
MOST = 24


@dataclass(frozen=True)
class Gain:
    """One policy.

    Attributes
    ----------
    label : str
    value, low, high : float or None
        Money per decision over the best single action; None: the log does not carry a figure.
    followed : bool
        Filled and in the other colour: it is what is done now.
    best : bool
        A diamond on the zero line: it is the best single action itself.
    note : str
        Instead of a dot.
    """

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    followed: bool = False
    best: bool = False
    note: str = ""


def size(rows: int) -> tuple[float, float]:
    """Give width and height (inches) of a panel with so many policies."""
    return PANEL[0] + 0.3, 0.95 + 0.27 * rows


def draw(axes: Axes, rows: Sequence[Gain], title: str, label: str, words: Words) -> None:
    """Draw the policies from top to bottom.

    Parameters
    ----------
    axes : Axes
    rows : sequence of Gain
        Top row first.
    title, label : str
        Above the picture and under the axis.
    words : Words
        Numbers.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.axvline(0.0, color=INK, linewidth=1.0, zorder=1)
    axes.set_xlim(limits(rows))
    for place, row in enumerate(rows):
        _row(axes, place, row, words)
    axes.set_yticks(range(len(rows)), [shortened(row.label, MOST) for row in rows], color=INK)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    spread = axes.get_xlim()[1] - axes.get_xlim()[0]
    tick = 0 if spread > 8 else 1 if spread > 0.8 else 2
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value, tick)))
    axes.set_xlabel(label)
    axes.set_title(title)


def _row(axes: Axes, place: int, row: Gain, words: Words) -> None:
    if row.value is None and not row.best:
        axes.text(
            0.02, place, row.note, transform=axes.get_yaxis_transform(), va="center", fontsize=8.0, color=MUTED,
            style="italic", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip
        return
    value, colour = row.value or 0.0, ORANGE if row.followed else BLUE
    if row.low is not None and row.high is not None:
        axes.plot([row.low, row.high], [place, place], color=colour, linewidth=1.8, alpha=0.75, zorder=2)
    axes.plot(
        [value], [place], marker="D" if row.best else "o", markersize=6, zorder=3, color=colour,
        markeredgewidth=1.4, markerfacecolor=colour if row.followed else "white",
    )  # fmt: skip
    axes.annotate(
        words.number(value, 2, signed=not row.best), (1.0, place), xycoords=("axes fraction", "data"),
        xytext=(4, 0), textcoords="offset points", va="center", fontsize=8.5, color=INK,
    )  # fmt: skip


def limits(rows: Sequence[Gain]) -> tuple[float, float]:
    """Give axis limits that hold 0 and every interval, with some air.

    Examples
    --------
    >>> limits([Gain("a", 1.0, -1.0, 3.0), Gain("b", None)])
    (-1.2, 3.2)
    """
    ends = [end for row in rows for end in (row.value, row.low, row.high) if end is not None]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    air = 0.05 * (high - low) or 0.5
    return low - air, high + air
