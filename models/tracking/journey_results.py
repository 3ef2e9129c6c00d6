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


def journey_metrics(root: Path) -> tuple[dict[str, float], ...]:
    """Give the numbers besides churn, readiness and next action in groups, the most important group first.

    What else is foreseen (exits, next category, next order, its money), the journey itself (drop-off per phase, as
    the report tells it, and the loop), and what is of less use to compare runs by.

    Parameters
    ----------
    root : Path
        The project folder; what was not analysed gives nothing.
    """
    exits = (read_json_if_there(root / "reports/exits.json").get("out_of_time") or {}).get("all")
    timing = read_json_if_there(root / "reports/timing.json").get("out_of_time") or {}
    value = (read_json_if_there(root / "reports/value.json").get("out_of_time") or {}).get("all")
    category = read_json_if_there(root / "reports/next_category.json").get("out_of_time") or {}
    foreseen = {
        "exits/gain all": _at(exits, "gain"),
        "next_category/ndcg5 all": _at(category, "all", "all", "ndcg5", "model"),
        "timing/coverage p10-p90": _at(timing, "quantiles", "all", "coverage", "share"),
        "value/gini": _at(value, "gini"),
    }
    besides = {
        "exits/log_loss all": _at(exits, "log_loss"),
        "next_category/ndcg5 new": _at(category, "all", "new", "ndcg5", "model"),
        "timing/before p10": _at(timing, "quantiles", "all", "before_p10", "share"),
        "value/ratio": _at(value, "ratio"),
    }
    return _known(foreseen), _known(dict(_journey(root))), _known(besides)


def _known(numbers: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(f"{number:.6g}") for name, number in numbers.items() if number is not None}


def _journey(root: Path) -> Iterator[tuple[str, Any]]:
    journey = read_json_if_there(root / "reports/journey.json")
    yield "journey/loop", _at(journey, "loop", "looped", "value")
    for phase in journey.get("phases", []):
        ahead = phase.get("lost_within")
        drop = ahead if ahead and ahead["value"] is not None else phase["drop_off"]
        if phase["key"] != DORMANT:
            yield f"journey/drop-off {phase['key']}", _at(drop, "value")


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
