"""Bars, one per feature family: what it costs, or what it brings with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.reporting.figures.forest import shortened
from models.reporting.figures.style import BLUE, INK, MUTED, ORANGE, PANEL
from models.reporting.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Bar:
    """One bar.

    Attributes
    ----------
    label : str
        On the left.
    value : float or None
        Its length; ``None``: no bar.
    low, high : float or None
        The interval; ``None``: none is drawn.
    marked : bool
        Hatched and in the other colour: it does not earn its cost.
    """

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    marked: bool = False


def size(bars: int) -> tuple[float, float]:
    """Give width and height (inches) of a panel with so many bars."""
    return PANEL[0], 0.95 + 0.25 * bars


def draw(
    axes: Axes, bars: Sequence[Bar], title: str, label: str, words: Words, digits: int, signed: bool = False
) -> None:
    """Draw the bars from top to bottom.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    bars : sequence of Bar
        Top one first.
    title, label : str
        Above the picture and under the axis.
    words : Words
        Numbers.
    digits : int
        Decimals of the values.
    signed : bool
        Whether values carry their sign.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    for place, bar in enumerate(bars):
        if bar.value is None:
            continue
        axes.barh(
            place, bar.value, height=0.62, color=ORANGE if bar.marked else BLUE, alpha=0.85,
            hatch="////" if bar.marked else None, edgecolor="white", linewidth=0.0, zorder=2,
        )  # fmt: skip
        if bar.low is not None and bar.high is not None:
            axes.plot([bar.low, bar.high], [place, place], color=INK, linewidth=1.3, zorder=3)
        axes.annotate(
            words.number(bar.value, digits, signed), (1.0, place), xycoords=("axes fraction", "data"),
            xytext=(4, 0), textcoords="offset points", va="center", fontsize=8.5, color=INK,
        )  # fmt: skip
    axes.axvline(0.0, color=MUTED, linewidth=1.0, zorder=4)
    axes.set_xlim(limits(bars))
    axes.set_yticks(range(len(bars)), [shortened(bar.label, 22) for bar in bars], color=INK)
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    spread = axes.get_xlim()[1] - axes.get_xlim()[0]
    tick = 0 if spread > 4 else 1 if spread > 0.4 else 2
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value, tick)))
    axes.set_xlabel(label)
    axes.set_title(title)


def limits(bars: Sequence[Bar]) -> tuple[float, float]:
    """Give axis limits that hold 0, every bar and every interval, with some air.

    Examples
    --------
    >>> limits([Bar("a", 1.0, 0.5, 2.0)])
    (0.0, 2.1)
    >>> limits([])
    (0.0, 1.0)
    """
    ends = [end for bar in bars for end in (bar.value, bar.low, bar.high) if end is not None]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    air = 0.05 * (high - low)
    if air == 0:
        return 0.0, 1.0
    return (low - air if low < 0 else 0.0), (high + air if high > 0 else 0.0)
