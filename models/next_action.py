"""Train the next best action: per phase a tournament, a verdict, and the policy that scoring follows."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from features.atomic import replacing
from models.actions.action_rule import Candidates, Learning, learn_rule
from models.actions.average_effects import AverageEffect, average_effect
from models.actions.candidates import Comparable, Words, comparable
from models.actions.decision_log import NONE, DecisionLog
from models.actions.decision_segments import SegmentSources, in_segments
from models.actions.gate import Verdict, judge, refuse
from models.actions.judged_decisions import JUDGED, JudgedDecisions, judged_decisions, write_judged
from models.actions.phase_policy import PhasePolicy
from models.actions.phase_summary import arms_summary, compared_summary, verdict_summary
from models.actions.segment_effects import PhaseScores, effects_summary, segment_effects, write_effects
from models.actions.tournament import PERSONALISED, Tournament, run_tournament
from models.settings import NextActionSettings
from models.side_by_side import side_by_side

logger = logging.getLogger(__name__)
FloatArray = NDArray[np.float64]


def _one_thread() -> threadpool_limits:
    """Hold linear algebra to one thread: with more its last bits depend on how many there are."""
    # The pool of a library that is not loaded yet is not held.
    import sklearn.linear_model  # noqa: F401

    return threadpool_limits(1)


class Trained(NamedTuple):
    """What is said of a phase and what scoring follows in it; if compared, the scores, and what it would have chosen.

    ``chosen`` (rows, arms): with which chance the policy takes every action on the decisions behind ``scores``.
    """

    summary: dict[str, Any]
    policy: PhasePolicy
    scores: PhaseScores | None = None
    chosen: FloatArray | None = None


def train_next_action(
    log: DecisionLog | None,
    settings: NextActionSettings,
    out: Path,
    phases: Sequence[str],
    sources: SegmentSources | None = None,
) -> dict[str, Any]:
    """Learn and judge every phase of a log; write ``tournament.json`` and one ``policy.json`` per phase.

    Beside them ``segment_effects.parquet`` (``models.actions.segment_effects``) and ``judged.parquet``
    (``models.actions.judged_decisions``).

    Parameters
    ----------
    log : DecisionLog or None
        One row per decision; None if the source has no log of decisions: then every phase says so.
    settings : NextActionSettings
    out : Path
        Folder to replace, usually ``artifacts/next_action``.
    phases : sequence of str
        Phases that can be acted on, in journey order; decisions in another one (dormant) are left out, counted.
    sources : SegmentSources, optional
        Where the segments of decisions are read from; without it effects are of everybody in a phase.

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
    found = {phase: one.summary for phase, one in zip(phases, judged, strict=True)}
    for phase in phases:
        logger.info("next action in %s: %s, %s", phase, found[phase]["state"], found[phase]["recommended"])
    effects = segment_effects(
        in_segments([one.scores for one in judged if one.scores], sources), settings.confidence
    )
    tournament = {
        "phases": found,
        "left_out": _left_out(log, phases),
        "n": 0 if log is None else len(log),
        "confidence": settings.confidence,
        "segment_effects": effects_summary(effects),
    }
    kept = [
        (phase, rows)
        for phase, one in zip(phases, judged, strict=True)
        if (rows := _kept(one, settings)) is not None
    ]
    with replacing(out) as beside:
        beside.mkdir(parents=True)
        for phase, one in zip(phases, judged, strict=True):
            one.policy.save(beside / phase / "policy.json")
        write_effects(effects, beside / "segment_effects.parquet")
        write_judged(kept, beside / JUDGED)
        (beside / "tournament.json").write_text(json.dumps(tournament, indent=1, sort_keys=True) + "\n")
    return tournament


def _kept(found: Trained, settings: NextActionSettings) -> JudgedDecisions | None:
    """Give the decisions that a later policy is valued on, if this one was valued on any."""
    if found.scores is None or found.chosen is None:
        return None
    known = found.policy.propensities == "known"
    return judged_decisions(
        found.scores.log,
        found.scores.money,
        found.chosen,
        floor=0.0 if known else settings.propensity_floor,
        contact_share=settings.tournament.contact_share,
        min_ess=settings.min_ess,
    )


