"""Why the log of a phase compares nothing, in words, and the experiment that would."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import Any

import numpy as np

from models.actions.decision_log import NONE, DecisionLog
from models.actions.decision_pace import decisions_per_week

#: The same words in English (``en``) and Dutch (``nl``).
Words = dict[str, str]
#: Actions that a sentence names, and that an experiment compares.
SHOWN = 6


def experiment_for(log: DecisionLog) -> dict[str, Any]:
    """Design the experiment that a log should have been, from its own counts.

    Parameters
    ----------
    log : DecisionLog
        Decisions of one phase, matured or not.

    Returns
    -------
    dict
        As `models.experiments.design.Design.to_json`: arms (doing nothing and the six that were given most), customers
        per arm, weeks, words. The base rate is that of doing nothing where anybody was held back, else that of all
        decisions.
    """
    from models.experiments.design import design

    possible = np.asarray(log.eligible.any(axis=0))
    given = np.bincount(log.action, minlength=len(log.actions))
    # An experiment with every one of many actions has no end: those that were given most, of equals the first.
    wanted = [code for code in np.argsort(-given, kind="stable").tolist() if code and possible[code]][:SHOWN]
    seen = ~np.isnan(log.outcome)
    held = seen & (log.action == 0)
    known = log.outcome[held] if held.any() else log.outcome[seen]
    return design(
        [NONE, *(log.actions[code] for code in wanted)],
        float(known.mean()) if len(known) else nan,
        decisions_per_week(log.day) or nan,
    ).to_json()


def too_few_words(log: DecisionLog, arms: list[int], dropped: Mapping[str, Words]) -> Words:
    """Say that fewer than two actions are left, or that doing nothing is not among them.

    Parameters
    ----------
    log : DecisionLog
        All decisions of the phase that have matured.
    arms : list of int
        Actions that are left.
    dropped : mapping of str to Words
        The others, with why.
    """
    left = _listed([repr(log.actions[code]) for code in arms], ", ")
    why = {
        language: _listed([f"{name}: {dropped[name][language]}" for name in dropped], "; ")
        for language in ("en", "nl")
    }
    if len(log) and not (log.action == 0).any():
        held = {"en": "nobody was ever held back on purpose", "nl": "er is nooit bewust niets gedaan"}
        why = {language: "; ".join(filter(None, (held[language], why[language]))) for language in held}
    return {
        "en": f"'none' and one other action are needed, left is {left or 'nothing'} ({why['en']}; see "
        "next_action.min_arm and min_ess)",
        "nl": f"'none' en nog een actie zijn nodig, over is {left or 'niets'} ({why['nl']}; zie "
        "next_action.min_arm en min_ess)",
    }


def _listed(parts: list[str], separator: str) -> str:
    """Join the first few; say how many more there are."""
    more = len(parts) - SHOWN
    return separator.join(parts[:SHOWN]) + (f" (+{more})" if more > 0 else "")


def forced_words(count: int) -> Words:
    """Say that doing nothing was often not possible."""
    return {
        "en": f"in {count} decisions doing nothing was not possible",
        "nl": f"in {count} beslissingen kon niet worden gekozen voor niets doen",
    }


def no_propensity_words(count: int) -> Words:
    """Say that propensities are missing and may not be estimated."""
    return {
        "en": f"{count} decisions have no propensity (next_action.propensities: refuse)",
        "nl": f"{count} beslissingen zonder kans (next_action.propensities: refuse)",
    }


def one_fold_words(names: str, folds: int) -> Words:
    """Say that nothing could be judged on other customers than it was learnt on."""
    of = (f" who got {names}", f" die {names} kregen") if names else ("", "")
    return {
        "en": f"too few customers{of[0]}: they all fall in one of {folds} folds (next_action.min_arm, folds)",
        "nl": f"te weinig klanten{of[1]}: ze vallen alle in een van {folds} delen "
        "(next_action.min_arm, folds)",
    }


def by_rule_words(ruled: Mapping[str, float]) -> Words:
    """Say which actions were given by a rule: to some customers always or never, so nobody like them differs."""
    shares = {name: f"{share:.0%}" for name, share in ruled.items()}
    en = "; ".join(
        f"{name!r} had an estimated chance below 1 % in {share} of the decisions in which it was possible"
        for name, share in shares.items()
    )
    nl = "; ".join(
        f"{name!r} had een geschatte kans onder 1 % in {share} van de beslissingen waarin het kon"
        for name, share in shares.items()
    )
    return {
        "en": f"who got what follows a rule: {en}. Without chance in it no effect can be told from who was chosen: "
        "log the propensities, list an action under `eligible` only where it could be chosen, or draw at random",
        "nl": f"wie wat kreeg volgt een regel: {nl}. Zonder toeval is een effect niet te scheiden van wie gekozen "
        "werd: leg de kansen vast, noem een actie alleen onder `eligible` waar ze kon, of loot",
    }
