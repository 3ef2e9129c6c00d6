"""The gate: what the log allows to be done in a phase, as a state and in words.

One contender is judged, `PERSONALISED` (effect), and it was named before any log was seen. The others stand beside it
for comparison and can never open the gate, so nothing has to be paid for having tried them: with the best of five
judged instead, an honest bound would be at 99 % (Bonferroni) and take 1.6 times the decisions for the same power.
The best constant is chosen on the rows it is judged on, which makes it look better than it is. That bias
holds the gate shut; it stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.actions.action_rule import Candidates
from models.actions.decision_log import NONE
from models.actions.decision_pace import decisions_per_week, whole_weeks
from models.actions.tournament_entry import PERSONALISED, Entry
from models.actions.verdict_words import (
    constant_words,
    exploring_words,
    no_gain_words,
    not_evaluable_words,
    personalise_words,
    refusal_words,
)
from models.clustered_mean import Estimate, skewed_mean

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
State = Literal["personalise", "explore more", "constant", "refuse"]
Unproven = Literal["nothing", "best"]
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
    weeks : int or None
        Whole weeks they take at the present pace; None without a gain to show, or where the log has no pace.
    over_none : dict of str to Estimate or None
        Money per decision of each single action over doing nothing, paired, where the action was possible.
    """

    state: State
    recommended: str
    reason: dict[str, str]
    best_constant: str | None = None
    gain: Estimate | None = None
    needed: int | None = None
    weeks: int | None = None
    over_none: dict[str, Estimate] | None = None


def refuse(why: dict[str, str]) -> Verdict:
    """Make the verdict for a log that supports no comparison."""
    return Verdict("refuse", NONE, refusal_words(why))


def judge(
    entries: dict[str, Entry],
    log: Candidates,
    known: bool,
    confidence: float,
    unproven: Unproven = "nothing",
) -> Verdict:
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
    unproven : {"nothing", "best"}
        What is recommended where no single action is proven to earn more than doing nothing.
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
    over_none = {arm: skewed_mean(*_contrast(entries, log, arm), confidence) for arm in constants[1:]}
    best = max(constants, key=lambda arm: entries[arm].value.value)
    proven = _proven(entries, log, over_none, confidence)
    promising = best if unproven == "best" and proven == NONE else proven
    meanwhile = constant_words(promising, over_none.get(promising), known, proven != NONE)
    # Estimated propensities assume that nothing unlogged drove who got what. Nobody is sent anything on that
    # assumption: what looks better is for an experiment.
    state: State = "constant" if known or promising == NONE else "explore more"
    verdict = Verdict(state, promising if known else NONE, {}, best, over_none=over_none)
    personal = entries[PERSONALISED]
    if not personal.evaluable:
        return replace(verdict, reason=_joined(not_evaluable_words(personal.support.ess), meanwhile))
    contrast = personal.scores - entries[best].scores
    gain = skewed_mean(contrast, log.customers, confidence)
    lower = lower_bound(contrast, log.customers, confidence)
    needed = decisions_needed(gain, confidence)
    weeks = None if needed is None else whole_weeks(needed, decisions_per_week(log.day))
    verdict = replace(verdict, gain=gain, needed=needed, weeks=weeks)
    if known and lower > 0:
        return replace(verdict, state="personalise", reason=personalise_words(gain.value, lower, best))
    if needed is None or needed > WORTH_EXPLORING * gain.n:
        return replace(verdict, reason=_joined(no_gain_words(gain, best), meanwhile))
    exploring = exploring_words(gain, best, (needed, weeks), known)
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


def lower_bound(scores: FloatArray, customers: IntArray, confidence: float) -> float:
    """Give the one-sided lower bound of the mean of scores, clustered by customer, their skewness allowed for.

    Parameters
    ----------
    scores, customers : array, one per decision
    confidence : float
        One-sided, at least 0.5.

    Examples
    --------
    >>> scores = np.tile([0.0, 2.0], 5000)
    >>> round(lower_bound(scores, np.arange(10_000), 0.95), 4)
    0.9835
    """
    return skewed_mean(scores, customers, max(2 * confidence - 1, 0.0)).low


def _contrast(entries: dict[str, Entry], log: Candidates, arm: str) -> tuple[FloatArray, IntArray]:
    """Give the scores of an action minus those of none, and the customers, where the action was possible."""
    able = log.eligible[:, log.arms.index(arm)]
    return entries[arm].scores[able] - entries[NONE].scores[able], log.customers[able]


def _proven(
    entries: dict[str, Entry], log: Candidates, over_none: dict[str, Estimate], confidence: float
) -> str:
    """Name the best action whose gain over doing nothing is proven, allowing for how many were tried."""
    if not over_none:
        return NONE
    strict = 1 - (1 - confidence) / len(over_none)
    proven = [arm for arm in over_none if lower_bound(*_contrast(entries, log, arm), strict) > 0]
    return max(proven, key=lambda arm: over_none[arm].value, default=NONE)


def _joined(first: dict[str, str], second: dict[str, str]) -> dict[str, str]:
    return {language: f"{first[language]} {second[language]}" for language in first}
