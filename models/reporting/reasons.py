"""Why something has no number or no model of its own, in the language of the report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from models.reporting.words import Words
from models.segments import MIN_OUTCOMES

#: How training words its refusals, and the text each becomes; the named groups fill its blanks.
REFUSALS = (
    (re.compile(r"(?P<n>\d+) (?P<which>\w+) in the training rows, at least (?P<least>\d+)"), "few"),
    (re.compile(r"dormant customers"), "dormant"),
    (re.compile(r"no training row whose label has matured"), "not_matured"),
    (re.compile(r"no earlier cutoff lies (?P<days>\d+) days before the newest"), "no_split"),
    (
        re.compile(
            r"the (?P<which>earlier|later) rows.* hold (?P<n>\d+) positives and (?P<m>\d+) negatives, "
            r"at least (?P<least>\d+)"
        ),
        "few_rows",
    ),
    (re.compile(r"models per phase are switched off"), "switched_off"),
    (re.compile(r"the label is nearly constant"), "constant"),
)  # fmt: skip


def why_not_judged(one: Mapping[str, Any], min_cell: int, words: Words) -> str:
    """Say why a phase was not judged.

    Parameters
    ----------
    one : mapping
        One entry of ``evaluation["targets"][target]["phases"]``.
    min_cell : int
        ``evaluation.min_cell`` of ``params.yaml``.
    words : Words
        Texts and numbers.

    Examples
    --------
    >>> why_not_judged({"customers": 42, "positives": 9, "n": 126}, 100, Words("nl"))
    'te klein: 42 klanten, minstens 100 nodig'
    """
    if one["customers"] < min_cell:
        return words("note_small", n=words.number(one["customers"]), least=words.number(min_cell))
    if one["positives"] < MIN_OUTCOMES:
        return words("note_few", n=words.number(one["positives"]), least=MIN_OUTCOMES)
    return words("note_few_without", n=words.number(one["n"] - one["positives"]), least=MIN_OUTCOMES)


def why_not_eligible(selection: Mapping[str, Any], phase: str, words: Words) -> str:
    """Say why a phase cannot have a model of its own; empty if it can.

    Parameters
    ----------
    selection : mapping
        The content of ``artifacts/<target>/selection.json``.
    phase : str
        The key of the phase.
    words : Words
        Texts; a refusal worded in a way unknown here is shown as it is.

    Examples
    --------
    >>> reason = "not eligible: 12 positives in the training rows, at least 50 needed; served by pooled blend"
    >>> selection = {"phases": {"decision": {"eligible": False, "reason": reason}}}
    >>> why_not_eligible(selection, "decision", Words("nl"))
    'niet geschikt: 12 met de uitkomst in de leerrijen, minstens 50 nodig'
    """
    one = selection.get("phases", {}).get(phase)
    if one is None or one.get("eligible", True):
        return ""
    return words("not_eligible", reason=reworded(str(one.get("reason", "")), words))


def reworded(reason: str, words: Words) -> str:
    """Say a reason of training in the language of the report; one worded in a way unknown here stays as it is.

    Examples
    --------
    >>> reworded("pooled blend without comparison: no earlier cutoff lies 7 days before the newest", Words("nl"))
    'niet vergeleken: geen eerder moment ligt 7 dagen voor het nieuwste'
    """
    said = reason.removeprefix("not eligible: ").split("; served by")[0]
    for pattern, key in REFUSALS:
        match = pattern.search(said)
        if match:
            blanks = match.groupdict()
            if "which" in blanks:
                blanks["which"] = words(f"reason_{blanks['which']}")
            return words(f"reason_{key}", **blanks)
    return said
