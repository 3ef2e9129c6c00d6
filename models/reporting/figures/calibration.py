"""Calibration: a chance of 30 % should come true 30 times in a hundred."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.reporting.figures.lift import percent_axis
from models.reporting.figures.style import BLUE, FAINT, MUTED
from models.reporting.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(axes: Axes, found: dict[str, Any], title: str, words: Words) -> None:
    """Draw observed against predicted for ten equal parts of the list, with intervals and noise floor.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    found : dict
        One entry of ``evaluation["targets"][target]["phases"]``, judged.
    title : str
        What is shown.
    words : Words
        Texts and numbers.
    """
    points = found["calibration"]
    p, observed = [point["p"] for point in points], [point["observed"] for point in points]
    below = [max(point["observed"] - point["low"], 0) for point in points]
    above = [max(point["high"] - point["observed"], 0) for point in points]
    top = min(1.0, 1.08 * max([point["high"] for point in points] + p))
    axes.plot([0, top], [0, top], color=MUTED, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1)
    axes.errorbar(p, observed, yerr=[below, above], fmt="none", ecolor=BLUE, elinewidth=1.2, alpha=0.55)
    most = max(point["n"] for point in points)
    sizes = [14 + 30 * point["n"] / most for point in points]
    axes.scatter(p, observed, s=sizes, color=BLUE, edgecolors="white", linewidths=0.8, zorder=4)
    axes.set(xlim=(0, top), ylim=(0, top), title=title)
    axes.set_xlabel(words("axis_predicted"))
    axes.set_ylabel(words("axis_observed"))
    digits = 0 if top > 0.08 else 1
    percent_axis(axes.xaxis, words, digits)
    percent_axis(axes.yaxis, words, digits)
    ece = words.percent(found["metrics"]["ece"]["model"]["value"], 1)
    said = words("note_calibration", ece=ece, floor=words.percent(found["noise_floor"], 1))
    middle = sorted(point["n"] for point in points)[len(points) // 2]
    said += "\n" + words("note_dots", n=words.number(middle))
    axes.text(
        0.98, 0.03, said, transform=axes.transAxes, ha="right", va="bottom", fontsize=8.0, color=MUTED,
        bbox={"facecolor": "white", "edgecolor": FAINT, "linewidth": 0.5, "pad": 3.0}, zorder=6,
    )  # fmt: skip
