"""Growth of CPU and memory with the number of events, both axes logarithmic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.reporting.figures import style

#: Colour, dash, width and marker of each engine: told apart in black and white too.
LINES: dict[str, tuple[str, str, Any, float, str]] = {
    "naive_sql": ("DuckDB SQL, naive", style.INK, (0, (1, 1)), 1.3, "v"),
    "ibis": ("Ibis on DuckDB", style.SKY, (0, (3, 1, 1, 1)), 1.3, "s"),
    "pandas": ("pandas", style.RED, (0, (5, 1.5)), 1.3, "^"),
    "duckdb_sql": ("DuckDB SQL, best", style.GREEN, (0, (3, 1.5)), 1.3, "D"),
    "polars_best": ("Polars, best", style.ORANGE, (0, (1, 1)), 1.3, "X"),
    "polars": ("Polars", style.ORANGE, (0, (5, 1)), 1.6, "P"),
    "project": ("klantreis", style.BLUE, "-", 2.4, "o"),
    "floor": ("scan floor", style.MUTED, (0, (1.5, 1.2)), 1.3, "x"),
}
PANELS = (("cpu_s", "CPU seconds"), ("peak_mb", "Peak memory, MB"))


def growth(results: Sequence[dict[str, Any]]) -> bytes:
    """Draw the figure as PNG.

    Parameters
    ----------
    results : sequence of dict
        Stored results, one per size, ascending.
    """
    with style.drawing(columns=2, panel=(3.9, 3.5)) as (figure, panels):
        for panel, (unit, title) in zip(panels, PANELS, strict=True):
            for name, (label, colour, dash, width, marker) in LINES.items():
                points = [(one["events"], one["measured"][name][unit]) for one in results
                          if name in one["measured"]]  # fmt: skip
                if points and not (name == "floor" and unit == "peak_mb"):
                    events, values = zip(*points, strict=True)
                    panel.plot(events, values, color=colour, linestyle=dash, linewidth=width, marker=marker,
                               markersize=4.5, label=label)  # fmt: skip
            panel.set(xscale="log", yscale="log", title=title, xlabel="Events")
            sizes = [one["events"] for one in results]
            panel.set_xticks(sizes, [_short(size) for size in sizes])
            panel.minorticks_off()
            panel.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4)
        return style.png(figure)


def _short(events: int) -> str:
    return f"{events / 1e6:g}M" if events >= 1_000_000 else f"{events / 1e3:g}k"
