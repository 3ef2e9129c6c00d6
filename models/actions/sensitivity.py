"""How far a gain could be off when something unlogged drove who got what.

Estimated propensities assume that nothing outside the log decided who got which action. Under Tan's marginal
sensitivity model that may be wrong by a factor Gamma: knowing the unlogged driver changes the odds of getting an
action by at most Gamma, up or down. Here is the lowest and highest gain that such a driver leaves possible.

The bounds are the sharp ones for each action on its own (Dorn, Guo & Kallus): what an action would have done for those
who did not get it lies between the worst and the best reweighing, by 1/Gamma to Gamma, of what it did for those alike
who did. They are estimated by a doubly robust score, and hold, wider, when the quantile they lean on is off.

References
----------
Tan (2006), A distributional approach for causal inference using propensity scores, J. Am. Stat. Assoc. Zhao, Small &
Bhattacharya (2019), Sensitivity analysis for inverse probability weighting estimators via the percentile bootstrap,
J. R. Stat. Soc. B. Dorn & Guo (2023), Sharp sensitivity analysis for inverse propensity weighting via quantile
balancing, J. Am. Stat. Assoc. Dorn, Guo & Kallus (2024), Doubly-valid/doubly-sharp sensitivity analysis for causal
inference with unmeasured confounding, J. Am. Stat. Assoc. VanderWeele & Ding (2017), Sensitivity analysis in
observational research: introducing the E-value (the idea of `vanishes_at`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.actions.action_rule import Candidates
from models.actions.keyed_draws import customer_folds
from models.offpolicy import Estimate, clustered_mean

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

GAMMAS = (1.25, 1.5, 2.0)
#: Where the search for the Gamma at which a gain vanishes stops, and how finely it looks.
GAMMA_CAP, GAMMA_STEP = 10.0, 0.01
#: Decisions of like expected money share a quantile; fewer than this do not tell one.
BIN_ROWS, MOST_BINS = 200, 10


@dataclass(frozen=True)
class Band:
    """Lowest and highest gain under one Gamma, each with its two-sided interval."""

    gamma: float
    lowest: Estimate
    highest: Estimate

    @property
    def low(self) -> float:
        """Lower end of the interval around the lowest gain."""
        return self.lowest.low

    @property
    def high(self) -> float:
        """Upper end of the interval around the highest gain."""
        return self.highest.high


@dataclass(frozen=True)
class Sensitivity:
    """Bands of a gain, and how strong a driver takes it away.

    Attributes
    ----------
    bands : tuple of Band
    vanishes_at : float or None
        Smallest Gamma whose lowest gain is not above zero. None: there is no gain to begin with. `GAMMA_CAP`: not even
        that is enough.
    certain_until : float or None
        The same for the lower end of its interval. None: the interval holds zero without any driver.
    """

    bands: tuple[Band, ...]
    vanishes_at: float | None
    certain_until: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {
            "model": "marginal sensitivity (Tan 2006), sharp per action (Dorn, Guo & Kallus 2024)",
            "bands": [
                {
                    "gamma": one.gamma,
                    "lowest": one.lowest.value,
                    "highest": one.highest.value,
                    "low": one.low,
                    "high": one.high,
                }
                for one in self.bands
            ],
            "vanishes_at": self.vanishes_at,
            "certain_until": self.certain_until,
        }


@dataclass(frozen=True)
class Contrast:
    """Two policies on one log, and what is needed to doubt their difference.

    Attributes
    ----------
    log : Candidates
        With the estimated propensity of the action taken.
    target, baseline : array (rows, arms)
        Probability of every action under the policy and under what it is compared with; 0 where not eligible.
    means : array (rows, arms)
        Cross-fitted money before costs of every action (share of the value that is earned).
    floor, margin_rate : float
        Smallest propensity used; share of the value that is earned.
    seed : int
        Of the two folds by customer in which quantiles are learnt.
    """

    log: Candidates
    target: FloatArray
    baseline: FloatArray
    means: FloatArray
    floor: float = 0.02
    margin_rate: float = 1.0
    seed: int = 0


def sensitivity(
    contrast: Contrast, confidence: float = 0.95, gammas: Sequence[float] = GAMMAS
) -> Sensitivity | None:
    """Bound the gain of a policy over another for drivers of rising strength.

    Parameters
    ----------
    contrast : Contrast
    confidence : float
        Of the two-sided intervals, clustered by customer.
    gammas : sequence of float
        At least 1; 1 gives the doubly robust gain itself.

    Returns
    -------
    Sensitivity or None
        None where fewer than two customers have a decision.

    Examples
    --------
    >>> rng, n = np.random.default_rng(0), 4000
    >>> arm, x = rng.integers(0, 2, n), np.zeros((n, 1), np.float32)
    >>> money = 1.0 + arm + rng.normal(size=n)
    >>> log = Candidates(("none", "mail"), x, x[:, 0], np.arange(n), arm, np.ones((n, 2), bool), np.full(n, 0.5),
    ...     money, money, np.zeros(2))
    >>> mail, none, means = (np.tile(row, (n, 1)) for row in ([0.0, 1.0], [1.0, 0.0], [1.0, 2.0]))
    >>> found = sensitivity(Contrast(log, mail, none, means))
    >>> [(one.gamma, round(one.lowest.value, 1), round(one.highest.value, 1)) for one in found.bands]
    [(1.25, 0.9, 1.2), (1.5, 0.7, 1.4), (2.0, 0.5, 1.6)]
    >>> 3.3 < found.certain_until < found.vanishes_at < 4.2
    True
    """
    if len(np.unique(contrast.log.customers)) < 2:
        return None
    bounds = _Bounds(contrast, confidence)
    return Sensitivity(bounds.bands(gammas), bounds.crossing("value"), bounds.crossing("low"))


def bands(contrast: Contrast, confidence: float = 0.95, gammas: Sequence[float] = GAMMAS) -> tuple[Band, ...]:
    """Give the bands alone, without the search for the Gamma at which the gain vanishes; as in `sensitivity`."""
    return _Bounds(contrast, confidence).bands(gammas)


class _Bounds:
    """Lowest and highest gain by Gamma; what does not depend on Gamma is worked out once."""

    def __init__(self, contrast: Contrast, confidence: float) -> None:
        log, self.confidence = contrast.log, confidence
        self.customers = log.customers
        self.weight = np.where(log.eligible, contrast.target - contrast.baseline, 0.0)
        self.cost = self.weight @ log.cost
        money = contrast.margin_rate * log.value
        self.propensity = np.maximum(log.propensity, contrast.floor)
        fold = customer_folds(log.customers, 2, contrast.seed, "sensitivity")
        # Only actions that the two policies take unequally often can move their difference.
        self.arms = {
            position: _Arm.of(log.arm == position, contrast.means[:, position], money, fold)
            for position in range(len(log.arms))
            if (self.weight[:, position] != 0).any()
        }

    def bands(self, gammas: Sequence[float]) -> tuple[Band, ...]:
        """Give the lowest and highest gain for every Gamma."""
        return tuple(Band(gamma, self.of(gamma, -1), self.of(gamma, 1)) for gamma in gammas)

    def of(self, gamma: float, side: int) -> Estimate:
        """Give the highest (``side`` 1) or lowest (-1) gain."""
        scores = -self.cost
        for position, arm in self.arms.items():
            weight = self.weight[:, position]
            # A higher gain takes more money from what the policy does, and less from what it leaves.
            for sign in (1, -1):
                part = np.maximum(sign * weight, 0.0)
                if part.any():
                    scores = scores + sign * part * arm.bound(self.propensity, gamma, side * sign)
        return clustered_mean(scores, self.customers, self.confidence)

    def crossing(self, name: str) -> float | None:
        """Give the smallest Gamma at which the lowest gain (``value``) or its interval's ``low`` is not above zero."""
        if getattr(self.of(1.0, -1), name) <= 0:
            return None
        if getattr(self.of(GAMMA_CAP, -1), name) > 0:
            return GAMMA_CAP
        low, high = 1.0, GAMMA_CAP
        while high - low > GAMMA_STEP:
            middle = (low + high) / 2
            low, high = (low, middle) if getattr(self.of(middle, -1), name) <= 0 else (middle, high)
        return round(high, 2)


