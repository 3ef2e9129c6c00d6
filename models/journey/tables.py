"""The two tables of ``reports/`` for people with a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from features.atomic import replacing
from models.journey.report_data import JourneyData

KPI_COLUMNS = (
    "scope",
    "kpi",
    "unit",
    "value",
    "low",
    "high",
    "n",
    "reason",
    "now",
    "before",
    "change",
    "clear",
)
TRANSITION_COLUMNS = ("days", "from", "to", "share", "low", "high", "moved", "n")


def write_kpis(data: JourneyData, path: Path) -> None:
    """Write every KPI, one row per scope (``all``, or a phase) and KPI; the trend stands with ``all``."""
    trend = {one["key"]: one for one in data["trend"]}
    scopes = [("all", data["kpis"]), *((phase["key"], phase["kpis"]) for phase in data["phases"])]
    rows: list[dict[str, Any]] = []
    for scope, kpis in scopes:
        for one in kpis:
            row: dict[str, Any] = {"scope": scope, "kpi": one["key"], **one}
            told = trend.get(one["key"]) if scope == "all" else None
            if told:
                row |= {name: told[name]["value"] for name in ("now", "before", "change")}
                row["clear"] = "yes" if told["clear"] else "no"
            rows.append(row)
    _write(path, KPI_COLUMNS, rows)


def write_transitions(data: JourneyData, path: Path) -> None:
    """Write both transition matrices, one row per pair of phases."""
    days = {"weekly": data["step_days"], "four_weekly": 4 * data["step_days"]}
    both = [("weekly", data["transitions"]["weekly"]), ("four_weekly", data["transitions"]["four_weekly"])]
    rows = [{**one, "days": days[name], "share": one["value"]} for name, matrix in both for one in matrix]
    _write(path, TRANSITION_COLUMNS, rows)


def _write(path: Path, columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> None:
    with replacing(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {name: "" if value is None else value for name, value in row.items()} for row in rows
        )
