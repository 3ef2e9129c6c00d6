"""How many customers an experiment needs, or what it can find among those there are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scipy.optimize import brentq
from scipy.stats import norm

from features.errors import InputError
from models.experiments.comparisons import Correction, critical_value

#: An experiment runs over whole weeks: customers of a Monday are not those of a Saturday.
LEAST_WEEKS = 2


@dataclass(frozen=True)
class Question:
    """What an experiment is to find out.

    Attributes
    ----------
    base : float
        Outcome without the action: a rate in (0, 1), or a mean per customer.
    effect : float
        Smallest change worth finding, in the unit of ``base``; negative where less is better.
    sd : float or None
        Standard deviation per customer without the action; None: the outcome is a rate.
    sd_variant : float or None
        The same with the action; None: as without.
    power : float
        Chance that each true effect of this size is found.
    alpha : float
        Two-sided chance of any false alarm.
    correction : {"dunnett", "holm", "none"}
        For several variants.
    correlation : float
        Of the outcome with a score known before the start (CUPED); 0: none is used.
    """

    base: float
    effect: float
    sd: float | None = None
    sd_variant: float | None = None
    power: float = 0.80
    alpha: float = 0.05
    correction: Correction = "dunnett"
    correlation: float = 0.0

    def __post_init__(self) -> None:
        _check(self)

    @property
    def variances(self) -> tuple[float, float]:
        """Variance per customer without and with the action, after CUPED."""
        kept = 1 - self.correlation**2
        if self.sd is None:
            after = self.base + self.effect
            return kept * self.base * (1 - self.base), kept * after * (1 - after)
        other = self.sd if self.sd_variant is None else self.sd_variant
        return kept * self.sd**2, kept * other**2


def even_shares(variants: int) -> tuple[float, ...]:
    """Give every arm the same share, the control first.

    Examples
    --------
    >>> even_shares(1)
    (0.5, 0.5)
    """
    return (1 / (variants + 1),) * (variants + 1)


def dunnett_shares(variants: int) -> tuple[float, ...]:
    """Give the shares that need the fewest customers: the control weighs sqrt(variants), as every variant meets it.

    References
    ----------
    Dunnett (1955), section 5.

    Examples
    --------
    >>> [round(share, 3) for share in dunnett_shares(4)]
    [0.333, 0.167, 0.167, 0.167, 0.167]
    """
    whole = math.sqrt(variants) + variants
    return (math.sqrt(variants) / whole, *((1 / whole,) * variants))


def customers_needed(question: Question, shares: Sequence[float]) -> tuple[int, ...]:
    """Count the customers needed per arm, the control first (normal approximation, unpooled variances).

    Parameters
    ----------
    question : Question
    shares : sequence of float
        Of the customers, per arm; they add up to 1.

    Examples
    --------
    >>> customers_needed(Question(base=0.30, effect=0.015), even_shares(1))
    (14853, 14853)
    """
    before, after = question.variances
    reach = (_limit(question, shares) + float(norm.isf(1 - question.power))) ** 2
    most = max(before / shares[0] + after / share for share in shares[1:])
    total = reach * most / question.effect**2
    return tuple(max(2, math.ceil(total * share - 1e-9)) for share in shares)


def detectable_effect(question: Question, shares: Sequence[float], customers: int) -> float | None:
    """Give the smallest effect that so many customers show, in the direction of ``question.effect``.

    Returns
    -------
    float or None
        In the unit of ``base``; None: not even the largest possible change of the rate.

    Examples
    --------
    >>> round(detectable_effect(Question(base=0.30, effect=0.01), even_shares(1), 29_708), 4)
    0.015
    """
    sign = math.copysign(1.0, question.effect)

    def lacking(size: float) -> float:
        asked = replace(question, effect=sign * size)
        before, after = asked.variances
        most = max(before / shares[0] + after / share for share in shares[1:])
        reach = _limit(asked, shares) + float(norm.isf(1 - asked.power))
        return reach * math.sqrt(most / max(customers, 1)) - size

    if question.sd is not None:
        return sign * (lacking(1.0) + 1.0)
    least, largest = 1e-9, (1 - question.base if sign > 0 else question.base) * (1 - 1e-9)
    if lacking(largest) > 0:
        return None
    return sign * float(brentq(lacking, least, largest, xtol=1e-12))


def whole_weeks(customers: int, per_week: float, least: int = LEAST_WEEKS) -> int:
    """Count the weeks until so many customers have come by, weekends included.

    Examples
    --------
    >>> whole_weeks(2001, 1000), whole_weeks(10, 1000)
    (3, 2)
    """
    return max(least, math.ceil(customers / per_week))


def _limit(question: Question, shares: Sequence[float]) -> float:
    before, after = question.variances
    own = [before / shares[0] / (before / shares[0] + after / share) for share in shares[1:]]
    return critical_value(question.alpha, [math.sqrt(one) for one in own], question.correction)


def _check(question: Question) -> None:
    if question.effect == 0 or not math.isfinite(question.effect):
        raise InputError("the effect to find is 0; name the smallest change worth finding, for example 0.10")
    if not -1 < question.correlation < 1:
        raise InputError(f"correlation {question.correlation:g} must lie between -1 and 1")
    for name, value in (("power", question.power), ("alpha", question.alpha)):
        if not 0 < value < 1:
            raise InputError(f"{name} {value:g} must lie between 0 and 1")
    if question.sd is not None:
        if min(question.sd, question.sd_variant or question.sd) <= 0:
            raise InputError("the standard deviation (sd) must be above 0")
        return
    if not 0 < question.base < 1:
        raise InputError(f"a base rate lies between 0 and 1, found {question.base:g}; a mean goes with an sd")
    if not 0 <= question.base + question.effect <= 1:
        raise InputError(
            f"base rate {question.base:g} with an effect of {question.effect:+g} is no rate; name a smaller effect"
        )
