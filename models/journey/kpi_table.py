"""KPI tables: per phase what the journey asks for, everything overall, and this period beside the one before."""

from __future__ import annotations

import math

from features.errors import InputError
from features.journey.scopes import ALL, BEFORE, NOW
from features.settings import PhaseSettings
from models.journey.facts import NOTHING, Facts, Found, Z
from models.journey.kpis import Kpi, registered
from models.journey.report_data import Kpi as KpiRow
from models.journey.report_data import Trend

#: Which target's contract a KPI follows.
BY_CONTRACT = {"churn_rate": "churn", "retention_rate": "churn"}
#: Steps of the two periods of the trend.
TREND_STEPS = 8


def kpi_row(kpi: Kpi, facts: Facts, scope: str) -> KpiRow:
    """Measure one KPI in one scope, or say why it cannot be measured."""
    reason, figures = _reason(kpi, facts)
    found = NOTHING if reason else kpi.compute(facts, scope)
    if not reason and not math.isfinite(found.value):
        reason = "nothing_seen"
    rate = None
    if kpi.rate and not reason:
        rate = facts.ratio(*kpi.rate, scope=scope, share=False).scaled(100.0).estimate()
    return {
        **found.estimate(), "key": kpi.key, "unit": kpi.unit, "better": kpi.better, "reason": reason,
        "figures": figures, "rate": rate,
    }  # fmt: skip


def all_kpis(facts: Facts) -> list[KpiRow]:
    """Measure every KPI over everything."""
    return [kpi_row(kpi, facts, ALL) for kpi in registered().values()]


def phase_kpis(facts: Facts, phase: PhaseSettings) -> list[KpiRow]:
    """Measure the KPIs a phase of the journey names.

    Raises
    ------
    InputError
        If there is no such KPI.
    """
    known = registered()
    for key in phase.kpis:
        if key not in known:
            raise InputError(
                f"conf/journeys/{facts.plan.journey.name}.yaml: phase {phase.key}: unknown kpi {key!r}; "
                f"allowed: {', '.join(known)}"
            )
    return [kpi_row(known[key], facts, phase.key) for key in phase.kpis]


def trend_rows(facts: Facts) -> list[Trend]:
    """Put the last 28 days beside the 28 before, for every KPI measured in both.

    Empty where the log is shorter than both periods, or misses a day in one of them. The interval of a change
    adds the errors of the periods as if they were about different customers: rather too wide than too narrow.
    """
    if facts.grid.steps < TREND_STEPS or any(facts.grid.touched[-TREND_STEPS:]):
        return []
    rows: list[Trend] = []
    for kpi in registered().values():
        if _reason(kpi, facts)[0]:
            continue
        now, before = kpi.compute(facts, NOW), kpi.compute(facts, BEFORE)
        if not (math.isfinite(now.value) and math.isfinite(before.value)):
            continue
        change = difference(now, before)
        rows.append(
            {"key": kpi.key, "unit": kpi.unit, "better": kpi.better, "now": now.estimate(),
             "before": before.estimate(), "change": change.estimate(),
             "clear": math.isfinite(change.error) and (change.low > 0 or change.high < 0)}
        )  # fmt: skip
    return rows


def difference(one: Found, other: Found) -> Found:
    """Subtract two numbers, their errors added as if independent."""
    value, error = one.value - other.value, math.hypot(one.error, other.error)
    return Found(value, error, value - Z * error, value + Z * error, min(one.n, other.n))


def _reason(kpi: Kpi, facts: Facts) -> tuple[str | None, dict[str, str | float | int]]:
    figures: dict[str, str | float | int] = {}
    missing = kpi.missing(facts.plan.kinds)
    if missing:
        return "not_declared", {"kinds": ", ".join(missing)}
    if kpi.needs_costs and not facts.spend:
        return "no_costs", figures
    if kpi.key in BY_CONTRACT:
        for contract in facts.plan.contracts:
            if contract.target == BY_CONTRACT[kpi.key]:
                return None, {"horizon_days": contract.horizon_days}
        return "no_contract", figures
    return None, figures
