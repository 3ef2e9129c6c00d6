"""Train the next best action: per phase a tournament, a verdict, and the policy that scoring follows."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np

from features.atomic import replacing
from features.errors import InputError
from models.action_rule import Candidates, Learning, learn_rule
from models.candidates import Comparable, comparable
from models.decision_log import NONE, DecisionLog
from models.gate import Verdict, judge, refuse
from models.offpolicy import Estimate, clustered_mean
from models.policy import AverageEffect, PhasePolicy
from models.settings import NextActionSettings
from models.tournament import Entry, run_tournament

logger = logging.getLogger(__name__)


def train_next_action(log: DecisionLog, settings: NextActionSettings, out: Path) -> dict[str, Any]:
    """Learn and judge every phase of a decision log; write ``tournament.json`` and one ``policy.json`` per phase.

    Parameters
    ----------
    log : DecisionLog
        One row per decision, all phases.
    settings : NextActionSettings
    out : Path
        Folder to replace, usually ``artifacts/next_action``.

    Returns
    -------
    dict
        What ``tournament.json`` holds: ``phases`` by name, and ``left_out`` of the whole log.

    Raises
    ------
    InputError
        The log is empty, or its propensities contradict the settings or themselves.
    """
    if len(log) == 0:
        raise InputError(
            "decision log: no decision with features; next_action cannot be trained on this source"
        )
    phases: dict[str, Any] = {}
    policies: dict[str, PhasePolicy] = {}
    for phase in sorted({str(name) for name in np.unique(log.phase.astype(str))}):
        phases[phase], policies[phase] = train_phase(phase, log.take(log.phase == phase), settings)
        logger.info("next action in %s: %s, %s", phase, phases[phase]["state"], phases[phase]["recommended"])
    tournament = {"phases": phases, "left_out": log.left_out, "n": len(log)}
    with replacing(out) as beside:
        beside.mkdir(parents=True)
        for phase, policy in policies.items():
            policy.save(beside / phase / "policy.json")
        (beside / "tournament.json").write_text(json.dumps(tournament, indent=1, sort_keys=True) + "\n")
    return tournament


def train_phase(
    phase: str, log: DecisionLog, settings: NextActionSettings
) -> tuple[dict[str, Any], PhasePolicy]:
    """One phase: what ``tournament.json`` says about it, and its policy.

    Parameters
    ----------
    phase : str
    log : DecisionLog
        Decisions of this phase only.
    settings
        As in `train_next_action`.
    """
    found = comparable(log, settings)
    summary: dict[str, Any] = {
        "n": len(log),
        "customers": len(np.unique(log.customers)),
        "arms": _arms(log, settings, found.dropped),
        "left_out": found.left_out,
        "propensities": found.propensities.summary() if found.propensities else None,
    }
    if found.candidates is None or found.propensities is None:
        verdict = refuse(*found.reason)
        policy = PhasePolicy(phase, verdict.state, NONE, verdict.reason, log.columns, dropped=found.dropped)
        return {**summary, **_verdict(verdict), "policies": [], "effects": {}}, policy
    return _compared(phase, log, found, found.candidates, settings, summary)


def _compared(
    phase: str,
    log: DecisionLog,
    found: Comparable,
    candidates: Candidates,
    settings: NextActionSettings,
    summary: dict[str, Any],
) -> tuple[dict[str, Any], PhasePolicy]:
    known = found.propensities is not None and found.propensities.mode == "known"
    how = Learning(
        settings.folds, settings.propensity_floor, settings.margin_rate, settings.seed, settings.num_threads
    )
    entries, outcomes = run_tournament(candidates, how, settings.min_ess, settings.confidence)
    verdict = judge(entries, candidates.arms, candidates.customers, known, settings.confidence)
    effects = _average_effects(candidates, entries, outcomes, verdict, settings)
    policy = PhasePolicy(
        phase=phase,
        state=verdict.state,
        recommended=verdict.recommended,
        reason=verdict.reason,
        columns=log.columns,
        confidence=settings.confidence,
        propensities=found.propensities.mode if found.propensities else None,
        effects=effects,
        dropped=found.dropped,
        rule=learn_rule(candidates, how),
        cost=dict(zip(candidates.arms, candidates.cost.tolist(), strict=True)),
    )
    policies = []
    for entry in entries.values():
        row = entry.summary()
        if verdict.best_constant and entry.evaluable:
            gain = clustered_mean(
                entry.scores - entries[verdict.best_constant].scores,
                candidates.customers,
                settings.confidence,
            )
            row["minus_best_constant"] = _interval(gain)
        policies.append(row)
    averages = {name: one.to_json() for name, one in effects.items()}
    return {
        **summary,
        **_verdict(verdict),
        "n_compared": len(candidates),
        "policies": policies,
        "effects": averages,
    }, policy


def _average_effects(
    log: Candidates,
    entries: dict[str, Entry],
    outcomes: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    verdict: Verdict,
    settings: NextActionSettings,
) -> dict[str, AverageEffect]:
    """Average effect on the outcome where the action was possible, and its gain in money over doing nothing there."""
    effects = {}
    for position, name in enumerate(log.arms[1:], start=1):
        if not entries[name].evaluable or verdict.state == "refuse":
            continue
        able = log.eligible[:, position]
        who = log.customers[able]
        contrast = outcomes[able, position] - outcomes[able, 0]
        money = entries[name].scores[able] - entries[NONE].scores[able]
        effects[name] = AverageEffect(
            effect=clustered_mean(contrast, who, settings.confidence),
            gain=clustered_mean(money, who, settings.confidence),
            ess=entries[name].support.ess,
        )
    return effects


def _arms(log: DecisionLog, settings: NextActionSettings, dropped: dict[str, str]) -> dict[str, Any]:
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
            "cost": settings.action_cost.get(name, float(log.cost[rows].mean()) if rows.any() else None),
            "dropped": dropped.get(name),
        }
    return arms


def _interval(one: Estimate) -> dict[str, float]:
    return {"value": one.value, "low": one.low, "high": one.high, "se": one.se}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "state": verdict.state,
        "recommended": verdict.recommended,
        "reason": verdict.reason,
        "best_constant": verdict.best_constant,
        "gain": _interval(verdict.gain) if verdict.gain else None,
        "decisions_needed": verdict.needed,
        "over_none": {name: _interval(one) for name, one in (verdict.over_none or {}).items()},
    }
