"""A small SVG writer: every text escaped, text wrapped by an estimate of its width, numbers short."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

FONT = "Segoe UI, Roboto, Helvetica Neue, Arial, Liberation Sans, sans-serif"
#: Characters that are narrower and wider than others, in the usual sans-serif fonts.
NARROW, WIDE = "iljtfr.,:;'|!()[] /·", "mwMW%@—"


def width_of(text: str, size: float, bold: bool = False) -> float:
    """Estimate the width of a text in pixels.

    Examples
    --------
    >>> width_of("iii", 10) < width_of("nnn", 10) < width_of("mmm", 10)
    True
    """
    ems = sum(
        0.31 if letter in NARROW else 0.88 if letter in WIDE else 0.7 if letter.isupper() else 0.56
        for letter in text
    )
    return ems * size * (1.08 if bold else 1.0)


def wrapped(text: str, width: float, size: float, most: int = 99, bold: bool = False) -> list[str]:
    """Break a text into lines that fit a width; what is over after ``most`` lines ends in an ellipsis.

    Examples
    --------
    >>> wrapped("every touch counts", 45, 10)
    ['every', 'touch', 'counts']
    >>> wrapped("every touch counts", 45, 10, most=2)
    ['every', 'touch …']
    """
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, size, bold) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1]} …"]
    return lines


def fitted(text: str, width: float, size: float) -> str:
    """Give a text on one line, cut off with an ellipsis where it does not fit.

    Examples
    --------
    >>> fitted("touchpoint", 100, 10), fitted("touchpoint", 30, 10)
    ('touchpoint', 'touc…')
    """
    if width_of(text, size) <= width:
        return text
    while text and width_of(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip(" ·") + "…"


def short(number: float) -> str:
    """Write a coordinate: equal pictures are equal bytes.

    Examples
    --------
    >>> short(12.0), short(1 / 3)
    ('12', '0.3')
    """
    text = f"{number:.1f}"
    return text.removesuffix(".0").replace("-0", "0") if text in ("-0.0",) else text.removesuffix(".0")


class Svg:
    """Collects shapes and gives the document.

    Parameters
    ----------
    width, height : float
        Of the drawing, in its own pixels.
    title, description : str
        For who cannot see it.
    """

    def __init__(self, width: float, height: float, title: str, description: str) -> None:
        self.width, self.height = width, height
        self._parts = [f"<title>{escape(title)}</title>", f"<desc>{escape(description)}</desc>"]

    def add(self, name: str, content: str | None = None, /, **attributes: str | float) -> None:
        """Add one element; ``content`` is text."""
        written = {
            key: value if isinstance(value, str) else short(value) for key, value in attributes.items()
        }
        said = "".join(f" {key.replace('_', '-')}={quoteattr(text)}" for key, text in written.items())
        self._parts.append(
            f"<{name}{said}/>" if content is None else f"<{name}{said}>{escape(content)}</{name}>"
        )

    def rect(self, x: float, y: float, width: float, height: float, fill: str, **more: str | float) -> None:
        """Add a rectangle."""
        self.add("rect", x=x, y=y, width=width, height=height, fill=fill, **more)

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str, **more: str | float) -> None:
        """Add a straight line."""
        self.add("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour, **more)

    def path(self, steps: str, **more: str | float) -> None:
        """Add a path."""
        self.add("path", d=steps, **more)

    def text(
        self, x: float, y: float, text: str, size: float = 14, colour: str = "#1b2733", *, bold: bool = False,
        anchor: str = "start",
    ) -> None:  # fmt: skip
        """Add one line of text; ``y`` is its base line."""
        weight = {"font_weight": "700"} if bold else {}
        place = {} if anchor == "start" else {"text_anchor": anchor}
        self.add("text", text, x=x, y=y, font_size=size, fill=colour, **weight, **place)

    def lines(
        self, x: float, y: float, lines: Iterable[str], size: float = 14, colour: str = "#1b2733",
        leading: float = 1.3, **more: bool | str,
    ) -> float:  # fmt: skip
        """Add lines of text below each other; gives the base line after the last."""
        for line in lines:
            self.text(x, y, line, size, colour, **more)  # type: ignore[arg-type]
            y += leading * size
        return y

    def document(self, paper: tuple[float, float] | None = None) -> str:
        """Give the SVG; with ``paper`` (millimetres) as a file of its own that prints at that size.

        A drawing of another shape than the paper is centred on it, whole.
        """
        # Within a page the name space goes without saying; a file of its own needs it.
        own = 'xmlns="http://www.w3.org/2000/svg" '
        size = "" if paper is None else f'{own}width="{short(paper[0])}mm" height="{short(paper[1])}mm" '
        head = (
            f'<svg {size}role="img" '
            f'viewBox="0 0 {short(self.width)} {short(self.height)}" font-family={quoteattr(FONT)}>'
        )
        return "\n".join([head, *self._parts, "</svg>"]) + "\n"