def _judged(phase: str, log: DecisionLog | None, settings: NextActionSettings) -> Trained:
    """Judge one phase, if the log says anything of it."""
    own = None if log is None else log.take(log.phase == phase)
    return _trained(phase, own, settings) if own is not None and len(own) else _without(phase, log)


def _without(phase: str, log: DecisionLog | None) -> Trained:
    """Make the verdict on a phase without a decision that can be used."""
    verdict = refuse(_why_without(log))
    summary: dict[str, Any] = {"n": 0, "customers": 0, "arms": {}, "left_out": {}, "propensities": None}
    nothing: dict[str, Any] = {"warnings": [], "policies": [], "effects": {}, "mode": "refuse"}
    said = {**summary, **verdict_summary(verdict), **nothing}
    return Trained(said, PhasePolicy(phase, verdict.state, NONE, verdict.reason, ()))


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
        trained = _trained(phase, log, settings)
    return trained.summary, trained.policy


def _trained(phase: str, log: DecisionLog, settings: NextActionSettings) -> Trained:
    found = comparable(log, settings)
    summary: dict[str, Any] = {
        "n": len(log),
        "customers": len(np.unique(log.customers)),
        "arms": arms_summary(log, settings, found.dropped),
        "left_out": found.left_out,
        "propensities": found.propensities.summary() if found.propensities else None,
        "mode": found.mode,
        "experiment": found.experiment,
    }
    if found.candidates is None or found.propensities is None:
        verdict = refuse(found.reason or {"en": "no decisions", "nl": "geen beslissingen"})
        policy = PhasePolicy(phase, verdict.state, NONE, verdict.reason, log.columns, dropped=found.dropped)
        nothing: dict[str, Any] = {"warnings": [], "policies": [], "effects": {}}
        return Trained({**summary, **verdict_summary(verdict), **nothing}, policy)
    return _compared(phase, log, found, found.candidates, settings, summary)


def _compared(
    phase: str,
    log: DecisionLog,
    found: Comparable,
    candidates: Candidates,
    settings: NextActionSettings,
    summary: dict[str, Any],
) -> Trained:
    known = found.propensities is not None and found.propensities.mode == "known"
    how = Learning(
        # A logged chance is the truth, however small: only an estimate is kept from the edge.
        settings.folds, 0.0 if known else settings.propensity_floor, settings.margin_rate, settings.seed,
        settings.num_threads,
    )  # fmt: skip
    contest = settings.tournament
    tournament = run_tournament(candidates, how, settings.min_ess, settings.confidence, contest, known)
    entries = tournament.entries
    verdict = judge(entries, candidates, known, settings.confidence, contest.unproven)
    effects = _average_effects(candidates, tournament, verdict, settings)
    # A phase of which nothing can be said knows no action: nothing is drawn in it either.
    refused = verdict.state == "refuse"
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
        rule=None if refused else learn_rule(candidates, how),
        cost={} if refused else dict(zip(candidates.arms, candidates.cost.tolist(), strict=True)),
    )
    said = {
        **summary,
        **verdict_summary(verdict),
        **compared_summary(candidates, found, tournament, verdict, settings),
        "contact_share": contest.contact_share,
        "effects": {name: one.to_json() for name, one in effects.items()},
    }
    served = PERSONALISED if verdict.state == "personalise" else verdict.recommended
    return Trained(
        said,
        policy,
        PhaseScores(phase, candidates, tournament.outcomes, tournament.money),
        None if refused else tournament.targets[served],
    )


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
            money=tournament.money[able, position] - tournament.money[able, 0],
            predicted=tournament.predicted[able, position],
            customers=log.customers[able],
            ess=entries[name].support.ess,
            confidence=settings.confidence,
        )
    return effects
