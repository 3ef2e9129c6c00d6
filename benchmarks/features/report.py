"""The stored results of all sizes as a table people read and a plot of growth."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.features.harness import faults
from benchmarks.features.plot import growth
from features.atomic import replacing

#: Engines in reading order, and what they are called.
NAMES = {
    "floor": "scan floor: the seven columns read and hashed",
    "project": "**klantreis**",
    "polars_best": "Polars, the best found: sorted once, a `group_by` per window and cutoff, streaming sink",
    "polars": "Polars, as one writes it: all columns in one lazy `group_by` per cutoff, streaming sink",
    "duckdb_sql": "DuckDB SQL, the best found: sorted once, an aggregate per window and cutoff",
    "ibis": "Ibis on DuckDB, the same plan",
    "pandas": "pandas: a mask per window, `groupby().size().unstack()`",
    "naive_sql": "DuckDB SQL, naive: one GROUP BY, 252 FILTERs, COUNT(DISTINCT)",
    "featuretools": "featuretools, a call per window, extrapolated",
}
SPARK_NAMES = {"project": "**klantreis**, engine `spark`", "spark_sql": "Spark SQL", "ibis": "Ibis on Spark"}


def stored(folder: Path) -> list[dict[str, Any]]:
    """Read the results of all sizes, the smallest first."""
    found = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("features_*.json")))
    return sorted((one for one in found if "measured" in one), key=lambda one: int(one["events"]))


def render(folder: Path) -> str:
    """Write ``features.md`` and ``features.png`` beside the stored results; give the text of the first."""
    results = stored(folder)
    if not results:
        raise FileNotFoundError(f"no features_*.json in {folder.name}: run with --events N --json FILE first")
    spark = folder / "features_spark.json"
    text = markdown(results, json.loads(spark.read_text(encoding="utf-8")) if spark.is_file() else None)
    with replacing(folder / "features.md") as beside:
        beside.write_text(text, encoding="utf-8")
    with replacing(folder / "features.png") as beside:
        beside.write_bytes(growth(results))
    return text


def markdown(results: Sequence[dict[str, Any]], spark: dict[str, Any] | None = None) -> str:
    """Write the tables.

    Parameters
    ----------
    results : sequence of dict
        What ``harness.Run`` gives, one per size.
    spark : dict, optional
        What ``benchmarks.features.spark`` gives.
    """
    # The comparison people look for: the largest size at which most peers ran.
    widest = max(results, key=lambda one: (len(one["measured"]), one["events"]))
    lines = [
        "# The feature engine beside its peers",
        "",
        f"{widest['columns']} float32 columns per customer and monthly cutoff (6 cutoffs) from a synthetic log, read",
        "from parquet and written to parquet (LZ4 by all). Made by `python -m benchmarks.features`; what it means:",
        "[../README.md](../README.md). CPU is user and system seconds of the whole process and its children, its start",
        "included (not for the floor); of each number the lowest run. Ratios are the point: seconds are one machine's.",
        "",
        *_peers(widest),
        *_equal(widest),
        "## Growth",
        "",
        "| events | rows | klantreis CPU s | per million events | × scan floor | wall / CPU | peak MB "
        "| Polars / klantreis, CPU |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
        *(_size(one) for one in results),
        "",
        "![CPU seconds and peak memory by number of events](features.png)",
    ]  # fmt: skip
    if spark:
        lines += ["", *_spark(spark)]
    return "\n".join(lines) + "\n"


def _peers(result: dict[str, Any]) -> Iterator[str]:
    measured, ratios = result["measured"], result["ratios"]
    yield (
        f"## {result['events']:,} events, {result['cpus']} processors, best of {result['repeat']} "
        f"(load {' / '.join(map(str, result['load']))})"
    )
    yield ""
    yield "| engine | CPU s | CPU / klantreis | wall s | wall / klantreis | peak MB | CPU / scan floor |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, words in NAMES.items():
        if name in measured:
            cost = measured[name]
            floor = cost["cpu_s"] / measured["floor"]["cpu_s"]
            yield (
                f"| {words} | {cost['cpu_s']:.2f} | {_times(ratios, f'{name}_cpu')} | {cost['wall_s']:.2f} "
                f"| {_times(ratios, f'{name}_wall')} | {cost['peak_mb']:,.0f} | {floor:,.0f} |"
            )
    yield ""


def _times(ratios: dict[str, float], name: str) -> str:
    return f"{ratios[name]:.1f}×" if name in ratios else ""


def _equal(result: dict[str, Any]) -> Iterator[str]:
    """Say whether all computed the same, and how the project writes a missing value."""
    wrong = faults(result)
    if wrong:
        yield from (
            f"**Differs** from {result['equal'][one.split(':')[0]]['reference']}: {one}" for one in wrong
        )
    elif result["equal"]:
        reference = next(iter(result["equal"].values()))["reference"]
        cells = sum(one["cells"] for one in result["equal"].values())
        yield (
            f"All {len(result['equal'])} other results equal that of `{reference}` in every cell compared, {cells:,} "
            "in all (counts exactly, the rest to 1e-6)."
        )
    for name, small in result.get("scaled", {}).items():
        sizes, seconds = (" and ".join(f"{one:,}" for one in small[key]) for key in ("events", "cpu_s"))
        yield (
            f"{name} ran on {sizes} events ({seconds} CPU s; {small['columns']} of the columns, the rest it cannot "
            "say): its times here follow the straight line through both, its memory is that of the larger."
        )
    said = result["equal"].get("project", {}).get("missing_as", {})
    if said:
        words = "; ".join(
            f"{family} {', '.join(f'{one:g}' for one in ones)}" for family, ones in said.items()
        )
        yield f"Where the others have a missing value, klantreis writes what it says of nobody: {words}."
    yield ""


def _size(result: dict[str, Any]) -> str:
    project, ratios = result["measured"]["project"], result["ratios"]
    return (
        f"| {result['events']:,} | {result['rows']:,} | {project['cpu_s']:.2f} "
        f"| {project['cpu_s'] / result['events'] * 1e6:.2f} | {_plain(ratios, 'scan_floor', 0)} "
        f"| {_plain(ratios, 'wall_per_cpu', 2)} | {project['peak_mb']:,.0f} | {_times(ratios, 'polars_cpu')} |"
    )


def _plain(ratios: dict[str, float], name: str, digits: int) -> str:
    return f"{ratios[name]:.{digits}f}" if name in ratios else ""


def _spark(found: dict[str, Any]) -> Iterator[str]:
    yield f"## On Spark, local[2], {found['events']:,} events"
    yield ""
    yield "| engine | CPU s | CPU / klantreis | wall s | cells that differ |"
    yield "|---|---:|---:|---:|---:|"
    for side, cost in found["sides"].items():
        compared = cost.get("compared", {})
        differ = compared.get("fault") or (f"{sum(compared['differ'].values()):,}" if compared else "")
        yield (
            f"| {SPARK_NAMES.get(side, side)} | {cost['cpu_s']:.1f} | {_times(found['ratios'], f'{side}_cpu')} "
            f"| {cost['wall_s']:.1f} | {differ} |"
        )
