"""The personalised rule: effect on the probability first, money composed outside the model, argmax last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.actions.action_effects import DECIMALS, RidgeEffect, arm_scores, learn_ridge_effect
from models.actions.keyed_draws import customer_folds
from models.actions.money import SpendModel, learn_spend
from models.actions.outcome_models import cross_fitted_means
from models.actions.splits import WHOLE
from models.signed_log import SignedLogScale, weighted_sums

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Candidates:
    """The decisions of one phase, reduced to the candidate actions (``none`` first).

    Attributes
    ----------
    arms : tuple of str
    x : float32 array, one row per decision
    day : float32 array
        Of the decision. Season and campaign drive both who got what and what came of it, so the models
        behind the scores see it; the rule itself does not, for it is applied on days to come.
    customers : array
    arm : array
        Position in ``arms``; -1 where an action that is no candidate was taken: such a decision speaks
        about no candidate, but stays, so that the others keep their propensities.
    eligible : bool array (rows, arms)
    propensity, outcome, value : array
    cost : array (arms,)
        Money per decision for each action.
    """

    arms: tuple[str, ...]
    x: NDArray[np.float32]
    day: NDArray[np.float32]
    customers: IntArray
    arm: IntArray
    eligible: BoolArray
    propensity: FloatArray
    outcome: FloatArray
    value: FloatArray
    cost: FloatArray

    def __len__(self) -> int:
        return len(self.arm)

    def take(self, rows: BoolArray) -> Candidates:
        """Keep only the given decisions."""
        per_row = ("x", "day", "customers", "arm", "eligible", "propensity", "outcome", "value")
        return replace(self, **{name: getattr(self, name)[rows] for name in per_row})

    @property
    def circumstances(self) -> NDArray[np.float32]:
        """Give what the models behind the scores see: the features and the day."""
        return np.hstack([self.x, self.day[:, None]])


@dataclass(frozen=True)
class Learning:
    """How a rule is learnt: number of folds, smallest propensity, share of value kept, seed and threads."""

    folds: int
    floor: float
    margin_rate: float
    seed: int
    num_threads: int


@dataclass(frozen=True)
class ActionRule:
    """Everything needed to rank the actions for a customer, as plain numbers.

    Attributes
    ----------
    arms : tuple of str
        ``none`` first.
    scale : SignedLogScale
    baseline : array (columns + 1,)
        Log-odds of success when nothing is done; the constant last.
    effects : tuple of RidgeEffect
        One per action after ``none``: effect on the probability of success.
    spend : SpendModel
        Money with and without success.
    cost : array (arms,)
    margin_rate : float
        Share of the value that is earned.
    """

    arms: tuple[str, ...]
    scale: SignedLogScale
    baseline: FloatArray
    effects: tuple[RidgeEffect, ...]
    spend: SpendModel
    cost: FloatArray
    margin_rate: float

    def effect(self, x: NDArray[np.float32]) -> FloatArray:
        """Effect of every action on the probability of success, against none: array (rows, arms)."""
        return self._effect(self.scale.apply(x))

    def net_value(self, x: NDArray[np.float32]) -> FloatArray:
        """Expect money after costs per action, value x probability - cost: array (rows, arms)."""
        z = self.scale.apply(x)
        baseline = 1.0 / (1.0 + np.exp(-(weighted_sums(z, self.baseline[None, :-1]) + self.baseline[-1])))
        success = np.clip(baseline + self._effect(z), 0.0, 1.0)
        net: FloatArray = self.margin_rate * self.spend.expected(z, success) - self.cost
        return net

    def _effect(self, z: FloatArray) -> FloatArray:
        linear = weighted_sums(z, np.stack([one.coefficients for one in self.effects]))
        shifted = linear + np.array([one.intercept for one in self.effects])
        return np.hstack([np.zeros((len(z), 1)), shifted])

    def to_json(self) -> dict[str, Any]:
        """Plain lists and numbers."""
        return {
            "arms": list(self.arms),
            "centre": self.scale.centre.tolist(),
            "scale": self.scale.spread.tolist(),
            "baseline": self.baseline.tolist(),
            "effects": [
                {
                    "intercept": one.intercept,
                    "coefficients": one.coefficients.tolist(),
                    "alpha": one.alpha,
                }
                for one in self.effects
            ],
            "spend": self.spend.to_json(),
            "cost": self.cost.tolist(),
            "margin_rate": self.margin_rate,
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> ActionRule:
        """Back from `to_json`, bit for bit."""
        return cls(
            arms=tuple(saved["arms"]),
            scale=SignedLogScale(np.array(saved["centre"]), np.array(saved["scale"])),
            baseline=np.array(saved["baseline"]),
            effects=tuple(
                RidgeEffect(one["intercept"], np.array(one["coefficients"]), one["alpha"])
                for one in saved["effects"]
            ),
            spend=SpendModel.from_json(saved["spend"]),
            cost=np.array(saved["cost"]),
            margin_rate=saved["margin_rate"],
        )


def learn_rule(log: Candidates, how: Learning, split: str = WHOLE) -> ActionRule:
    """Learn the personalised rule from a log; its folds are its own, so it can be cross-fitted as a whole.

    Parameters
    ----------
    log : Candidates
    how : Learning
    split : str
        Names this part of the log, so that the inner folds differ from the outer ones.
    """
    fold = customer_folds(log.customers, how.folds, how.seed, split)
    means = cross_fitted_means(
        log.circumstances, log.arm, log.outcome, fold, len(log.arms), "probability", how.seed, how.num_threads
    )
    scores = arm_scores(means, log.arm, log.outcome, log.propensity, log.eligible, how.floor)
    scale = SignedLogScale.learn(log.x)
    z = scale.apply(log.x)
    effects = []
    for position in range(1, len(log.arms)):
        able = log.eligible[:, position]
        contrast = scores[able, position] - scores[able, 0]
        effects.append(learn_ridge_effect(z[able], contrast, fold[able]))
    return ActionRule(
        arms=log.arms,
        scale=scale,
        baseline=_learn_baseline(z, log.arm, log.outcome, len(log.arms)),
        effects=tuple(effects),
        spend=learn_spend(z, log.arm, log.outcome, log.value, len(log.arms)),
        cost=log.cost,
        margin_rate=how.margin_rate,
    )


def _learn_baseline(z: FloatArray, arm: IntArray, outcome: FloatArray, arms: int) -> FloatArray:
    """Log-odds of success under ``none``: all arms help to learn it, each with a shift of its own."""
    from sklearn.linear_model import LogisticRegression

    used = arm >= 0
    rate = float(np.clip(outcome[used].mean(), 1e-4, 1 - 1e-4))
    if len(np.unique(outcome[used])) < 2:
        return np.append(np.zeros(z.shape[1]), np.log(rate / (1 - rate)))
    shifts = np.eye(arms)[arm[used]][:, 1:]
    # Newton steps reach the optimum itself: the coefficients do not depend on where a solver stopped.
    model = LogisticRegression(C=0.1, solver="newton-cholesky", tol=1e-8, max_iter=100)
    model.fit(np.hstack([z[used], shifts]), outcome[used])
    learnt: FloatArray = np.append(model.coef_[0, : z.shape[1]], model.intercept_[0])
    return learnt.round(DECIMALS)
