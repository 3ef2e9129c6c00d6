"""Train the next best action: per phase a tournament, a verdict, and the policy that scoring follows."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from features.atomic import replacing
from models.actions.action_rule import Candidates, Learning, learn_rule
from models.actions.average_effects import AverageEffect, average_effect
from models.actions.candidates import Comparable, Words, action_cost, comparable
from models.actions.decision_log import NONE, DecisionLog
from models.actions.gate import Verdict, judge, refuse
from models.actions.phase_policy import PhasePolicy
from models.actions.propensities import WARNING
from models.actions.tournament import Tournament, run_tournament
from models.actions.verdict_words import missing_cost_words, weak_overlap_words
from models.offpolicy import Estimate, clustered_mean
from models.settings import NextActionSettings
from models.side_by_side import side_by_side

#: Share of decisions with next to no chance of an action from which its figures lean on the model: worth a
#: warning.
WEAK_OVERLAP = 0.10

logger = logging.getLogger(__name__)


def _one_thread() -> threadpool_limits:
    """Hold linear algebra to one thread: with more its last bits depend on how many there are."""
    # The pool of a library that is not loaded yet is not held.
    import sklearn.linear_model  # noqa: F401

    return threadpool_limits(1)


def train_next_action(
    log: DecisionLog | None, settings: NextActionSettings, out: Path, phases: Sequence[str]
) -> dict[str, Any]:
    """Learn and judge every phase of a log; write ``tournament.json`` and one ``policy.json`` per phase.

    Parameters
    ----------
    log : DecisionLog or None
        One row per decision; None if the source has no log of decisions: then every phase says so.
    settings : NextActionSettings
    out : Path
        Folder to replace, usually ``artifacts/next_action``.
    phases : sequence of str
        Phases that can be acted on, in journey order; decisions in another one (dormant) are left out, counted.

    Returns
    -------
    dict
        What ``tournament.json`` holds: ``phases`` by name, and ``left_out`` of the whole log.

    Raises
    ------
    InputError
        The propensities of the log contradict the settings or themselves.
    """
    judged = side_by_side([partial(_judged, phase, log, settings) for phase in phases], settings.workers)
    found = {phase: summary for phase, (summary, _) in zip(phases, judged, strict=True)}
    policies = {phase: policy for phase, (_, policy) in zip(phases, judged, strict=True)}
    for phase in phases:
        logger.info("next action in %s: %s, %s", phase, found[phase]["state"], found[phase]["recommended"])
    tournament = {"phases": found, "left_out": _left_out(log, phases), "n": 0 if log is None else len(log)}
    with replacing(out) as beside:
        beside.mkdir(parents=True)
        for phase, policy in policies.items():
            policy.save(beside / phase / "policy.json")
        (beside / "tournament.json").write_text(json.dumps(tournament, indent=1, sort_keys=True) + "\n")
    return tournament


def _judged(
    phase: str, log: DecisionLog | None, settings: NextActionSettings
) -> tuple[dict[str, Any], PhasePolicy]:
    """Judge one phase, if the log says anything of it."""
    own = None if log is None else log.take(log.phase == phase)
    return train_phase(phase, own, settings) if own is not None and len(own) else _without(phase, log)


def _without(phase: str, log: DecisionLog | None) -> tuple[dict[str, Any], PhasePolicy]:
    """Make the verdict on a phase without a decision that can be used."""
    verdict = refuse(_why_without(log))
    summary: dict[str, Any] = {"n": 0, "customers": 0, "arms": {}, "left_out": {}, "propensities": None}
    nothing: dict[str, Any] = {"warnings": [], "policies": [], "effects": {}}
    return {**summary, **_verdict(verdict), **nothing}, PhasePolicy(
        phase, verdict.state, NONE, verdict.reason, ()
    )


def _why_without(log: DecisionLog | None) -> Words:
    if log is None:
        return {
            "en": "the source has no log of decisions",
            "nl": "de bron heeft geen logboek van beslissingen",
        }
    if len(log):
        return {
            "en": "there are no logged decisions in this phase",
            "nl": "in deze fase is geen beslissing vastgelegd",
        }
    before = ("", "")
    if log.until_us is not None:
        day = datetime.fromtimestamp(log.until_us // 1_000_000, UTC).date().isoformat()
        before = (f" before {day}", f" voor {day}")
    if log.left_out:
        counts = "; ".join(f"{reason}: {count}" for reason, count in sorted(log.left_out.items()))
        return {
            "en": f"no decision{before[0]} can be used ({counts})",
            "nl": f"geen beslissing{before[1]} is te gebruiken ({counts})",
        }
    return {"en": f"no decision{before[0]}", "nl": f"geen beslissing{before[1]}"}


def _left_out(log: DecisionLog | None, phases: Sequence[str]) -> dict[str, int]:
    if log is None:
        return {}
    elsewhere = int((~np.isin(log.phase.astype(str), list(phases))).sum())
    return {**log.left_out, **({"in a phase that is not acted on (dormant)": elsewhere} if elsewhere else {})}


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
    with _one_thread():
        return _trained(phase, log, settings)


def _trained(
    phase: str, log: DecisionLog, settings: NextActionSettings
) -> tuple[dict[str, Any], PhasePolicy]:
    found = comparable(log, settings)
    summary: dict[str, Any] = {
        "n": len(log),
        "customers": len(np.unique(log.customers)),
        "arms": _arms(log, settings, found.dropped),
        "left_out": found.left_out,
        "propensities": found.propensities.summary() if found.propensities else None,
    }
    if found.candidates is None or found.propensities is None:
        verdict = refuse(found.reason or {"en": "no decisions", "nl": "geen beslissingen"})
        policy = PhasePolicy(phase, verdict.state, NONE, verdict.reason, log.columns, dropped=found.dropped)
        return {**summary, **_verdict(verdict), "warnings": [], "policies": [], "effects": {}}, policy
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
    tournament = run_tournament(candidates, how, settings.min_ess, settings.confidence)
    entries = tournament.entries
    verdict = judge(entries, candidates, known, settings.confidence)
    effects = _average_effects(candidates, tournament, verdict, settings)
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
        "warnings": _warnings(candidates, found),
        "policies": policies,
        "effects": averages,
    }, policy


def _average_effects(
    log: Candidates,
    tournament: Tournament,
    verdict: Verdict,
    settings: NextActionSettings,
) -> dict[str, AverageEffect]:
    """Average the effect on the outcome, and the money over doing nothing, where the action was possible."""
    entries, outcomes = tournament.entries, tournament.outcomes
    effects = {}
    for position, name in enumerate(log.arms[1:], start=1):
        if not entries[name].evaluable or verdict.state == "refuse":
            continue
        able = log.eligible[:, position]
        effects[name] = average_effect(
            contrast=outcomes[able, position] - outcomes[able, 0],
            money=entries[name].scores[able] - entries[NONE].scores[able],
            predicted=tournament.predicted[able, position],
            customers=log.customers[able],
            ess=entries[name].support.ess,
            confidence=settings.confidence,
        )
    return effects


def _warnings(candidates: Candidates, found: Comparable) -> list[Words]:
    free = [
        name
        for name, cost in zip(candidates.arms, candidates.cost, strict=True)
        if cost == 0 and name != NONE
    ]
    said = [missing_cost_words(free)] if free else []
    if found.propensities is not None and found.propensities.mode == "estimated":
        said.append(WARNING)
        overlap = found.propensities.overlap
        said += [
            weak_overlap_words(name, overlap[name]["share_below_floor"])
            for name in candidates.arms
            if overlap[name]["share_below_floor"] > WEAK_OVERLAP
        ]
    return said


def _arms(log: DecisionLog, settings: NextActionSettings, dropped: dict[str, Words]) -> dict[str, Any]:
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
