"""The gain curve: how many are found by going down the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.curves import SHARES
from models.metrics import shortest_lift
from models.reporting.figures.style import FAINT, INK, SCORERS
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
    """Mark the shortest list that is judged: the number people act on."""
    name = shortest_lift(found["metrics"])
    k = float(name.removeprefix("lift")) / 100
    gain = found["metrics"][name]["model"]["value"] * k
    axes.plot([k, k], [0, gain], color=FAINT, linewidth=1.0, zorder=1)
    axes.plot(
        [k], [gain], marker="o", markersize=6, color=SCORERS["model"][0], markeredgecolor="white", zorder=5
    )
    text = words("note_found", k=words.percent(k), gain=words.percent(gain))
    axes.text(
        0.03, 0.98, text, transform=axes.transAxes, va="top", fontsize=8.5, fontweight="bold", color=INK
    )


def percent_axis(axis: Any, words: Words, digits: int = 0) -> None:
    """Write the ticks of an axis as percentages, the way the language does."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(5))
    axis.set_major_formatter(FuncFormatter(lambda value, _: words.percent(value, digits)))
