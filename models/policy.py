"""From a judged phase to one action per customer: eligibility, consent, the verdict, a standing random control."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.atomic import replacing
from features.errors import InputError
from models.action_rule import ActionRule
from models.decision_log import NONE
from models.keyed_draws import keyed_uniform
from models.offpolicy import Estimate

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class AverageEffect:
    """Average over the decisions where an action was possible, against doing nothing.

    Attributes
    ----------
    effect : Estimate
        On the probability of success.
    gain : Estimate
        Money after costs per decision.
    ess : float
        Effective decisions behind it.
    """

    effect: Estimate
    gain: Estimate
    ess: float

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {"effect": vars(self.effect), "gain": vars(self.gain), "ess": self.ess}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> AverageEffect:
        """Back from `to_json`."""
        return cls(Estimate(**saved["effect"]), Estimate(**saved["gain"]), saved["ess"])


@dataclass(frozen=True)
class PhasePolicy:
    """What scoring follows in one phase: a state, an action for all, and the rule if it may choose.

    Attributes
    ----------
    phase, state, recommended, reason
        See `models.gate.Verdict`.
    columns : tuple of str
        Features in the order of the rule.
    confidence : float
    propensities : {"known", "estimated"} or None
    effects : dict of str to AverageEffect
    dropped : dict of str to str
        Actions the log has too little evidence on, with the reason.
    rule : ActionRule or None
    cost : dict of str to float
        Money per action.
    """

    phase: str
    state: str
    recommended: str
    reason: dict[str, str]
    columns: tuple[str, ...]
    confidence: float = 0.95
    propensities: str | None = None
    effects: dict[str, AverageEffect] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)
    rule: ActionRule | None = None
    cost: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Everything, as plain JSON."""
        rule = self.rule.to_json(with_spread=self.state == "personalise") if self.rule else None
        plain = {
            name: value for name, value in vars(self).items() if name not in ("rule", "effects", "columns")
        }
        effects = {name: one.to_json() for name, one in self.effects.items()}
        return {**plain, "columns": list(self.columns), "effects": effects, "rule": rule}

    def save(self, path: Path) -> None:
        """Write ``policy.json``; the same policy gives the same bytes."""
        with replacing(path) as beside:
            beside.write_text(json.dumps(self.to_json(), sort_keys=True) + "\n")

    @classmethod
    def load(cls, path: Path) -> PhasePolicy:
        """Read ``policy.json``; predicts bit for bit as what was saved."""
        saved = json.loads(path.read_text())
        rule = ActionRule.from_json(saved.pop("rule")) if saved["rule"] else saved.pop("rule")
        effects = {name: AverageEffect.from_json(one) for name, one in saved.pop("effects").items()}
        return cls(rule=rule, effects=effects, columns=tuple(saved.pop("columns")), **saved)


