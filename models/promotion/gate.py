"""The verdict on a challenger: every check in turn, told as one sentence with numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.promotion.checks import registered
from models.promotion.evidence import Evidence, why_too_few


@dataclass(frozen=True)
class Verdict:
    """Whether a challenger takes over.

    Parameters
    ----------
    promote : bool
        Whether it becomes champion.
    reason : str
        Why, or why not, with the numbers.
    comparable : bool
        Whether the two could be judged on the same rows at all.
    """

    promote: bool
    reason: str
    comparable: bool = True


def verdict(evidence: Evidence) -> Verdict:
    """Put a challenger through every check; all must pass.

    Returns
    -------
    Verdict
        The reason of a refusal names every check that failed.
    """
    other = other_question(evidence.challenger, evidence.champion)
    few = other or why_too_few(evidence.rows, evidence.evaluation)
    if few:
        return Verdict(False, f"not comparable: {few}", comparable=False)
    findings = [check.judge(evidence) for check in registered().values()]
    failed = [one.sentence for one in findings if not one.passes]
    return Verdict(not failed, "; ".join(failed or [one.sentence for one in findings]))


def other_question(challenger: Mapping[str, Any], champion: Mapping[str, Any]) -> str:
    """Say in what the label contracts (or journeys) of two models differ; empty if both answer one question.

    Examples
    --------
    >>> other_question({"contract": {"horizon_days": 28}}, {"contract": {"horizon_days": 56}})
    'the label contract is another (horizon_days 28 instead of 56)'
    """
    new, old = challenger["contract"], champion["contract"]
    # How many labels a model needs is no part of what it predicts.
    names = sorted((set(new) | set(old)) - {"min_positives", "min_negatives"})
    apart = [
        f"{name} {_told(new.get(name))} instead of {_told(old.get(name))}"
        for name in names
        if new.get(name) != old.get(name)
    ]
    if apart:
        return f"the label contract is another ({', '.join(apart)})"
    if challenger.get("journey") != champion.get("journey"):
        return f"the journey is another ({challenger.get('journey')} instead of {champion.get('journey')})"
    return ""


def _told(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
