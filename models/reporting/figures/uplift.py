"""The uplift curve: what is gained by giving the top of the list its best action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from models.reporting.figures.lift import percent_axis
from models.reporting.figures.style import BLUE, INK, MUTED
from models.reporting.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Curve = Mapping[str, Sequence[float]]


def draw(axes: Axes, curve: Curve, title: str, label: str, words: Words) -> None:
    """Draw the curve with its interval, and the line of the best single action to a random part.

    Parameters
    ----------
    axes : Axes
    curve : mapping
        ``share`` (0 to 1, rising) and ``gain``; if there: ``low``, ``high`` and ``line``. One number per point.
    title, label : str
        Above the picture and beside the vertical axis.
    words : Words
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    share = curve["share"]
    axes.axhline(0.0, color=INK, linewidth=0.8, zorder=1)
    if curve.get("low") and curve.get("high"):
        axes.fill_between(share, curve["low"], curve["high"], color=BLUE, alpha=0.15, linewidth=0, zorder=2)
    axes.plot(share, curve["gain"], color=BLUE, linewidth=2.2, label=words("nba_uplift_model"), zorder=4)
    if curve.get("line"):
        axes.plot(
            share, curve["line"], color=MUTED, linestyle=(0, (4, 2)), linewidth=1.4, zorder=3,
            label=words("nba_uplift_random"),
        )  # fmt: skip
    axes.set(xlim=(0, 1), title=title)
    axes.set_xlabel(words("nba_uplift_axis"))
    axes.set_ylabel(label)
    percent_axis(axes.xaxis, words)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    low, high = axes.get_ylim()
    digits = 0 if high - low > 8 else 1 if high - low > 0.8 else 2
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value, digits)))
    axes.legend(loc="best", handlelength=2.4, borderaxespad=0.2)
