"""Forest plots: one row per group or policy, a dot with its interval, and a line to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.reporting.figures.style import BLUE, INK, MUTED, ORANGE, PANEL
from models.reporting.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Letters of a label.
MOST = 26


@dataclass(frozen=True)
class Row:
    """One line of a forest plot.

    Attributes
    ----------
    label : str
        On the left.
    value, low, high : float or None
        The dot and its interval; ``None``: only the note is shown.
    strong : bool
        Filled dot: it differs from the line, or it is the one recommended.
    note : str
        Instead of a dot.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    strong: bool = False
    note: str = ""


def height(rows: int) -> float:
    """Give the inches of a panel with so many rows."""
    return 0.95 + 0.27 * rows


def width() -> float:
    """Give the inches of a panel."""
    return PANEL[0] + 0.3


def margins(labels: Sequence[str], most: int = MOST) -> tuple[float, float, float, float]:
    """Give the inches around the axes: on the left as much as the longest label takes, on the right a number.

    Examples
    --------
    >>> margins(["Two adults", "One"])
    (0.86, 0.5, 0.52, 0.36)
    """
    longest = max((len(shortened(label, most)) for label in labels), default=0)
    return (round(0.16 + 0.07 * max(longest, 6), 2), 0.5, 0.52, 0.36)


def draw(
    axes: Axes,
    rows: Sequence[Row],
    line: float | None,
    limits: tuple[float, float],
    title: str,
    label: str,
    words: Words,
) -> None:
    """Draw the rows from top to bottom.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    rows : sequence of Row
        Top row first.
    line : float or None
        Where the vertical line stands.
    limits : tuple of float
        Of the axis: the same for panels that are compared, see ``spanned``.
    title, label : str
        Above the picture and under the axis.
    words : Words
        Numbers.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    if line is not None:
        axes.axvline(line, color=MUTED, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1)
    axes.set_xlim(limits)
    for place, row in enumerate(rows):
        if row.value is None:
            axes.text(
                0.02, place, row.note, transform=axes.get_yaxis_transform(), va="center", fontsize=8.0,
                color=MUTED, style="italic", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
            )  # fmt: skip
            continue
        colour = ORANGE if row.strong else BLUE
        if row.low is not None and row.high is not None:
            axes.plot([row.low, row.high], [place, place], color=colour, linewidth=1.8, alpha=0.75, zorder=2)
        axes.plot(
            [row.value], [place], marker="o", markersize=6, zorder=3, color=colour, markeredgewidth=1.4,
            markerfacecolor=colour if row.strong else "white",
        )  # fmt: skip
        axes.annotate(
            words.number(row.value, 2), (1.0, place), xycoords=("axes fraction", "data"), xytext=(4, 0),
            textcoords="offset points", va="center", fontsize=8.5, color=INK,
        )  # fmt: skip
    axes.set_yticks(range(len(rows)), [shortened(row.label) for row in rows], color=INK)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    spread = limits[1] - limits[0]
    tick = 0 if spread > 8 else 1 if spread > 0.8 else 2
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value, tick)))
    axes.set_xlabel(label)
    axes.set_title(title)


def spanned(rows: Sequence[Row], line: float | None) -> tuple[float, float]:
    """Give axis limits that hold every interval and the line, with some air.

    Examples
    --------
    >>> spanned([Row("a", 2.0, 1.0, 3.0)], line=1.5)
    (0.9, 3.1)
    """
    ends = [end for row in rows for end in (row.value, row.low, row.high) if end is not None]
    ends += [line] if line is not None else []
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    air = 0.05 * (high - low) or 0.5
    return low - air, high + air


def shortened(label: str, most: int = MOST) -> str:
    """Cut a label that would not leave room for the picture.

    Examples
    --------
    >>> shortened("Two adults with three or more children", 12)
    'Two adults…'
    """
    return label if len(label) <= most else label[: most - 1].rstrip() + "…"
