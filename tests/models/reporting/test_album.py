"""Pictures drawn one by one, together, and side by side on a sheet."""

from __future__ import annotations

import matplotlib as mpl

from models.reporting.figures.album import Picture, sheet, svgs
from models.reporting.figures.style import MARGINS


def _picture(key: str) -> Picture:
    return Picture(
        "sheet", key, key, lambda axes: axes.plot([0, 1], [0, len(key)], label=key), margins=MARGINS
    )


def test_a_panel_is_the_same_alone_and_among_others() -> None:
    one, other = _picture("one"), _picture("longer")
    assert svgs([one, other]) == [one.svg(), other.svg()]
    assert one.svg() != other.svg()


def test_drawing_leaves_the_settings_of_matplotlib_as_they_were() -> None:
    with mpl.rc_context({"axes.grid": False, "font.size": 31.0}):
        before = dict(mpl.rcParams)
        own = _picture("one").svg()
        assert dict(mpl.rcParams) == before
    assert own == _picture("one").svg()


def test_a_sheet_is_as_wide_as_its_panels_at_110_dots_per_inch() -> None:
    width, height = (
        int.from_bytes(sheet([_picture("one"), _picture("two")])[at : at + 4]) for at in (16, 20)
    )
    assert (width, height) == (814, 330)
