"""How much of the attainable gain the product's rule earns, exactly, on customers it never saw."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.next_action.simulator import FRESH, PHASES, make_decisions
from benchmarks.next_action.worlds import World
from models.actions.action_rule import ActionRule, Learning, effect_learners, learn_rule
from models.settings import NextActionSettings

log = logging.getLogger(__name__)

#: Customers that judge a policy, per phase.
JUDGES = 30_000


@dataclass(frozen=True)
class Plan:
    """What is measured: decisions per phase, seeds, phases and worlds; ``diagnostics`` adds every learner alone."""

    seeds: Sequence[int]
    rows: int = 20_000
    phases: Sequence[str] = tuple(PHASES)
    worlds: Sequence[World] = ("near_linear", "interactions")
    diagnostics: bool = False


def shipped_settings() -> Learning:
    """Give how the product learns a rule from known propensities when params.yaml says nothing."""
    one = NextActionSettings()
    return Learning(one.folds, 0.0, one.margin_rate, one.seed, 1)


def measure(plan: Plan) -> dict[str, Any]:
    """Learn and judge the rule for every phase, seed and world of the plan.

    Returns
    -------
    dict
        ``rows``, one per phase, seed and world, and per world the mean and the worst phase of the seeds'
        mean: ``gain_share_mean``, ``gain_share_worst``, for the second world with ``_interactions``.
    """
    rows = [
        _cell(plan, world, phase, seed)
        for world in plan.worlds
        for phase in plan.phases
        for seed in plan.seeds
    ]
    found: dict[str, Any] = {"decisions": plan.rows, "judges": JUDGES, "seeds": list(plan.seeds)}
    for world in plan.worlds:
        suffix = "" if world == "near_linear" else f"_{world}"
        shares = phase_means(rows, world)
        found[f"gain_share_mean{suffix}"] = float(np.mean(list(shares.values())))
        found[f"gain_share_worst{suffix}"] = min(shares.values())
        found[f"gain_share_phases{suffix}"] = shares
    return {**found, "rows": rows}


def phase_means(rows: Sequence[dict[str, Any]], world: str) -> dict[str, float]:
    """Average the gain share over the seeds, per phase of a world."""
    shares: dict[str, list[float]] = {}
    for row in rows:
        if row["world"] == world:
            shares.setdefault(row["phase"], []).append(row["gain_share"])
    return {phase: float(np.mean(values)) for phase, values in shares.items()}


def _cell(plan: Plan, world: World, phase: str, seed: int) -> dict[str, Any]:
    seen = make_decisions(phase, plan.rows, seed, world)
    fresh = make_decisions(phase, JUDGES, FRESH + seed, world)
    x = fresh.candidates.x

    def share(rule: ActionRule) -> float:
        return fresh.gain_share(rule.net_value(x).argmax(axis=1))

    with threadpool_limits(1):
        row: dict[str, Any] = {"world": world, "phase": phase, "seed": seed}
        row["gain_share"] = share(learn_rule(seen.candidates, shipped_settings()))
        if plan.diagnostics:
            row["learners"] = {
                name: share(learn_rule(seen.candidates, shipped_settings(), learners=[name]))
                for name in effect_learners()
            }
    log.info("%s, %s, seed %d: gain share %.3f", world, phase, seed, row["gain_share"])
    return row
