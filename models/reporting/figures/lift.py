"""The gain curve: how many are found by going down the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.curves import SHARES
from models.metrics import shortest_lift
from models.reporting.figures.style import INK, SCORERS
from models.reporting.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(axes: Axes, found: dict[str, Any], title: str, target: str, words: Words) -> None:
    """Draw the gain curve of one phase, the model against the baselines.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    found : dict
        One entry of ``evaluation["targets"][target]["phases"]``, judged.
    title, target : str
        What is shown.
    words : Words
        Texts and numbers.
    """
    shares = [0.0, *SHARES]
    # The model last, so that it lies on top.
    for scorer in reversed([s for s in SCORERS if s in found["gain_curve"]]):
        colour, dash, width = SCORERS[scorer]
        gains = [0.0, *found["gain_curve"][scorer]]
        axes.plot(
            shares, gains, color=colour, linestyle=dash, linewidth=width, label=words(f"scorer_{scorer}")
        )
    _mark(axes, found, words)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), title=title)
    axes.set_xlabel(words("axis_list"))
    axes.set_ylabel(words.known(f"axis_found_{target}", ""))
    percent_axis(axes.xaxis, words)
    percent_axis(axes.yaxis, words)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="lower right", handlelength=2.4, borderaxespad=0.2)


def _mark(axes: Axes, found: dict[str, Any], words: Words) -> None:
    """Mark the lists that are judged with their intervals, and say the shortest: the number people act on."""
    colour = SCORERS["model"][0]
    for name in (name for name in found["metrics"] if name.startswith("lift")):
        k, one = float(name.removeprefix("lift")) / 100, found["metrics"][name]["model"]
        if one.get("low") is not None and one.get("high") is not None:
            ends = [one["low"] * k, min(one["high"] * k, 1.0)]
            axes.plot([k, k], ends, color=INK, linewidth=1.6, solid_capstyle="butt", zorder=6)
            for end in ends:
                axes.plot([k - 0.012, k + 0.012], [end, end], color=INK, linewidth=1.2, zorder=6)
        axes.plot(
            [k],
            [one["value"] * k],
            marker="o",
            markersize=5.5,
            color=colour,
            markeredgecolor="white",
            zorder=7,
        )
    name = shortest_lift(found["metrics"])
    k, one = float(name.removeprefix("lift")) / 100, found["metrics"][name]["model"]
    text = words("note_found", k=words.percent(k), gain=words.percent(one["value"] * k))
    bounds = {side: None if one.get(side) is None else 100 * k * one[side] for side in ("low", "high")}
    interval = words.interval(bounds, 0)
    axes.text(
        0.03, 0.98, text + (f" ({interval})" if interval else ""), transform=axes.transAxes, va="top",
        fontsize=8.5, fontweight="bold", color=INK,
    )  # fmt: skip


def percent_axis(axis: Any, words: Words, digits: int = 0) -> None:
    """Write the ticks of an axis as percentages, the way the language does."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(5))
    axis.set_major_formatter(FuncFormatter(lambda value, _: words.percent(value, digits)))
