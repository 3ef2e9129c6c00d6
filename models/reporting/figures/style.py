"""One look for every picture: colours that colour-blind people tell apart, and bytes that do not change."""

from __future__ import annotations

import io
import re
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
    "svg.fonttype": "none", "text.parse_math": False,
}  # fmt: skip
#: Inches of one panel: at 100 dots per inch it fits a phone.
PANEL = (3.7, 3.0)
#: Inches left, right, below and above the axes of a panel drawn alone: to find them by measuring every text, as
#: constrained layout does, takes a third of the time of the drawing.
MARGINS = (0.66, 0.16, 0.5, 0.36)
#: Dots per inch of a PNG.
DOTS = 110
#: The letters of the page it stands on. They are narrower than those the panel was measured with: they fit.
LETTERS = 'text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}'


@contextmanager
def house_style() -> Iterator[None]:
    """Let matplotlib draw in the house style, whatever is set on this machine; afterwards all is as it was."""
    import matplotlib as mpl

    with mpl.rc_context():
        # Not what the machine's own matplotlibrc says: equal pictures everywhere.
        mpl.rcdefaults()
        mpl.rcParams.update(RC)
        yield


@contextmanager
def drawing(
    columns: int = 1,
    rows: int = 1,
    panel: tuple[float, float] = PANEL,
    ratios: Sequence[float] | None = None,
    margins: tuple[float, float, float, float] | None = None,
) -> Iterator[tuple[Figure, list[Axes]]]:
    """Give a figure with panels in the house style, see ``panels``; nothing of it leaks into other figures."""
    with house_style():
        yield panels(columns, rows, panel, ratios, margins)


def panels(
    columns: int = 1,
    rows: int = 1,
    panel: tuple[float, float] = PANEL,
    ratios: Sequence[float] | None = None,
    margins: tuple[float, float, float, float] | None = None,
) -> tuple[Figure, list[Axes]]:
    """Give a figure with panels; within ``house_style``, which takes as long to set as a small panel to draw.

    Parameters
    ----------
    columns, rows : int
        Panels beside and below each other.
    panel : tuple of float
        Width and (mean) height of a panel in inches.
    ratios : sequence of float, optional
        Heights of the rows relative to each other.
    margins : tuple of float, optional
        Inches left, right, below and above the axes; without them they are found by measuring.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    size = (panel[0] * columns, panel[1] * rows)
    figure = Figure(figsize=size, layout="constrained" if margins is None else None)
    if margins is not None:
        left, right, below, above = margins
        figure.subplots_adjust(left / panel[0], below / panel[1], 1 - right / panel[0], 1 - above / panel[1])
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False, height_ratios=ratios)
    return figure, list(axes.ravel())


def svg(figure: Figure) -> bytes:
    """Give the figure as SVG without date, so that equal figures are equal bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return _lean(buffer.getvalue().decode("utf-8")).encode("utf-8")


def _lean(drawn: str) -> str:
    """Leave out what no eye sees, and let the letters be those of the page."""
    for useless in (r"<\?xml.*?\?>", r"<!DOCTYPE.*?>", r"<!--.*?-->", r"<metadata>.*?</metadata>"):
        drawn = re.sub(useless, "", drawn, flags=re.S)
    drawn = re.sub(r"<[^>]+>", _lean_tag, drawn)
    drawn = drawn.replace("</style>", LETTERS + "</style>", 1)
    return re.sub(r"<g ?/>", "", re.sub(r">\s+<", "><", drawn)).strip()


def _lean_tag(found: re.Match[str]) -> str:
    """Shorten one tag: numbers to a hundredth of a point, no names that nothing refers to."""
    tag = re.sub(r"\s+", " ", found[0])
    tag = re.sub(r"<g id=\"[^\"]*\"", "<g", tag)
    tag = re.sub(r" transform=\"rotate\(-0 [^\"]*\"| ?font-family: [^;\"]*;?", "", tag)
    return re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), tag)


def png(figure: Figure) -> bytes:
    """Give the figure as PNG without the name of the software in it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    figure.set_dpi(DOTS)
    # Not savefig: it draws everything once more, only to lay it out.
    FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return buffer.getvalue()
