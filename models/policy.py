"""From judged phases to one action per customer: eligibility, consent, verdict, a standing random control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.errors import InputError
from models.actions.action_rule import ActionRule
from models.actions.decision_log import NONE
from models.actions.keyed_draws import keyed_uniform
from models.actions.phase_policy import PhasePolicy

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: A customer who refuses this (attribute ``consent_personalisation``) gets no action at all.
PERSONALISATION = "personalisation"


@dataclass(frozen=True)
class Actions:
    """One row per customer: the action and what is expected of it.

    Attributes
    ----------
    action : array of str
    action_value : array
        Money after costs over doing nothing, within the horizon of the outcome. 0 for ``none``. Where one
        action is for all it is the average gain: no personal figure is claimed that the log does not carry.
    action_effect, effect_low, effect_high : array
        On the probability of success against doing nothing, with its interval. Measured on everybody where
        one action is for all, else among the customers with the nearest predicted effect.
    action_cost : array
        Money.
    blocked : array of list of str
        ``action:rule`` for every action that could not be chosen.
    is_control : bool array
        Held back at random, so that the policy's effect stays measurable.
    """

    action: NDArray[np.object_]
    action_value: FloatArray
    action_effect: FloatArray
    effect_low: FloatArray
    effect_high: FloatArray
    action_cost: FloatArray
    blocked: NDArray[np.object_]
    is_control: BoolArray


def decide(
    policies: Mapping[str, PhasePolicy],
    x: NDArray[np.float32],
    columns: Sequence[str],
    phase: NDArray[np.object_],
    customers: IntArray,
    control_seed: int,
    control_share: float = 0.05,
    allowed: Mapping[str, Sequence[str]] | None = None,
    consent: Mapping[str, NDArray[np.object_]] | None = None,
    channels: Mapping[str, str] | None = None,
) -> Actions:
    """Choose one action per customer.

    Parameters
    ----------
    policies : mapping of phase to PhasePolicy
    x : float32 array, one row per customer
        Features at the moment of scoring, named by ``columns``.
    phase, customers : array, one per customer
    control_seed : int
        Key of the control draw, with the customer and nothing else: the group stands, whatever the moment of
        scoring or the policy.
    control_share : float
        Share held back at random of the customers who could be acted on (whose phase has a policy).
    allowed : mapping of phase to actions, optional
        From the journey: the actions of a phase. An empty list, or no entry: all.
    consent : mapping of channel to array, one per customer, optional
        True, False or None, from the attributes ``consent_<channel>``. Only a stated refusal blocks: unknown
        is allowed. Refused ``personalisation`` blocks every action.
    channels : mapping of action to channel, optional
        The channel an action needs consent for.

    Examples
    --------
    >>> from models.actions.average_effects import average_effect
    >>> up, who = np.tile([0.0, 0.04], 50), np.arange(100)
    >>> mail = PhasePolicy("decision", "constant", "mail", {"en": "", "nl": ""}, (), cost={"mail": 0.3},
    ...     effects={"mail": average_effect(up, 50 * up, up, who, 90.0, 0.95)})
    >>> x, phase = np.zeros((2, 0), np.float32), np.array(["decision"] * 2, object)
    >>> done = decide({"decision": mail}, x, [], phase, np.array([1, 2]), 0, control_share=0.0,
    ...     consent={"post": np.array([None, False], object)}, channels={"mail": "post"})
    >>> done.action.tolist(), done.action_value.tolist(), done.blocked.tolist()
    (['mail', 'none'], [1.0, 0.0], [[], ['mail:consent_post']])
    """
    rules = _blocked_rules(policies, phase, allowed or {}, consent or {}, channels or {})
    rows = len(customers)
    could = np.isin(phase.astype(str), list(policies))
    control = could & (keyed_uniform(customers, "control", control_seed) < control_share)
    action = np.full(rows, NONE, dtype=object)
    numbers = {name: np.zeros(rows) for name in ("value", "effect", "low", "high", "cost")}
    for name, policy in policies.items():
        inside = np.flatnonzero((phase == name) & ~control)
        if len(inside):
            free = {arm: rule[inside] == "" for arm, rule in rules.items()}
            chosen = _choose(policy, _aligned(policy, x[inside], columns), free)
            action[inside] = chosen.pop("action")
            for key, value in chosen.items():
                numbers[key][inside] = value
    return Actions(
        action=action,
        action_value=numbers["value"],
        action_effect=numbers["effect"],
        effect_low=numbers["low"],
        effect_high=numbers["high"],
        action_cost=numbers["cost"],
        blocked=_blocked_lists(rules, rows),
        is_control=control,
    )


def _aligned(policy: PhasePolicy, x: NDArray[np.float32], columns: Sequence[str]) -> NDArray[np.float32]:
    position = {name: place for place, name in enumerate(columns)}
    missing = [name for name in policy.columns if name not in position]
    if missing:
        raise InputError(
            f"policy of {policy.phase}: features missing: {', '.join(missing[:5])}; it was learnt with other "
            "features; train next_action again with the families and windows now in params.yaml"
        )
    return np.ascontiguousarray(x[:, [position[name] for name in policy.columns]])


def _choose(policy: PhasePolicy, x: NDArray[np.float32], free: Mapping[str, BoolArray]) -> dict[str, Any]:
    if policy.state == "personalise" and policy.rule is not None:
        return _personal(policy, policy.rule, x, free)
    given = free.get(policy.recommended, np.ones(len(x), dtype=np.bool_))
    average = policy.effects.get(policy.recommended)
    if policy.recommended == NONE or average is None:
        return {"action": np.full(len(x), NONE, dtype=object)}
    return {
        "action": np.where(given, policy.recommended, NONE).astype(object),
        "value": given * average.gain.value,
        "effect": given * average.effect.value,
        "low": given * average.effect.low,
        "high": given * average.effect.high,
        "cost": given * policy.cost.get(policy.recommended, 0.0),
    }


def _personal(
    policy: PhasePolicy, rule: ActionRule, x: NDArray[np.float32], free: Mapping[str, BoolArray]
) -> dict[str, Any]:
    open_to = np.column_stack([free.get(arm, np.ones(len(x), dtype=np.bool_)) for arm in rule.arms])
    net = rule.net_value(x)
    best = np.argmax(np.where(open_to, net, -np.inf), axis=1)
    predicted = rule.effect(x)
    shown = {name: np.zeros(len(x)) for name in ("effect", "low", "high")}
    for position, arm in enumerate(rule.arms):
        chosen = best == position
        if arm in policy.effects and chosen.any():
            near = policy.effects[arm].near(predicted[chosen, position])
            for name, numbers in zip(("effect", "low", "high"), near, strict=True):
                shown[name][chosen] = numbers
    return {
        "action": np.array(rule.arms, dtype=object)[best],
        "value": net[np.arange(len(x)), best] - net[:, 0],
        "cost": rule.cost[best],
        **shown,
    }


def _blocked_rules(
    policies: Mapping[str, PhasePolicy],
    phase: NDArray[np.object_],
    allowed: Mapping[str, Sequence[str]],
    consent: Mapping[str, NDArray[np.object_]],
    channels: Mapping[str, str],
) -> dict[str, NDArray[np.object_]]:
    """Give per action, per customer, the rule that blocks it, or an empty string.

    One rule is named: a refused consent before the others, for it holds whatever the log or the journey says.
    """
    known = {arm for one in policies.values() for arm in (*one.cost, *one.dropped)} - {NONE}
    rules = {}
    for arm in sorted(known | {name for names in allowed.values() for name in names} - {NONE}):
        rule = np.full(len(phase), "", dtype=object)
        for name in np.unique(phase.astype(str)):
            inside = phase == name
            policy = policies.get(str(name))
            if policy is None or arm not in policy.cost:
                rule[inside] = "no_evidence"
            listed = allowed.get(str(name), ())
            if listed and arm not in listed:
                rule[inside] = "phase"
        for channel in (PERSONALISATION, channels.get(arm, "")):
            if channel in consent:
                # Unknown consent is None, and only a stated refusal blocks.
                rule[consent[channel] == False] = f"consent_{channel}"  # noqa: E712
        rules[arm] = rule
    return rules


def _blocked_lists(rules: Mapping[str, NDArray[np.object_]], rows: int) -> NDArray[np.object_]:
    """Build lists of ``action:rule``; there are few different ones, so each is built once."""
    lists = np.empty(rows, dtype=object)
    codes = np.zeros(rows, dtype=np.int64)
    for rule in rules.values():
        words, code = np.unique(rule.astype(str), return_inverse=True)
        _, codes = np.unique(codes * len(words) + code, return_inverse=True)
    _, first, codes = np.unique(codes, return_index=True, return_inverse=True)
    built = np.empty(len(first), dtype=object)
    for place, row in enumerate(first):
        built[place] = [f"{arm}:{rule[row]}" for arm, rule in rules.items() if rule[row]]
    lists[:] = built[codes]
    return lists
