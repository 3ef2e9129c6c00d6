"""What a KPI is, and the three shapes nearly all have: a count, customers with any, a ratio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from models.journey.facts import NOTHING, Facts, Found

Unit = Literal["count", "share", "money", "seconds", "hours", "per_year", "points", "stars", "tone"]
Better = Literal["higher", "lower"]
#: Kinds of which the source must be able to produce at least one, in every group.
Needs = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Kpi:
    """One KPI.

    Attributes
    ----------
    key : str
        As in journeys and in words.
    unit : str
        How it is written.
    needs : tuple of tuple of str
        What the source must be able to produce, else it is not measured.
    compute : callable
        ``f(facts, scope) -> Found``; ``NOTHING`` where there is nothing to divide by.
    pairs : tuple of (str, str)
        Ratios of measures that ``compute`` and ``rate`` ask for.
    better : str or None
        ``higher`` or ``lower``; None: it says how much there is, not how good it is.
    rate : tuple of (str, str) or None
        Of a count: the pair that gives it per customer and week.
    needs_costs : bool
        Whether it asks what was spent.
    """

    key: str
    unit: Unit
    needs: Needs
    compute: Callable[[Facts, str], Found]
    pairs: tuple[tuple[str, str], ...] = ()
    better: Better | None = None
    rate: tuple[str, str] | None = None
    needs_costs: bool = False

    def missing(self, kinds: tuple[str, ...]) -> tuple[str, ...]:
        """Give the kinds the source lacks for this KPI; empty if it can be measured.

        Examples
        --------
        >>> count("visits", needs=(("page_view", "search"),)).missing(("purchase",))
        ('page_view', 'search')
        """
        return tuple(kind for group in self.needs if not set(group) & set(kinds) for kind in group)


def count(measure: str, needs: Needs, key: str = "", better: Better | None = None) -> Kpi:
    """Make a KPI that counts: the sum of a measure."""

    def compute(facts: Facts, scope: str) -> Found:
        stats = facts.tally.ratio(measure, "customer_weeks")
        place = facts.scopes.index(scope)
        value = float(stats["above"][place])
        # As many as customers happened to do: each customer is one draw.
        error = float(stats["above_above"][place]) ** 0.5
        return Found(value, error, float("nan"), float("nan"), round(value))

    pair = (measure, "customer_weeks")
    return Kpi(key or measure, "count", needs, compute, (pair,), better, pair)


def customers_with(measure: str, needs: Needs, key: str) -> Kpi:
    """Make a KPI that counts the customers with any of a measure."""

    def compute(facts: Facts, scope: str) -> Found:
        value = facts.holders(measure, scope)
        return Found(value, value**0.5, float("nan"), float("nan"), value)

    return Kpi(key, "count", needs, compute)


def ratio(
    key: str, above: str, below: str, unit: Unit, needs: Needs, better: Better | None, factor: float = 1.0,
    counted: str = "",
) -> Kpi:  # fmt: skip
    """Make a KPI that divides one measure by another, times a factor.

    ``counted`` is the measure whose sum it rests on, where ``below`` is no number of cases but money or time.
    """

    def compute(facts: Facts, scope: str) -> Found:
        found = facts.ratio(above, below, scope, share=unit == "share")
        if found is NOTHING:
            return found
        n = round(facts.total(counted, scope)) if counted else found.n
        return replace(found.scaled(factor), n=n)

    return Kpi(key, unit, needs, compute, ((above, below),), better)