@dataclass(frozen=True)
class _Arm:
    """One action: who got it, what was expected of it, and which decisions are alike.

    Alike is a bin of the expected money; what is learnt about it comes from the customers of the other fold.

    Attributes
    ----------
    given : bool array, one per decision
    expected, money : array, one per decision
    asks, tells : array, one per decision
        Bin that a decision is told by, and bin that it tells about when it got the action.
    order : array
        Decisions that got the action, by the bin they tell about and then by money.
    start, count : array, one per bin
        Where a bin stands in ``order``.
    """

    given: BoolArray
    expected: FloatArray
    money: FloatArray
    asks: IntArray
    tells: IntArray
    order: IntArray
    start: IntArray
    count: IntArray

    @classmethod
    def of(cls, given: BoolArray, expected: FloatArray, money: FloatArray, fold: IntArray) -> _Arm:
        bins = int(np.clip(given.sum() // BIN_ROWS, 1, MOST_BINS))
        edges = np.quantile(expected[given] if given.any() else expected, np.arange(1, bins) / bins)
        like = np.searchsorted(edges, expected).astype(np.int64)
        tells = (1 - fold) * bins + like
        order = np.flatnonzero(given)
        order = order[np.lexsort((money[order], tells[order]))]
        count = np.bincount(tells[order], minlength=2 * bins)
        start = np.cumsum(count) - count
        return cls(given, expected, money, fold * bins + like, tells, order, start, count)

    def bound(self, propensity: FloatArray, gamma: float, side: int) -> FloatArray:
        """Score whose mean is the highest (``side`` 1) or lowest money the action can bring."""
        quantile = self._quantile(gamma / (1 + gamma) if side > 0 else 1 / (1 + gamma))
        over, under = (gamma, 1 / gamma) if side > 0 else (1 / gamma, gamma)
        residual = self.money - quantile
        # For any quantile this is no less (no more) than the money under the worst driver; for the right one it is it.
        reweighed = quantile + np.where(residual > 0, over, under) * residual
        level = self.expected + self._mean(reweighed - self.expected)
        odds = (1 - propensity) / propensity
        scores: FloatArray = np.where(self.given, self.money + odds * (reweighed - level), level)
        return scores

    def _quantile(self, level: float) -> FloatArray:
        """Quantile of the money in the bin, for every decision."""
        values = self.money[self.order]
        if not len(values):
            return np.zeros(len(self.money))
        place = self.start + level * np.maximum(self.count - 1, 0)
        below = np.minimum(place.astype(np.int64), len(values) - 1)
        above = np.minimum(below + 1, np.maximum(self.start + self.count - 1, 0))
        found = values[below] + (place - below) * (values[above] - values[below])
        return np.where(self.count > 0, found, float(np.quantile(values, level)))[self.asks]

    def _mean(self, target: FloatArray) -> FloatArray:
        """Mean of a target in the bin among those who got the action, for every decision."""
        sums = np.bincount(self.tells[self.given], weights=target[self.given], minlength=len(self.count))
        whole = float(target[self.given].mean()) if self.given.any() else 0.0
        return np.where(self.count > 0, sums / np.maximum(self.count, 1), whole)[self.asks]
