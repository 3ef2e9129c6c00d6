"""The gate: what the log allows to be done in a phase, as a state and in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from statistics import NormalDist
from typing import Literal

import numpy as np

from models.actions.action_rule import Candidates
from models.actions.decision_log import NONE
from models.actions.tournament import PERSONALISED, Entry
from models.actions.verdict_words import (
    constant_words,
    exploring_words,
    no_gain_words,
    not_evaluable_words,
    personalise_words,
    refusal_words,
)
from models.offpolicy import Estimate, clustered_mean

State = Literal["personalise", "explore more", "constant", "refuse"]
POWER = 0.80
#: A gain that would take more than this many times the log to be shown is not worth exploring for.
WORTH_EXPLORING = 20.0


@dataclass(frozen=True)
class Verdict:
    """What to do in a phase.

    Attributes
    ----------
    state : str
        ``personalise``: the rule chooses per customer. ``explore more``: it may be better, the log cannot
        tell; meanwhile the recommended action is for all. ``constant``: one action for all. ``refuse``: the
        log supports no comparison at all; nothing is done.
    recommended : str
        The action for everybody when the rule does not choose.
    reason : dict
        In words, ``en`` and ``nl``.
    best_constant : str or None
        With the highest value, proven or not.
    gain : Estimate or None
        Money per decision of the rule over the best constant, paired.
    needed : int or None
        Decisions for 80 % power to show that gain.
    over_none : dict of str to Estimate or None
        Money per decision of each single action over doing nothing, paired, where the action was possible.
    """

    state: State
    recommended: str
    reason: dict[str, str]
    best_constant: str | None = None
    gain: Estimate | None = None
    needed: int | None = None
    over_none: dict[str, Estimate] | None = None


def refuse(why: dict[str, str]) -> Verdict:
    """Make the verdict for a log that supports no comparison."""
    return Verdict("refuse", NONE, refusal_words(why))


def judge(entries: dict[str, Entry], log: Candidates, known: bool, confidence: float) -> Verdict:
    """Decide the state of a phase.

    Parameters
    ----------
    entries : dict of str to Entry
        From `models.actions.tournament.run_tournament`.
    log : Candidates
        The decisions it ran on.
    known : bool
        Propensities were logged, not estimated. Without that neither the rule nor an action for all goes live.
    confidence : float
        One-sided for the gate.
    """
    if not entries[NONE].evaluable:
        ess = f"{entries[NONE].support.ess:.0f}"
        return refuse(
            {
                "en": f"doing nothing is supported by only {ess} effective decisions",
                "nl": f"niets doen wordt door maar {ess} effectieve beslissingen gedragen",
            }
        )
    constants = [arm for arm in log.arms if entries[arm].evaluable]
    over_none = {arm: _over_none(entries, log, arm, confidence) for arm in constants[1:]}
    best = max(constants, key=lambda arm: entries[arm].value.value)
    promising = _proven(over_none, confidence)
    meanwhile = constant_words(promising, over_none.get(promising), known)
    # Estimated propensities assume that nothing unlogged drove who got what. Nobody is sent anything on that
    # assumption: what looks better is for an experiment.
    state: State = "constant" if known or promising == NONE else "explore more"
    verdict = Verdict(state, promising if known else NONE, {}, best, over_none=over_none)
    personal = entries[PERSONALISED]
    if not personal.evaluable:
        return replace(verdict, reason=_joined(not_evaluable_words(personal.support.ess), meanwhile))
    gain = clustered_mean(personal.scores - entries[best].scores, log.customers, confidence)
    lower = gain.lower(confidence)
    needed = decisions_needed(gain, confidence)
    verdict = replace(verdict, gain=gain, needed=needed)
    if known and lower > 0:
        return replace(verdict, state="personalise", reason=personalise_words(gain.value, lower, best))
    if needed is None or needed > WORTH_EXPLORING * gain.n:
        return replace(verdict, reason=_joined(no_gain_words(gain, best), meanwhile))
    exploring = exploring_words(gain, best, needed, known)
    return replace(verdict, state="explore more", reason=_joined(exploring, meanwhile))


def decisions_needed(gain: Estimate, confidence: float) -> int | None:
    """Decisions for 80 % power to show a gain of this size, from the spread seen; None when there is no gain.

    Examples
    --------
    >>> decisions_needed(Estimate(0.1, 0.0, 0.2, 0.1, 1000), 0.95)
    6183
    """
    if gain.value <= 0 or not np.isfinite(gain.se):
        return None
    reach = NormalDist().inv_cdf(confidence) + NormalDist().inv_cdf(POWER)
    return ceil(gain.n * (reach * gain.se / gain.value) ** 2)


def _over_none(entries: dict[str, Entry], log: Candidates, arm: str, confidence: float) -> Estimate:
    able = log.eligible[:, log.arms.index(arm)]
    contrast = entries[arm].scores[able] - entries[NONE].scores[able]
    return clustered_mean(contrast, log.customers[able], confidence)


def _proven(over_none: dict[str, Estimate], confidence: float) -> str:
    """Name the best action whose gain over doing nothing is proven, allowing for how many were tried."""
    if not over_none:
        return NONE
    strict = 1 - (1 - confidence) / len(over_none)
    proven = [arm for arm, one in over_none.items() if one.lower(strict) > 0]
    return max(proven, key=lambda arm: over_none[arm].value, default=NONE)


def _joined(first: dict[str, str], second: dict[str, str]) -> dict[str, str]:
    return {language: f"{first[language]} {second[language]}" for language in first}
