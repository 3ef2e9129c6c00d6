"""The scope that families work in, as a plan declares it."""

from __future__ import annotations

from features.families._base import Scope
from features.plan import Plan


def scope_of(plan: Plan) -> Scope:
    """Give what the families may count on, before anything is learnt from the crowd."""
    return Scope(
        kinds=plan.kinds, channels=plan.channels, mean_gap_days=plan.mean_gap_days,
        mean_gap_weight=plan.journey.mean_gap_prior_weight, journey=plan.journey,
        kind_windows_days=plan.kind_windows_days, holidays=plan.holidays,
    )  # fmt: skip
