"""The personalised rule: effect on the probability first, money composed outside the model, argmax last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import models.actions.effects as effects_package
from features.discovery import discover
from models.actions.action_effects import RidgeEffect
from models.actions.effects._base import EffectLearner, Evidence, FittedEffects
from models.actions.effects._baseline import Baseline, chance
from models.actions.keyed_draws import customer_folds
from models.actions.money import SpendModel, learn_spend
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
    """Everything needed to rank the actions for a customer: numbers, and small trees as text.

    Attributes
    ----------
    arms : tuple of str
        ``none`` first.
    scale : SignedLogScale
    baseline : array (columns + 1,)
        Log-odds of success when nothing is done; the constant last.
    effects : tuple of RidgeEffect
        One per action after ``none``: a linear effect on the probability of success, one more voice in the
        mean. Empty: no such voice.
    spend : SpendModel
        Money with and without success.
    cost : array (arms,)
    margin_rate : float
        Share of the value that is earned.
    learners : mapping of name to FittedEffects
        What was learnt by `models.actions.effects`; the mean of their effects serves.
    """

    arms: tuple[str, ...]
    scale: SignedLogScale
    baseline: FloatArray
    effects: tuple[RidgeEffect, ...]
    spend: SpendModel
    cost: FloatArray
    margin_rate: float
    learners: Mapping[str, FittedEffects] = field(default_factory=dict)

    def effect(self, x: NDArray[np.float32]) -> FloatArray:
        """Effect of every action on the probability of success, against none: array (rows, arms)."""
        return self._effect(x, self.scale.apply(x))

    def baseline_probability(self, x: NDArray[np.float32]) -> FloatArray:
        """Probability of success when nothing is done: array (rows,)."""
        return chance(Baseline(self.baseline).log_odds(self.scale.apply(x)))

    def success(self, x: NDArray[np.float32]) -> FloatArray:
        """Probability of success under every action: array (rows, arms)."""
        return self._success(x, self.scale.apply(x))

    def value_if_success(self, x: NDArray[np.float32]) -> FloatArray:
        """Expect money earned, before costs, when every action succeeds for certain: array (rows, arms)."""
        z = self.scale.apply(x)
        value: FloatArray = self.margin_rate * self.spend.expected(z, np.ones((len(z), len(self.arms))))
        return value

    def net_value(self, x: NDArray[np.float32]) -> FloatArray:
        """Expect money after costs per action, value x probability - cost: array (rows, arms)."""
        z = self.scale.apply(x)
        net: FloatArray = self.margin_rate * self.spend.expected(z, self._success(x, z)) - self.cost
        return net

    def _success(self, x: NDArray[np.float32], z: FloatArray) -> FloatArray:
        baseline = chance(Baseline(self.baseline).log_odds(z))
        success: FloatArray = np.clip(baseline[:, None] + self._effect(x, z), 0.0, 1.0)
        return success

    def _effect(self, x: NDArray[np.float32], z: FloatArray) -> FloatArray:
        voices = [learnt.predict(x, z) for learnt in self.learners.values()]
        if self.effects:
            linear = weighted_sums(z, np.stack([one.coefficients for one in self.effects]))
            shifted = linear + np.array([one.intercept for one in self.effects])
            voices.append(np.hstack([np.zeros((len(z), 1)), shifted]))
        total = np.zeros((len(z), len(self.arms)))
        for voice in voices:
            total += voice
        return total / max(len(voices), 1)

    def to_json(self) -> dict[str, Any]:
        """Plain lists, numbers and text."""
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
            "learners": {name: one.to_json() for name, one in self.learners.items()},
            "spend": self.spend.to_json(),
            "cost": self.cost.tolist(),
            "margin_rate": self.margin_rate,
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> ActionRule:
        """Back from `to_json`, bit for bit."""
        known = effect_learners()
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
            learners={name: known[name].from_json(one) for name, one in saved.get("learners", {}).items()},
        )


def effect_learners() -> dict[str, EffectLearner]:
    """Find every learner of effects, those that serve and the diagnostics."""
    return discover(effects_package, "LEARNER")


def learn_rule(
    log: Candidates, how: Learning, split: str = WHOLE, learners: Sequence[str] | None = None
) -> ActionRule:
    """Learn the personalised rule from a log; its folds are its own, so it can be cross-fitted as a whole.

    Parameters
    ----------
    log : Candidates
    how : Learning
    split : str
        Names this part of the log, so that the inner folds differ from the outer ones.
    learners : sequence of str, optional
        Names in `models.actions.effects` whose mean is the effect; default: those that serve.
    """
    known = effect_learners()
    names = [name for name, one in known.items() if one.serves] if learners is None else list(learners)
    scale = SignedLogScale.learn(log.x)
    z = scale.apply(log.x)
    evidence = Evidence(
        arms=len(log.arms),
        x=log.x,
        z=z,
        circumstances=log.circumstances,
        arm=log.arm,
        outcome=log.outcome,
        propensity=log.propensity,
        eligible=log.eligible,
        fold=customer_folds(log.customers, how.folds, how.seed, split),
        floor=how.floor,
        seed=how.seed,
        num_threads=how.num_threads,
    )
    return ActionRule(
        arms=log.arms,
        scale=scale,
        baseline=evidence.baseline.coefficients,
        effects=(),
        spend=learn_spend(z, log.arm, log.outcome, log.value, len(log.arms)),
        cost=log.cost,
        margin_rate=how.margin_rate,
        learners={name: known[name].learn(evidence) for name in names},
    )
