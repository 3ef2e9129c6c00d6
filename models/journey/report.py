"""Puts ``reports/journey.json`` together from the facts."""

from __future__ import annotations

from datetime import date, timedelta

from features.journey.grid import STEP_DAYS
from features.journey.scopes import PERIOD_DAYS
from features.settings import DORMANT, PhaseSettings
from models.journey.channels import acquisition, categories, channel_roles, traffic
from models.journey.drop_off import drop_off, lost_within, touch_rows
from models.journey.dwell import dwell
from models.journey.facts import Facts, tidy
from models.journey.findings import PAIRS as FINDING_PAIRS
from models.journey.findings import chances, pains
from models.journey.kpi_table import all_kpis, phase_kpis, trend_rows
from models.journey.kpis import pairs as kpi_pairs
from models.journey.loyalty_loop import PAIRS as LOOP_PAIRS
from models.journey.loyalty_loop import loyalty_loop
from models.journey.report_data import Finding, JourneyData, PhaseData, Totals, Week
from models.journey.transitions import entry_rows, transition_rows


def asked_pairs() -> tuple[tuple[str, str], ...]:
    """Give the pairs of measures that the kernel must prepare."""
    return tuple(sorted({*kpi_pairs(), *LOOP_PAIRS, *FINDING_PAIRS}))


def journey_data(facts: Facts) -> JourneyData:
    """Tell the whole journey.

    Parameters
    ----------
    facts : Facts
        Tallies of all customers, plan, grid, spend.

    Returns
    -------
    JourneyData
        See ``models.journey.report_data``.

    Raises
    ------
    InputError
        If a phase names a KPI that does not exist.
    """
    plan, phases = facts.plan, facts.plan.journey.phases
    told = [_phase(facts, place, phase) for place, phase in enumerate((*phases, None))]
    return {
        "journey": plan.journey.name,
        "source": plan.source,
        "currency": plan.currency,
        "as_of": _day(facts.grid.last),
        "from_day": _day(facts.grid.first),
        "step_days": STEP_DAYS,
        "period_days": PERIOD_DAYS,
        "kinds": list(plan.kinds),
        "phases": told,
        "transitions": {
            "weekly": transition_rows(facts, "weekly"),
            "four_weekly": transition_rows(facts, "four_weekly"),
        },
        "entries": entry_rows(facts),
        "kpis": all_kpis(facts),
        "trend": trend_rows(facts),
        "loop": loyalty_loop(facts),
        "channel_roles": channel_roles(facts),
        "traffic": traffic(facts),
        "categories": categories(facts),
        "acquisition": acquisition(facts),
        "weeks": _weeks(facts),
        "totals": _totals(facts),
        "missing_days": [str(day) for day in plan.missing_days],
        "notes": _notes(facts),
    }


def _phase(facts: Facts, place: int, phase: PhaseSettings | None) -> PhaseData:
    key = DORMANT if phase is None else phase.key
    now = facts.tally.counts["customers"][-1]
    data: PhaseData = {
        "key": key,
        "part": None if phase is None else phase.part,
        "customers": int(now[place]),
        "share": tidy(now[place] / max(int(now.sum()), 1)) or 0.0,
        "customers_seen": int(facts.tally.counts["seen"][place]),
        "entries": int(facts.tally.counts["entries"][:, place].sum()),
        "events": int(facts.tally.counts["touchpoints"][place, :, :, 0].sum()),
        "dwell": dwell(facts, place),
        "drop_off": drop_off(facts, key),
        "lost_within": lost_within(facts, key),
        "touchpoints": touch_rows(facts, place),
        "sentiment": facts.ratio("tone", "toned", key, share=False).estimate(),
        "kpis": [] if phase is None else phase_kpis(facts, phase),
        "pains": [],
        "chances": [],
    }
    data["pains"], data["chances"] = pains(facts, data), chances(facts, data)
    return data


def _weeks(facts: Facts) -> list[Week]:
    keys, counts = facts.plan.journey.phase_keys, facts.tally.counts["customers"]
    touched = (False, *facts.grid.touched)
    return [
        {"day": _day(day), "touched": touched[place], "customers": dict(zip(keys, row, strict=True))}
        for place, (day, row) in enumerate(zip(facts.grid.days, counts.tolist(), strict=True))
    ]


def _totals(facts: Facts) -> Totals:
    spend = facts.spend.get("all")
    return {
        "customers": int(facts.tally.counts["customers"][-1].sum()),
        "buyers": facts.holders("orders"),
        "new_buyers": round(facts.total("first_orders")),
        "events": int(facts.tally.counts["events"][0]),
        "orders": round(facts.total("orders")),
        "value": tidy(facts.total("order_value")) or 0.0,
        "visits": round(facts.total("visits")),
        "spend": None if spend is None else tidy(sum(spend[channel] for channel in sorted(spend))),
    }


def _notes(facts: Facts) -> list[Finding]:
    """Say what a reader should know about the numbers."""
    found: list[Finding] = []

    def note(key: str, **figures: str | float | int) -> None:
        found.append({"key": key, "weight": 1.0, "figures": figures})

    if any(facts.grid.touched):
        days = len(facts.plan.missing_days)
        key = "missing_day" if days == 1 else "missing_days"
        note(key, days=days, steps=sum(facts.grid.touched), all_steps=facts.grid.steps)
    unseen = int(facts.tally.counts["stays"][:, 0].sum())
    if unseen:
        note("begin_unseen", stays=unseen)
    for contract in facts.plan.contracts:
        if contract.target == "churn":
            key, active = f"churn_{contract.event}", contract.active_days
            if active is None:
                note(f"{key}_ever", horizon_days=contract.horizon_days)
            else:
                note(key, horizon_days=contract.horizon_days, active_days=active)
    if "purchase" in facts.plan.kinds:
        note("new_buyers")
    if not trend_rows(facts):
        note("no_trend", period_days=PERIOD_DAYS)
    return found


def _day(day: int) -> str:
    return str(date(1970, 1, 1) + timedelta(days=day))
