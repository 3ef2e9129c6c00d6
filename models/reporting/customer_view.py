"""The reasons of one customer in words."""

from __future__ import annotations

import math

from features.settings import DORMANT
from models.customer_reasons import Explanation, Reason
from models.never import WORDS
from models.reporting.words import Words

#: Units that say nothing beside the meaning of the column.
PLAIN = ("share", "ratio", "0 or 1", "")
#: Log-odds below this are nothing to speak of.
LITTLE = 1e-6


def heading(customer: str, day: str, phase: str, words: Words) -> str:
    """Say who it is about, when, and in which phase (its key)."""
    return words("why_customer", customer=customer, day=day, phase=words.phase(phase))


def outside(target: str, phase: str, words: Words) -> str:
    """Say why a target has no probability for a customer in this phase."""
    reason = words("why_dormant") if phase == DORMANT else words("why_not_at_risk")
    return words("why_outside", target=words(f"target_{target}"), reason=reason)


def closing(words: Words) -> str:
    """Say where to find what matters for everybody."""
    return words("why_families")


def lines(target: str, phase: str, found: Explanation, words: Words) -> list[str]:
    """Say the probability and its reasons.

    Parameters
    ----------
    target : str
        For example ``churn``.
    phase : str
        Key of the customer's phase.
    found : Explanation
        The probability taken apart.
    words : Words
        Texts and numbers.
    """
    head = words(
        "why_head", target=words(f"target_{target}"), p=words.percent(found.p, 1),
        average=words.percent(found.average, 1),
    )  # fmt: skip
    told = [head]
    if not found.reasons_for and not found.reasons_against:
        told.append("  " + words("why_base"))
    else:
        for key, reasons in (("why_for", found.reasons_for), ("why_against", found.reasons_against)):
            told.append("  " + words(key) + ("" if reasons else f" {words('why_none')}"))
            told += [f"    {_row(reason, found.peers, words)}" for reason in reasons]
    for key, part in (
        ("why_phase", found.phase),
        ("why_others", found.others),
        ("why_adjusted", found.adjusted),
    ):
        if abs(part) > LITTLE:
            meaning = words(key, phase=words.phase(phase))
            told.append("  " + words("why_rest_row", meaning=meaning, odds=words.number(math.exp(part), 2)))
    return told


def _row(reason: Reason, peers: int, words: Words) -> str:
    unit = "" if reason.unit in PLAIN else f" {words.known(f'why_unit_{reason.unit}', reason.unit)}"
    value = _number(reason.value, words)
    if reason.never:
        value, unit = WORDS[words.language].format(days=reason.value), ""
    return words(
        "why_row", meaning=reason.meaning, value=value, unit=unit,
        odds=words.number(reason.odds, 2), usual=_usual(reason, peers, words),
    )  # fmt: skip


def _usual(reason: Reason, peers: int, words: Words) -> str:
    """Say how usual the value is among the customers in the same phase."""
    above, n = 1.0 - reason.below - reason.same, words.number(peers)
    if reason.same >= max(reason.below, above):
        return words("why_same", share=words.percent(reason.same), n=n)
    key, share = ("why_above", reason.below) if reason.below >= above else ("why_below", above)
    return words(key, share=words.percent(share), n=n)


def _number(value: float, words: Words) -> str:
    """Write a number short: whole where it is whole or large, else three digits."""
    size = abs(value)
    digits = 0 if size >= 100 or value == round(value) else 1 if size >= 10 else 2 if size >= 1 else 3
    return words.number(value, digits)
