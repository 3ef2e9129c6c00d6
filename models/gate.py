"""The gate: what the log allows to be done in a phase, in a state and in words."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.decision_log import NONE
from models.offpolicy import Estimate, clustered_mean
from models.tournament import PERSONALISED, Entry

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
        ``personalise``: the rule chooses per customer. ``explore more``: it may be better, the log cannot tell;
        meanwhile the recommended action is for all. ``constant``: one action for all. ``refuse``: the log supports
        no comparison at all; nothing is done.
    recommended : str
        The action for everybody when the rule does not choose.
    reason : dict
        In words, ``en`` and ``nl``.
    best_constant : str or None
    gain : Estimate or None
        Money per decision of the rule over the best constant, paired.
    needed : int or None
        Decisions for 80 % power to show that gain.
    over_none : dict of str to Estimate
        Money per decision of each single action over doing nothing, paired.
    """

    state: State
    recommended: str
    reason: dict[str, str]
    best_constant: str | None = None
    gain: Estimate | None = None
    needed: int | None = None
    over_none: dict[str, Estimate] | None = None


def refuse(en: str, nl: str) -> Verdict:
    """A verdict for a log that supports no comparison."""
    return Verdict(
        "refuse",
        NONE,
        {
            "en": f"No comparison possible: {en}. Nothing is done; run an experiment with a random hold-out.",
            "nl": f"Geen vergelijking mogelijk: {nl}. Er wordt niets gedaan; doe een experiment met een "
            "willekeurige controlegroep.",
        },
    )


def judge(
    entries: dict[str, Entry],
    arms: tuple[str, ...],
    customers: NDArray[np.int64],
    known: bool,
    confidence: float,
) -> Verdict:
    """Decide the state of a phase.

    Parameters
    ----------
    entries : dict of str to Entry
        From `models.tournament.run_tournament`.
    arms : tuple of str
        Candidates, ``none`` first.
    customers : array, one per decision
        For the clustered intervals.
    known : bool
        Propensities were logged, not estimated. Without that the rule never goes live.
    confidence : float
        One-sided for the gate.
    """
    if not entries[NONE].evaluable:
        few = f"{entries[NONE].support.ess:.0f}"
        return refuse(
            f"doing nothing is supported by only {few} effective decisions",
            f"niets doen wordt door maar {few} effectieve beslissingen gedragen",
        )
    constants = [arm for arm in arms if entries[arm].evaluable]
    over_none = {
        arm: clustered_mean(entries[arm].scores - entries[NONE].scores, customers, confidence)
        for arm in constants[1:]
    }
    best = max(constants, key=lambda arm: entries[arm].value.value)
    recommended = _proven(over_none, confidence)
    words = _constant_words(recommended, over_none, known)
    common: dict[str, Any] = {"recommended": recommended, "best_constant": best, "over_none": over_none}
    if not entries[PERSONALISED].evaluable:
        ess = f"{entries[PERSONALISED].support.ess:.0f}"
        return Verdict(
            state="constant",
            reason={
                "en": f"The personalised rule is not evaluable from this log ({ess} effective decisions). {words['en']}",
                "nl": f"De persoonlijke regel is met dit logboek niet te beoordelen ({ess} effectieve beslissingen). "
                f"{words['nl']}",
            },
            **common,
        )
    gain = clustered_mean(entries[PERSONALISED].scores - entries[best].scores, customers, confidence)
    lower = gain.value - NormalDist().inv_cdf(confidence) * gain.se
    needed = decisions_needed(gain, confidence)
    if known and lower > 0:
        return Verdict(
            state="personalise",
            reason={
                "en": f"Choosing per customer earns {gain.value:.3g} more per decision than {best!r} for all "
                f"(lower bound {lower:.3g}).",
                "nl": f"Kiezen per klant levert per beslissing {gain.value:.3g} meer op dan {best!r} voor iedereen "
                f"(ondergrens {lower:.3g}).",
            },
            gain=gain,
            needed=needed,
            **common,
        )
    state, said = _not_yet(gain, lower, needed, best, known)
    reason = {language: f"{said[language]} {words[language]}" for language in ("en", "nl")}
    return Verdict(state=state, reason=reason, gain=gain, needed=needed, **common)


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


def _proven(over_none: dict[str, Estimate], confidence: float) -> str:
    """The best action whose gain over doing nothing is proven, allowing for how many were tried."""
    if not over_none:
        return NONE
    quantile = NormalDist().inv_cdf(1 - (1 - confidence) / len(over_none))
    proven = [arm for arm, one in over_none.items() if one.value - quantile * one.se > 0]
    return max(proven, key=lambda arm: over_none[arm].value, default=NONE)


def _not_yet(
    gain: Estimate, lower: float, needed: int | None, best: str, known: bool
) -> tuple[State, dict[str, str]]:
    if needed is None or needed > WORTH_EXPLORING * gain.n:
        return "constant", {
            "en": f"Choosing per customer shows no gain over {best!r} for all ({gain.value:+.3g} per decision, "
            f"{gain.low:.3g} to {gain.high:.3g}).",
            "nl": f"Kiezen per klant levert niets op boven {best!r} voor iedereen ({gain.value:+.3g} per beslissing, "
            f"{gain.low:.3g} tot {gain.high:.3g}).",
        }
    if lower > 0 and not known:
        return "explore more", {
            "en": f"Choosing per customer looks better than {best!r} for all ({gain.value:+.3g} per decision), but "
            f"the propensities are estimated: test in an experiment (about {needed} decisions).",
            "nl": f"Kiezen per klant lijkt beter dan {best!r} voor iedereen ({gain.value:+.3g} per beslissing), maar "
            f"de kansen op elke actie zijn geschat: toets in een experiment (ongeveer {needed} beslissingen).",
        }
    test = ("", "") if known else ("; test in an experiment", "; toets in een experiment")
    return "explore more", {
        "en": f"Choosing per customer may be better than {best!r} for all ({gain.value:+.3g} per decision, "
        f"{gain.low:.3g} to {gain.high:.3g}); about {needed} decisions are needed to know{test[0]}.",
        "nl": f"Kiezen per klant is misschien beter dan {best!r} voor iedereen ({gain.value:+.3g} per beslissing, "
        f"{gain.low:.3g} tot {gain.high:.3g}); ongeveer {needed} beslissingen zijn nodig om dat te weten{test[1]}.",
    }


def _constant_words(recommended: str, over_none: dict[str, Estimate], known: bool) -> dict[str, str]:
    if recommended == NONE:
        return {
            "en": "For now nothing is done: no single action is proven to earn more than doing nothing.",
            "nl": "Voorlopig wordt niets gedaan: van geen enkele actie is bewezen dat ze meer oplevert dan niets doen.",
        }
    one = over_none[recommended]
    doubt = ("", "")
    if not known:
        doubt = (
            " Estimated propensities: this assumes no unlogged driver of who got what; test in an experiment.",
            " Geschatte kansen: dit neemt aan dat niets buiten het logboek bepaalde wie wat kreeg; toets in een "
            "experiment.",
        )
    return {
        "en": f"For now {recommended!r} for all: {one.value:+.3g} per decision over doing nothing "
        f"({one.low:.3g} to {one.high:.3g}).{doubt[0]}",
        "nl": f"Voorlopig {recommended!r} voor iedereen: {one.value:+.3g} per beslissing boven niets doen "
        f"({one.low:.3g} tot {one.high:.3g}).{doubt[1]}",
    }
