"""Costs: what a new customer costs."""

from __future__ import annotations

from features.journey.scopes import ALL
from models.journey.facts import NOTHING, Facts, Found
from models.journey.kpis._kpi import Kpi


def cost_per_acquisition(facts: Facts, scope: str) -> Found:
    """Divide what was spent by the customers who ordered for the first time.

    Spend has no phase: in the scope of a phase it is the figure of the whole. The interval is that of the
    number of new customers (square root of a Poisson count); the spend is known.
    """
    scope = scope if scope in facts.spend else ALL
    spend = sum(facts.spend[scope][channel] for channel in sorted(facts.spend[scope]))
    new = facts.total("first_orders", scope)
    if not new > 0:
        return NOTHING
    few, many = max(new**0.5 - 0.98, 0.0) ** 2, (new**0.5 + 0.98) ** 2
    value = spend / new
    return Found(value, value / new**0.5, spend / many, spend / few if few else float("nan"), round(new))


KPIS = (
    Kpi(
        "cost_per_acquisition",
        "money",
        (("purchase",),),
        cost_per_acquisition,
        better="lower",
        needs_costs=True,
    ),
)
