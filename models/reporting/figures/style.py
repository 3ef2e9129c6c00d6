"""One look for every picture: colours that colour-blind people tell apart, and bytes that do not change."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Okabe and Ito (2008), "Color Universal Design".
BLUE, ORANGE, GREEN, RED, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9"
INK, MUTED, FAINT = "#1b2733", "#66717d", "#d9dee3"
#: Colour and dash of each scorer: dashes keep the lines apart in black and white.
SCORERS: dict[str, tuple[str, Any, float]] = {
    "model": (BLUE, "-", 2.2),
    "rfm_logistic": (ORANGE, (0, (5, 1.5)), 1.6),
    "recency": (GREEN, (0, (1.5, 1.2)), 1.6),
    "base_rate": (MUTED, (0, (3, 1.5, 1, 1.5)), 1.2),
}
RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans", "font.size": 9.0, "axes.titlesize": 10.5, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "axes.titlepad": 9.0, "axes.labelsize": 9.0, "axes.labelcolor": MUTED,
    "axes.edgecolor": FAINT, "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
    "axes.grid": True, "grid.color": FAINT, "grid.linewidth": 0.6, "text.color": INK, "axes.titlecolor": INK,
    "xtick.color": MUTED, "ytick.color": MUTED, "xtick.labelsize": 8.5, "ytick.labelsize": 8.5,
    "xtick.major.size": 0.0, "ytick.major.size": 0.0, "legend.frameon": False, "legend.fontsize": 8.5,
    "figure.facecolor": "white", "axes.facecolor": "white", "svg.hashsalt": "klantreis",
    "svg.fonttype": "path", "text.parse_math": False, "figure.constrained_layout.use": True,
}  # fmt: skip
#: Inches of one panel: at 100 dots per inch it fits a phone.
PANEL = (3.7, 3.0)


@contextmanager
def drawing(
    columns: int = 1, rows: int = 1, panel: tuple[float, float] = PANEL, ratios: Sequence[float] | None = None
) -> Iterator[tuple[Figure, list[Axes]]]:
    """Give a figure with panels in the house style; nothing of it leaks into other figures.

    Parameters
    ----------
    columns, rows : int
        Panels beside and below each other.
    panel : tuple of float
        Width and (mean) height of a panel in inches.
    ratios : sequence of float, optional
        Heights of the rows relative to each other.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context():
        # Not what the machine's own matplotlibrc says: equal pictures everywhere.
        mpl.rcdefaults()
        mpl.rcParams.update(RC)
        figure = Figure(figsize=(panel[0] * columns, panel[1] * rows))
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, squeeze=False, height_ratios=ratios)
        yield figure, list(axes.ravel())


def svg(figure: Figure) -> bytes:
    """Give the figure as SVG without date, so that equal figures are equal bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def png(figure: Figure) -> bytes:
    """Give the figure as PNG without the name of the software in it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()
