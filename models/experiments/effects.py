"""The effect of each variant over the control: one interval for the planned end, and one for every look."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import norm, t

from models.experiments.comparisons import Correction, adjusted, critical_value
from models.experiments.customers import FloatArray, Measured
from models.experiments.sequences import always_valid_p, always_valid_width, mixing_variance

#: Stands for a variance of nothing: its square is still a number.
_LEAST = 1e-60


@dataclass(frozen=True)
class Interval:
    """Two ends between which an effect lies."""

    low: float
    high: float


@dataclass(frozen=True)
class Effect:
    """What a variant changed.

    Attributes
    ----------
    variant : str
    customers : int
        With this variant; the control has its own.
    mean, control_mean : float
        Outcome per customer (or row), as measured.
    effect, se : float
        The difference, after CUPED where there is a covariate, and its standard error.
    fixed : Interval
        Holds if one looks once, at the planned end; all variants together.
    p, p_adjusted : float
        Two-sided, on its own and with the correction.
    always : Interval
        Holds at every look, however often; all variants together.
    always_p : float
        The p-value that goes with it, times the number of variants.
    relative, relative_low, relative_high : float or None
        The fixed interval as a share of the control; None where the control is not above 0.
    """

    variant: str
    customers: int
    mean: float
    control_mean: float
    effect: float
    se: float
    fixed: Interval
    p: float
    p_adjusted: float
    always: Interval
    always_p: float
    relative: float | None = None
    relative_low: float | None = None
    relative_high: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON holds it."""
        return asdict(self)


@dataclass(frozen=True)
class Judging:
    """How effects are judged.

    Attributes
    ----------
    alpha : float
        Two-sided chance of any false alarm, over all variants.
    correction : {"dunnett", "holm", "none"}
    final : tuple of int
        Customers per arm at the planned end. The interval for every look is narrowest there; it must not move
        with the looks.
    """

    alpha: float = 0.05
    correction: Correction = "dunnett"
    final: tuple[int, ...] = ()


def effects(values: FloatArray, measured: Measured, judging: Judging) -> tuple[Effect, ...]:
    """Compare every variant with the control.

    Parameters
    ----------
    values : float64 array (customers,)
        One number per customer: `customers.linearised`, or after `cuped.adjust`.
    measured : Measured
        Every arm has two customers or more.
    judging : Judging

    Returns
    -------
    tuple of Effect
        One per variant, in the order of the arms.

    References
    ----------
    Welch (1947), The generalization of Student's problem when several different population variances are
    involved.
    """
    counts = measured.counts.astype(np.float64)
    means = measured.per_arm(values) / counts
    variance = measured.per_arm((values - means[measured.arm]) ** 2) / (counts - 1) / counts
    shown = measured.per_arm(measured.total) / measured.per_arm(measured.rows)
    both = _tiny(variance[0] + variance[1:])
    size, se = means[1:] - means[0], np.sqrt(both)
    own = variance / both.max()  # squares of tiny variances would vanish
    df = (own[0] + own[1:]) ** 2 / _tiny(own[0] ** 2 / (counts[0] - 1) + own[1:] ** 2 / (counts[1:] - 1))
    df = np.maximum(df, 1.0)
    loadings = np.sqrt(variance[0] / both).tolist()
    # The correction is settled on the normal scale; Student's tails come on top, variant by variant.
    alone = 2 * norm.sf(critical_value(judging.alpha, loadings, judging.correction))
    half = t.isf(alone / 2, df) * se
    p = 2 * t.sf(np.abs(size) / se, df)
    p_adjusted = adjusted(p, loadings, judging.correction)
    each = judging.alpha / (1 if judging.correction == "none" else len(size))
    end = variance * counts / np.maximum(np.array(judging.final or counts, np.float64), 1.0)
    mixing = [mixing_variance(float(one), each) for one in _tiny(end[0] + end[1:])]
    always = [float(always_valid_width(v, m, each)) for v, m in zip(both, mixing, strict=True)]
    always_p = [float(always_valid_p(d, v, m)) for d, v, m in zip(size, both, mixing, strict=True)]
    found = []
    for place, variant in enumerate(measured.arms[1:]):
        d = float(size[place])
        fixed = Interval(d - float(half[place]), d + float(half[place]))
        peeked = Interval(d - always[place], d + always[place])
        own = Effect(
            variant, int(counts[place + 1]), float(shown[place + 1]), float(shown[0]), d, float(se[place]), fixed,
            float(p[place]), float(p_adjusted[place]), peeked, min(1.0, always_p[place] * judging.alpha / each),
            *_relative(float(shown[0]), d, (float(variance[0]), float(variance[place + 1])),
                       float(half[place] / se[place])),
        )  # fmt: skip
        found.append(own)
    return tuple(found)


def _relative(
    control: float, size: float, variance: tuple[float, float], limit: float
) -> tuple[float | None, float | None, float | None]:
    """Give the effect as a share of the control with its delta-method interval."""
    if control <= 0 or math.sqrt(variance[0]) > control / 4:
        return None, None, None
    ratio = 1 + size / control
    half = limit * math.sqrt(variance[1] + ratio**2 * variance[0]) / control
    return ratio - 1, ratio - 1 - half, ratio - 1 + half


def _tiny(values: FloatArray) -> FloatArray:
    above: FloatArray = np.maximum(values, _LEAST)
    return above
