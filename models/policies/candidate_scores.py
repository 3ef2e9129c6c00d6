"""What each action is worth to each customer: chance, money, effect, and the weight a marketer gives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.errors import InputError
from models.actions.action_rule import ActionRule
from models.actions.decision_log import NONE
from models.actions.phase_policy import PhasePolicy
from models.policies.rule import Batch, BoolArray, IntArray

FloatArray = NDArray[np.float64]
#: What the one action for all counts for at least.
LEAST_PRIORITY = 1e-9


@dataclass(frozen=True)
class CandidateScores:
    """Arrays (customers, arms); NaN where nothing is known or no personal figure is claimed.

    Attributes
    ----------
    success : array
        P: probability of success with the action.
    value : array
        V: expected money with the action, before its cost.
    gain : array
        Expected money after costs over doing nothing: what one action is for all, its average gain.
    effect, low, high : array
        On the probability of success against doing nothing, with its interval.
    priority : array
        Gain times context times lever; of 0 for ``none``, -inf where the evidence does not let it be chosen.
    context : array, one per customer
        C: weight of the phase.
    lever : array, one per arm
        L: weight a marketer gives to the action.
    place : int array, one per customer
        Row of ``cost``: the phase; the last row is for phases without a policy.
    cost : array (phases + 1, arms)
        Money.
    """

    success: FloatArray
    value: FloatArray
    gain: FloatArray
    effect: FloatArray
    low: FloatArray
    high: FloatArray
    priority: FloatArray
    context: FloatArray
    lever: FloatArray
    place: IntArray
    cost: FloatArray

    def chosen(self, name: str, action: IntArray) -> FloatArray:
        """Give one number per customer: that of its action."""
        found: FloatArray = getattr(self, name)[np.arange(len(action)), action]
        return found


def candidate_scores(
    batch: Batch, x: NDArray[np.float32], columns: Sequence[str], arms: Sequence[str]
) -> CandidateScores:
    """Score every action for every customer, by what the policy of the phase may claim.

    Parameters
    ----------
    batch : Batch
    x : float32 array, one row per customer
        Features named by ``columns``.
    columns : sequence of str
    arms : sequence of str
        ``none`` first.

    Raises
    ------
    InputError
        A feature that a policy was learnt with is missing.
    """
    shape = (len(batch), len(arms))
    found = {name: np.full(shape, np.nan) for name in ("success", "value", "gain", "effect", "low", "high")}
    choosable = np.zeros(shape, dtype=np.bool_)
    choosable[:, 0] = True
    for name in ("gain", "effect", "low", "high"):
        found[name][:, 0] = 0.0
    phases = sorted(batch.policies)
    place = np.full(len(batch), len(phases), dtype=np.int64)
    cost = np.zeros((len(phases) + 1, len(arms)))
    for number, phase in enumerate(phases):
        policy = batch.policies[phase]
        trial = {arm: batch.settings.of(arm).trial_cost or 0.0 for arm in arms}
        cost[number] = [0.0 if arm == NONE else policy.cost.get(arm, trial[arm]) for arm in arms]
        inside = np.flatnonzero(batch.phase == phase)
        place[inside] = number
        if len(inside):
            own = _phase_scores(policy, aligned(policy, x[inside], columns), arms)
            choosable[inside] = own.pop("choosable")
            for name, numbers in own.items():
                found[name][inside] = numbers
    # One action for all is more than nothing, whatever its average gain: the verdict on the phase chose it.
    least = np.full(cost.shape, -np.inf)
    for number, phase in enumerate(phases):
        policy = batch.policies[phase]
        if policy.recommended in arms[1:] and not _may_choose(policy):
            least[number, list(arms).index(policy.recommended)] = LEAST_PRIORITY
    weights = batch.settings.phase_weights
    context = np.array([weights.get(phase, 1.0) for phase in phases] + [1.0])[place]
    lever = np.array([batch.settings.of(arm).lever for arm in arms])
    weighted = np.maximum(_weighted(found["gain"], context, lever), least[place])
    priority = np.where(choosable, weighted, -np.inf)
    return CandidateScores(**found, priority=priority, context=context, lever=lever, place=place, cost=cost)


def _weighted(gain: FloatArray, context: FloatArray, lever: FloatArray) -> FloatArray:
    """Weigh gains; a lever on a loss makes it smaller, never a gain."""
    known = np.nan_to_num(gain, nan=0.0)
    return context[:, None] * np.where(known > 0, known * lever, known / lever)


def aligned(policy: PhasePolicy, x: NDArray[np.float32], columns: Sequence[str]) -> NDArray[np.float32]:
    """Put features in the order of a policy.

    Raises
    ------
    InputError
        A feature it was learnt with is missing.
    """
    position = {name: place for place, name in enumerate(columns)}
    missing = [name for name in policy.columns if name not in position]
    if missing:
        raise InputError(
            f"policy of {policy.phase}: features missing: {', '.join(missing[:5])}; it was learnt with other "
            "features; train next_action again with the families and windows now in params.yaml"
        )
    return np.ascontiguousarray(x[:, [position[name] for name in policy.columns]])


def _phase_scores(
    policy: PhasePolicy, x: NDArray[np.float32], arms: Sequence[str]
) -> dict[str, FloatArray | BoolArray]:
    if policy.rule is not None and _may_choose(policy):
        return _personal(policy, policy.rule, x, arms)
    return _for_all(policy, len(x), arms)


def _may_choose(policy: PhasePolicy) -> bool:
    return policy.state == "personalise" and policy.rule is not None


def _for_all(policy: PhasePolicy, rows: int, arms: Sequence[str]) -> dict[str, FloatArray | BoolArray]:
    """Give every customer the averages: no personal figure is claimed that the log does not carry."""
    shown = {name: np.full(len(arms), np.nan) for name in ("gain", "effect", "low", "high")}
    choosable = np.zeros(len(arms), dtype=np.bool_)
    choosable[0] = True
    for name in shown:
        shown[name][0] = 0.0
    for column, arm in enumerate(arms):
        if arm in policy.effects:
            average = policy.effects[arm]
            shown["gain"][column] = average.gain.value
            for name in ("value", "low", "high"):
                shown["effect" if name == "value" else name][column] = getattr(average.effect, name)
            choosable[column] = arm == policy.recommended
    numbers = {name: np.tile(row, (rows, 1)) for name, row in shown.items()}
    return {**numbers, "choosable": np.tile(choosable, (rows, 1))}


def _personal(
    policy: PhasePolicy, rule: ActionRule, x: NDArray[np.float32], arms: Sequence[str]
) -> dict[str, FloatArray | BoolArray]:
    shape = (len(x), len(arms))
    shown = {name: np.full(shape, np.nan) for name in ("success", "value", "gain", "effect", "low", "high")}
    choosable = np.zeros(shape, dtype=np.bool_)
    net, success, predicted = rule.net_value(x), rule.success(x), rule.effect(x)
    for name in ("effect", "low", "high"):
        shown[name][:, 0] = 0.0
    for position, arm in enumerate(rule.arms):
        column = list(arms).index(arm)
        choosable[:, column] = True
        shown["success"][:, column] = success[:, position]
        shown["value"][:, column] = net[:, position] + rule.cost[position]
        shown["gain"][:, column] = net[:, position] - net[:, 0]
        if arm in policy.effects:
            near = policy.effects[arm].near(predicted[:, position])
            for name, numbers in zip(("effect", "low", "high"), near, strict=True):
                shown[name][:, column] = numbers
    return {**shown, "choosable": choosable}
