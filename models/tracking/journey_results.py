"""The journey in MLflow: a few numbers to compare runs by, and tables of KPIs and transitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from features.settings import DORMANT
from models.json_files import read_json_if_there

Row = dict[str, str | float | None]
Tables = dict[str, list[Row]]
ESTIMATE = ("value", "low", "high", "n")


def journey_metrics(root: Path) -> Iterator[tuple[str, float]]:
    """Give the headline numbers: drop-off per phase (as the report tells it), the loop, and what is foreseen besides.

    Parameters
    ----------
    root : Path
        The project folder; what was not analysed gives nothing.
    """
    journey = read_json_if_there(root / "reports/journey.json")
    for phase in journey.get("phases", []):
        ahead = phase.get("lost_within")
        drop = ahead if ahead and ahead["value"] is not None else phase["drop_off"]
        if phase["key"] != DORMANT and drop and drop["value"] is not None:
            yield f"journey/drop-off {phase['key']}", float(drop["value"])
    looped = ((journey.get("loop") or {}).get("looped") or {}).get("value")
    if looped is not None:
        yield "journey/loop", float(looped)
    exits = read_json_if_there(root / "reports/exits.json").get("out_of_time") or {}
    if "all" in exits:
        yield "exits/log_loss all", float(exits["all"]["log_loss"])
        yield "exits/gain all", float(exits["all"]["gain"])
    yield from _forecasts(root)


def _forecasts(root: Path) -> Iterator[tuple[str, float]]:
    """Give how well the next order, its money and its categories were foreseen; what is not known gives nothing."""
    timing = read_json_if_there(root / "reports/timing.json").get("out_of_time") or {}
    value = read_json_if_there(root / "reports/value.json").get("out_of_time") or {}
    category = read_json_if_there(root / "reports/next_category.json").get("out_of_time") or {}
    everybody = value.get("all") or {}
    found: dict[str, Any] = {
        "timing/coverage p10-p90": _at(timing, "quantiles", "all", "coverage", "share"),
        "timing/before p10": _at(timing, "quantiles", "all", "before_p10", "share"),
        "value/ratio": everybody.get("ratio"),
        "value/gini": everybody.get("gini"),
        "next_category/ndcg5 all": _at(category, "all", "all", "ndcg5", "model"),
        "next_category/ndcg5 new": _at(category, "all", "new", "ndcg5", "model"),
    }
    yield from ((name, float(number)) for name, number in found.items() if number is not None)


def _at(found: Any, *keys: str) -> Any:
    for key in keys:
        found = (found or {}).get(key)
    return found


def journey_tables(root: Path) -> Tables:
    """Give the KPIs and the 28-day transitions as tables by name; empty without an analysis.

    Parameters
    ----------
    root : Path
        The project folder.
    """
    journey = read_json_if_there(root / "reports/journey.json")
    if not journey:
        return {}
    kpis = [_kpi("all", kpi) for kpi in journey["kpis"]]
    kpis += [_kpi(phase["key"], kpi) for phase in journey["phases"] for kpi in phase["kpis"]]
    moves = [
        {name: one[name] for name in ("from", "to", *ESTIMATE)}
        for one in journey["transitions"]["four_weekly"]
    ]
    return {name: rows for name, rows in (("journey_kpis", kpis), ("journey_transitions", moves)) if rows}


def _kpi(phase: str, kpi: Mapping[str, Any]) -> Row:
    found: Row = {"phase": phase, "kpi": kpi["key"], "unit": kpi["unit"]}
    return found | {name: kpi[name] for name in ESTIMATE}