@dataclass(frozen=True)
class Actions:
    """One row per customer: the action and what is expected of it.

    Attributes
    ----------
    action : array of str
    action_value : array
        Money after costs over doing nothing, within the horizon of the outcome. 0 for ``none``. Where one action
        is for all it is the average gain: no personal figure is claimed that the log does not carry.
    action_effect, effect_low, effect_high : array
        On the probability of success against doing nothing; interval at the policy's confidence.
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


def load_policies(folder: Path) -> dict[str, PhasePolicy]:
    """Read every ``<phase>/policy.json`` under ``artifacts/next_action``."""
    return {path.parent.name: PhasePolicy.load(path) for path in sorted(folder.glob("*/policy.json"))}


def policy_version(policies: Mapping[str, PhasePolicy]) -> str:
    """Digest of the policies' content: 16 hexadecimal digits.

    Examples
    --------
    >>> calm = PhasePolicy("decision", "constant", "none", {"en": "", "nl": ""}, ())
    >>> policy_version({"decision": calm}) == policy_version({"decision": calm})
    True
    """
    content = {phase: policies[phase].to_json() for phase in sorted(policies)}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def decide(
    policies: Mapping[str, PhasePolicy],
    x: NDArray[np.float32],
    columns: Sequence[str],
    phase: NDArray[np.object_],
    customers: IntArray,
    as_of_us: int,
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
        Features at ``as_of_us``, named by ``columns``.
    phase, customers : array, one per customer
    as_of_us : int
        Moment of scoring; part of the key of the control draw.
    control_share : float
        Share of customers held back at random.
    allowed : mapping of phase to actions, optional
        From the journey: the actions of a phase. An empty list, or no entry: all.
    consent : mapping of channel to array, one per customer, optional
        True, False or None (unknown: allowed), from the attributes ``consent_<channel>``.
    channels : mapping of action to channel, optional
        The channel an action needs consent for.

    Examples
    --------
    >>> gain = Estimate(1.0, 0.5, 1.5, 0.25, 900)
    >>> mail = PhasePolicy("decision", "constant", "mail", {"en": "", "nl": ""}, (), cost={"mail": 0.3},
    ...     effects={"mail": AverageEffect(Estimate(0.02, 0.01, 0.03, 0.005, 900), gain, 700.0)})
    >>> done = decide({"decision": mail}, np.zeros((2, 0), np.float32), [], np.array(["decision"] * 2, object),
    ...     np.array([1, 2]), 0, 0.0, consent={"post": np.array([None, False], object)}, channels={"mail": "post"})
    >>> done.action.tolist(), done.action_value.tolist(), done.blocked.tolist()
    (['mail', 'none'], [1.0, 0.0], [[], ['mail:consent_post']])
    """
    rules = _blocked_rules(policies, phase, allowed or {}, consent or {}, channels or {})
    rows = len(customers)
    version = policy_version(policies)
    control = keyed_uniform(customers, "control", as_of_us, version) < control_share
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
        return _personal(policy.rule, policy.confidence, x, free)
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
    rule: ActionRule, confidence: float, x: NDArray[np.float32], free: Mapping[str, BoolArray]
) -> dict[str, Any]:
    open_to = np.column_stack([free.get(arm, np.ones(len(x), dtype=np.bool_)) for arm in rule.arms])
    net = rule.net_value(x)
    best = np.argmax(np.where(open_to, net, -np.inf), axis=1)
    row = np.arange(len(x))
    effect = rule.effect(x)[row, best]
    reach = NormalDist().inv_cdf(0.5 + confidence / 2) * rule.effect_se(x)[row, best]
    return {
        "action": np.array(rule.arms, dtype=object)[best],
        "value": net[row, best] - net[:, 0],
        "effect": effect,
        "low": effect - reach,
        "high": effect + reach,
        "cost": rule.cost[best],
    }


def _blocked_rules(
    policies: Mapping[str, PhasePolicy],
    phase: NDArray[np.object_],
    allowed: Mapping[str, Sequence[str]],
    consent: Mapping[str, NDArray[np.object_]],
    channels: Mapping[str, str],
) -> dict[str, NDArray[np.object_]]:
    """Per action one entry per customer: the rule that blocks it, or an empty string. The first rule is named."""
    known = {arm for one in policies.values() for arm in (*one.cost, *one.dropped)} - {NONE}
    rules = {}
    for arm in sorted(known | {name for names in allowed.values() for name in names} - {NONE}):
        rule = np.full(len(phase), "", dtype=object)
        channel = channels.get(arm, "")
        if channel in consent:
            # Unknown consent is None, and only a stated refusal blocks.
            rule[consent[channel] == False] = f"consent_{channel}"  # noqa: E712
        for name in np.unique(phase.astype(str)):
            inside = phase == name
            policy = policies.get(str(name))
            if policy is None or arm not in policy.cost:
                rule[inside] = "no_evidence"
            listed = allowed.get(str(name), ())
            if listed and arm not in listed:
                rule[inside] = "phase"
        rules[arm] = rule
    return rules


def _blocked_lists(rules: Mapping[str, NDArray[np.object_]], rows: int) -> NDArray[np.object_]:
    """Lists of ``action:rule``; there are few different ones, so each is built once."""
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
