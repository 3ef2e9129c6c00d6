"""What a log that cannot tell gets instead of a model: the experiment that can."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from models.actions.decision_log import NONE
from models.experiments.design_words import LONGEST_WEEKS, advice
from models.experiments.power import (
    Question,
    customers_needed,
    detectable_effect,
    dunnett_shares,
    whole_weeks,
)


@dataclass(frozen=True)
class Design:
    """An experiment: which arms, how many customers each, how long.

    Attributes
    ----------
    arms : tuple of str
        The hold-out (``none``) first.
    shares : tuple of float
        Of the customers, per arm.
    customers : tuple of int
        Needed per arm; empty where there is nothing to compute it from.
    weeks : int or None
        Whole weeks, weekends included; None: cannot be told.
    base_rate, relative_effect, decisions_per_week : float or None
        What it was computed from.
    detectable : float or None
        Smallest relative change of the rate that 26 weeks show, where the experiment would take longer.
    words : dict
        The advice in English (``en``) and Dutch (``nl``).
    """

    arms: tuple[str, ...]
    shares: tuple[float, ...]
    customers: tuple[int, ...]
    weeks: int | None
    base_rate: float | None
    relative_effect: float
    decisions_per_week: float | None
    detectable: float | None
    words: dict[str, str] = field(default_factory=dict)

    @property
    def holdout_share(self) -> float:
        """Share of the customers for whom nothing is done."""
        return self.shares[0]

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON holds it."""
        listed = {"arms": list(self.arms), "shares": list(self.shares), "customers": list(self.customers)}
        return {**asdict(self), **listed, "holdout_share": self.holdout_share}


def design(
    arms: Sequence[str], base_rate: float, decisions_per_week: float, relative_effect: float = 0.10
) -> Design:
    """Design the experiment that tells what actions change, from the counts of a phase.

    Parameters
    ----------
    arms : sequence of str
        Actions to compare; ``none`` is added as the hold-out where it is not among them.
    base_rate : float
        Rate of success as it is now; NaN, 0 or 1: not known.
    decisions_per_week : float
        Customers per week about whom can be decided; 0 or NaN: not known.
    relative_effect : float
        Smallest change of the rate worth finding, as a share of it.

    Returns
    -------
    Design
        80 % power for each action, two-sided 5 % over all of them together (Dunnett). Where something is not
        known it still names the arms and the hold-out, and says what is lacking.

    Examples
    --------
    >>> plan = design(["coupon"], 0.30, 4000, relative_effect=0.05)
    >>> plan.arms, plan.customers, plan.weeks
    (('none', 'coupon'), (14853, 14853), 8)
    """
    actions = tuple(sorted({*arms} - {NONE}))
    shares = dunnett_shares(len(actions)) if actions else (1.0,)
    usable = math.isfinite(base_rate) and 0 < base_rate < 1 and 0 < base_rate * (1 + relative_effect) <= 1
    rate = base_rate if usable else None
    pace = decisions_per_week if math.isfinite(decisions_per_week) and decisions_per_week > 0 else None
    customers: tuple[int, ...] = ()
    weeks = detectable = None
    if actions and rate is not None:
        question = Question(base=rate, effect=rate * relative_effect)
        customers = customers_needed(question, shares)
        weeks = None if pace is None else whole_weeks(sum(customers), pace)
        if pace is not None and weeks is not None and weeks > LONGEST_WEEKS:
            found = detectable_effect(question, shares, int(LONGEST_WEEKS * pace))
            # Who must more than double a rate to be seen is not helped by knowing it.
            detectable = None if found is None or found > rate else found / rate
    plain = Design((NONE, *actions), shares, customers, weeks, rate, relative_effect, pace, detectable)
    return replace(plain, words={"en": advice(plain, "en"), "nl": advice(plain, "nl")})
