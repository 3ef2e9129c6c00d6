"""What came of an experiment: are the counts right, what changed, and may one already say so."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from models.experiments.comparisons import Correction
from models.experiments.cuped import Adjusted, adjust
from models.experiments.customers import Measured, linearised
from models.experiments.effects import Effect, Interval, Judging, effects
from models.experiments.sample_ratio import SampleRatio, sample_ratio

#: Some outcomes never come in; with this share of those drawn the experiment counts as ended.
ENDED = 0.95
#: With fewer customers in an arm, or fewer of either outcome, the normal approximation does not hold.
LEAST_CUSTOMERS = 100
LEAST_EVENTS = 10


@dataclass(frozen=True)
class Agreed:
    """What was agreed before the start.

    Attributes
    ----------
    shares : dict of str to float
        Of the customers, per arm; the control first.
    drawn : dict of str to int
        Customers that were drawn per arm: when all are measured, the experiment has ended.
    alpha : float
        Two-sided chance of any false alarm.
    correction : {"dunnett", "holm", "none"}
    smallest : float or None
        Smallest change worth finding, in the unit of the outcome, without sign.
    lower_is_better : bool
        For example churn.
    """

    shares: dict[str, float]
    drawn: dict[str, int]
    alpha: float = 0.05
    correction: Correction = "dunnett"
    smallest: float | None = None
    lower_is_better: bool = False


@dataclass(frozen=True)
class Analysis:
    """What came of an experiment.

    Attributes
    ----------
    ratio : SampleRatio
        Where it does not hold there are no effects: they would not be those of the variants.
    measured_share : float
        Of those drawn, in the arm where fewest are measured.
    is_rate : bool
        Whether the outcome is a rate.
    plain, effects : tuple of Effect
        Without and with CUPED; the same where there is no covariate.
    cuped : Adjusted or None
    states : dict of str to str
        Per variant: ``better``, ``worse``, ``too_small``, ``unclear``, ``early`` or ``too_few``.
    """

    ratio: SampleRatio
    measured_share: float
    is_rate: bool
    plain: tuple[Effect, ...] = ()
    effects: tuple[Effect, ...] = ()
    cuped: Adjusted | None = None
    states: dict[str, str] | None = None

    @property
    def ended(self) -> bool:
        """Whether (nearly) all who were drawn have been measured."""
        return self.measured_share >= ENDED

    def judged(self, effect: Effect) -> Interval:
        """Give the interval that may be read now: the narrow one only at the planned end."""
        return effect.fixed if self.ended else effect.always

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON holds it."""
        cuped = self.cuped and {
            "slope": self.cuped.slope, "variance_kept": self.cuped.variance_kept, "filled": self.cuped.filled,
        }  # fmt: skip
        return {
            "sample_ratio": {**asdict(self.ratio), "holds": self.ratio.holds},
            "measured_share": self.measured_share,
            "ended": self.ended,
            "is_rate": self.is_rate,
            "cuped": cuped,
            "effects": {one.variant: one.to_json() for one in self.effects},
            "effects_without_cuped": {one.variant: one.to_json() for one in self.plain},
            "states": self.states or {},
        }


def analyse(measured: Measured, agreed: Agreed) -> Analysis:
    """Check the counts, estimate the effects, and settle what may be said.

    Parameters
    ----------
    measured : Measured
        Customers with an outcome; the arms are those of ``agreed.shares``, in that order.
    agreed : Agreed

    Returns
    -------
    Analysis
        Without effects where the counts per arm are no accident, or an arm has fewer than two customers.
    """
    counts = dict(zip(measured.arms, measured.counts.tolist(), strict=True))
    ratio = sample_ratio(counts, agreed.shares)
    share = min(counts[arm] / max(drawn, 1) for arm, drawn in agreed.drawn.items())
    found = Analysis(ratio, share, measured.is_rate)
    if not ratio.holds or min(counts.values()) < 2:
        nothing = dict.fromkeys(measured.arms[1:], "too_few") if ratio.holds else {}
        return replace(found, states=nothing)
    judging = Judging(agreed.alpha, agreed.correction, tuple(agreed.drawn[arm] for arm in measured.arms))
    own = linearised(measured)
    plain, cuped = effects(own, measured, judging), adjust(own, measured)
    taken = plain if cuped is None else effects(cuped.values, measured, judging)
    found = replace(found, plain=plain, effects=taken, cuped=cuped)
    few = _few(measured)
    states = {
        one.variant: "too_few" if few[place] else _state(found.judged(one), found.ended, agreed)
        for place, one in enumerate(taken)
    }
    return replace(found, states=states)


def _state(interval: Interval, ended: bool, agreed: Agreed) -> str:
    low, high = interval.low, interval.high
    if agreed.lower_is_better:
        low, high = -high, -low
    if low > 0:
        return "better"
    if high < 0:
        return "worse"
    if agreed.smallest is not None and high < agreed.smallest:
        return "too_small"
    return "unclear" if ended else "early"


def _few(measured: Measured) -> list[bool]:
    """Tell per variant whether it, or the control, has too few customers or too few of either outcome."""
    least = measured.counts < LEAST_CUSTOMERS
    if measured.is_rate:
        hits = measured.per_arm(measured.total)
        least |= np.minimum(hits, measured.counts - hits) < LEAST_EVENTS
    return [bool(least[0] or one) for one in least[1:]]
