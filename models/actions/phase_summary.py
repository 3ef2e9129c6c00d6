"""What ``tournament.json`` says about one phase: counts, verdict, policies, uplift, and how far to trust it."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.actions.action_rule import Candidates
from models.actions.candidates import Comparable, Words, action_cost
from models.actions.decision_log import NONE, DecisionLog
from models.actions.decision_pace import decisions_per_week
from models.actions.gate import Verdict
from models.actions.propensities import WARNING
from models.actions.sensitivity import Contrast, sensitivity
from models.actions.tournament import Tournament
from models.actions.tournament_entry import PERSONALISED
from models.actions.uplift_curves import uplift_curve
from models.actions.verdict_words import missing_cost_words, weak_overlap_words
from models.clustered_mean import Estimate, skewed_mean
from models.settings import NextActionSettings

#: Share of decisions with next to no chance of an action from which its figures lean on the model: worth a
#: warning.
WEAK_OVERLAP = 0.10


def arms_summary(
    log: DecisionLog, settings: NextActionSettings, dropped: dict[str, Words]
) -> dict[str, dict[str, Any]]:
    """Plain counts and means per action, as logged: not effects."""
    arms = {}
    for code, name in enumerate(log.actions):
        if not log.eligible[:, code].any():
            continue
        rows = log.action == code
        seen = rows & ~np.isnan(log.outcome) & ~np.isnan(log.value)
        arms[name] = {
            "n": int(rows.sum()),
            "eligible": int(log.eligible[:, code].sum()),
            "mean_outcome": float(log.outcome[seen].mean()) if seen.any() else None,
            "mean_value": float(log.value[seen].mean()) if seen.any() else None,
            "cost": action_cost(log, name, settings),
            "dropped": dropped.get(name),
        }
    return arms


def verdict_summary(verdict: Verdict) -> dict[str, Any]:
    """State, recommendation and the gain behind it."""
    return {
        "state": verdict.state,
        "recommended": verdict.recommended,
        "reason": verdict.reason,
        "best_constant": verdict.best_constant,
        "gain": _interval(verdict.gain) if verdict.gain else None,
        "decisions_needed": verdict.needed,
        "weeks_needed": verdict.weeks,
        "over_none": {name: _interval(one) for name, one in (verdict.over_none or {}).items()},
    }


def compared_summary(
    log: Candidates, found: Comparable, tournament: Tournament, verdict: Verdict, settings: NextActionSettings
) -> dict[str, Any]:
    """Say what was compared, and what came of it."""
    return {
        "n_compared": len(log),
        "decisions_per_week": decisions_per_week(log.day),
        "warnings": _warnings(log, found),
        "policies": _policies(log, tournament, verdict, settings.confidence),
        "uplift": _uplift(log, tournament, verdict, settings.confidence),
        "sensitivity": _sensitivity(log, found, tournament, verdict, settings),
    }


def _policies(
    log: Candidates, tournament: Tournament, verdict: Verdict, confidence: float
) -> list[dict[str, Any]]:
    """One row per policy, with its paired gain over the best constant."""
    rows = []
    for entry in tournament.entries.values():
        row = entry.summary()
        if verdict.best_constant and entry.evaluable:
            best = tournament.entries[verdict.best_constant]
            row["minus_best_constant"] = _interval(
                skewed_mean(entry.scores - best.scores, log.customers, confidence)
            )
        rows.append(row)
    return rows


def _uplift(
    log: Candidates, tournament: Tournament, verdict: Verdict, confidence: float
) -> dict[str, Any] | None:
    """Uplift curve of the rule against the best constant given to a random part; None where it has no number."""
    if verdict.best_constant is None or not tournament.entries[PERSONALISED].evaluable:
        return None
    curve = uplift_curve(tournament.expected, tournament.money, log, verdict.best_constant, confidence)
    return curve.to_json() if curve else None


def _sensitivity(
    log: Candidates,
    found: Comparable,
    tournament: Tournament,
    verdict: Verdict,
    settings: NextActionSettings,
) -> dict[str, Any] | None:
    """How far the gains could be off by an unlogged driver; None where the propensities are known.

    Of the rule over the best constant, and under ``best_constant_over_none`` of that over doing nothing.
    """
    best = verdict.best_constant
    if best is None or found.propensities is None or found.propensities.mode == "known":
        return None

    def bounds(policy: str, instead: str) -> dict[str, Any] | None:
        if policy == instead or not tournament.entries[policy].evaluable:
            return None
        contrast = Contrast(
            log, tournament.targets[policy], tournament.targets[instead], tournament.means,
            settings.propensity_floor, settings.margin_rate, settings.seed,
        )  # fmt: skip
        one = sensitivity(contrast, settings.confidence)
        return one.to_json() if one else None

    return {**(bounds(PERSONALISED, best) or {}), "best_constant_over_none": bounds(best, NONE)}


def _warnings(log: Candidates, found: Comparable) -> list[Words]:
    free = [name for name, cost in zip(log.arms, log.cost, strict=True) if cost == 0 and name != NONE]
    said = [missing_cost_words(free)] if free else []
    if found.propensities is not None and found.propensities.mode == "estimated":
        said.append(WARNING)
        overlap = found.propensities.overlap
        said += [
            weak_overlap_words(name, overlap[name]["share_below_floor"])
            for name in log.arms
            if overlap[name]["share_below_floor"] > WEAK_OVERLAP
        ]
    return said


def _interval(one: Estimate) -> dict[str, float]:
    return {"value": one.value, "low": one.low, "high": one.high, "se": one.se}
