"""What a policy would have earned, read from the log of another policy.

All functions take one entry per decision. ``target`` is the probability with which the policy being valued
would have taken the action that WAS taken; ``propensity`` is the probability with which the log took it.
Decisions of one customer are not independent: pass ``customers`` and the interval is clustered. Weights make
scores skewed, so intervals are those of `models.clustered_mean.skewed_mean`.

References
----------
Dudik, Langford & Li (2011), Doubly robust policy evaluation and learning. Swaminathan & Joachims (2015), The
self-normalized estimator for counterfactual learning. Wang, Agarwal & Dudik (2017), Optimal and adaptive
off-policy evaluation in contextual bandits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.clustered_mean import Estimate, clustered_mean, reach, skewed_mean

__all__ = [
    "Estimate", "Support", "clustered_mean", "dm", "dr", "dr_scores", "ips", "reach", "sndr", "snips", "support",
    "switch_dr",
]  # fmt: skip

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Support:
    """How much of the log speaks about a policy: decisions, effective decisions, largest weight."""

    n: int
    ess: float
    max_weight: float


def support(target: FloatArray, propensity: FloatArray) -> Support:
    """Effective number of decisions (Kish) and the largest weight.

    Parameters
    ----------
    target, propensity : array, one per decision
        See the module.

    Examples
    --------
    >>> support(np.array([1.0, 1.0, 0.0, 0.0]), np.full(4, 0.5))
    Support(n=4, ess=2.0, max_weight=2.0)
    """
    weight = target / propensity
    square = float((weight**2).sum())
    ess = float(weight.sum()) ** 2 / square if square > 0 else 0.0
    return Support(len(weight), ess, float(weight.max(initial=0.0)))


def ips(
    reward: FloatArray,
    target: FloatArray,
    propensity: FloatArray,
    customers: IntArray | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Inverse propensity score: the mean of weight times reward. Unbiased, wide.

    Parameters
    ----------
    reward, target, propensity, customers : array, one per decision
        See the module; ``reward`` in the unit that is wanted back.
    confidence : float
        Two-sided.

    Examples
    --------
    >>> ips(np.array([1.0, 0.0, 4.0, 0.0]), np.array([1.0, 0.0, 1.0, 0.0]), np.full(4, 0.5)).value
    2.5
    """
    return skewed_mean(target / propensity * reward, customers, confidence)


def snips(
    reward: FloatArray,
    target: FloatArray,
    propensity: FloatArray,
    customers: IntArray | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Self-normalised IPS: weights are made to sum to n, so shifting every reward shifts the value as much.

    Parameters
    ----------
    reward, target, propensity, customers, confidence
        As in `ips`.

    Examples
    --------
    >>> snips(np.array([1.0, 0.0, 4.0, 0.0]), np.array([1.0, 0.0, 1.0, 0.0]), np.full(4, 0.3)).value
    2.5
    """
    weight = _normalised(target / propensity)
    value = float((weight * reward).mean())
    # The ratio's influence function: the weighted residual around the ratio itself.
    return skewed_mean(value + weight * (reward - value), customers, confidence)


def dr_scores(
    reward: FloatArray,
    target: FloatArray,
    propensity: FloatArray,
    predicted: FloatArray,
    expected: FloatArray,
) -> FloatArray:
    """Doubly robust score of every decision; its mean is the policy's value.

    Right when either the propensities or the reward model is right. Subtract the scores of two policies to
    compare them on the same decisions.

    Parameters
    ----------
    reward, target, propensity : array, one per decision
        See the module.
    predicted : array, one per decision
        Reward model for the action that was taken, not learnt on this customer.
    expected : array, one per decision
        Reward model averaged over what the valued policy would do.

    Examples
    --------
    >>> one = np.ones(1)
    >>> dr_scores(one, one, 0.5 * one, 0.8 * one, 0.8 * one).round(6)
    array([1.2])
    """
    scores: FloatArray = expected + target / propensity * (reward - predicted)
    return scores


def dr(
    reward: FloatArray,
    target: FloatArray,
    propensity: FloatArray,
    predicted: FloatArray,
    expected: FloatArray,
    customers: IntArray | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Doubly robust value of a policy: the primary estimator.

    Parameters
    ----------
    reward, target, propensity, predicted, expected
        As in `dr_scores`.
    customers, confidence
        As in `ips`.

    Examples
    --------
    >>> reward, half = np.array([1.0, 0.0, 4.0, 0.0]), np.full(4, 0.5)
    >>> model = np.array([1.0, 0.0, 4.0, 0.0])
    >>> dr(reward, np.ones(4), half, model, model).value
    1.25
    """
    return skewed_mean(dr_scores(reward, target, propensity, predicted, expected), customers, confidence)


def sndr(
    reward: FloatArray,
    target: FloatArray,
    propensity: FloatArray,
    predicted: FloatArray,
    expected: FloatArray,
    customers: IntArray | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Doubly robust with the weights of the correction made to sum to n.

    Parameters
    ----------
    reward, target, propensity, predicted, expected, customers, confidence
        As in `dr`.

    Examples
    --------
    >>> one, zero = np.ones(2), np.zeros(2)
    >>> sndr(np.array([2.0, 4.0]), one, np.array([0.2, 0.2]), zero, zero).value
    3.0
    """
    weight = _normalised(target / propensity)
    correction = float((weight * (reward - predicted)).mean())
    scores = expected + correction + weight * (reward - predicted - correction)
    return skewed_mean(scores, customers, confidence)


def switch_dr(
    reward: FloatArray,
    target: FloatArray,
    propensity: FloatArray,
    predicted: FloatArray,
    expected: FloatArray,
    customers: IntArray | None = None,
    confidence: float = 0.95,
    threshold: float = 5.0,
) -> Estimate:
    """Doubly robust, but decisions weighing more than ``threshold`` trust the reward model alone.

    A sensitivity figure: it trades bias for variance, so its interval covers too seldom.

    Parameters
    ----------
    reward, target, propensity, predicted, expected, customers, confidence
        As in `dr`.
    threshold : float
        Largest weight that is still corrected.

    Examples
    --------
    >>> one, zero = np.ones(2), np.zeros(2)
    >>> switch_dr(np.array([2.0, 9.0]), one, np.array([0.5, 0.1]), zero, zero).value
    2.0
    """
    trusted = np.where(target / propensity <= threshold, target, 0.0)
    return dr(reward, trusted, propensity, predicted, expected, customers, confidence)


def dm(expected: FloatArray) -> float:
    """Direct method: what the reward model expects. No interval: sampling says nothing about its bias.

    Parameters
    ----------
    expected : array, one per decision
        As in `dr_scores`.

    Examples
    --------
    >>> dm(np.array([1.0, 2.0]))
    1.5
    """
    return float(expected.mean())


def _normalised(weight: FloatArray) -> FloatArray:
    mean = float(weight.mean())
    scaled: FloatArray = weight / mean if mean > 0 else weight
    return scaled
