"""From judged phases to one action per customer: rules, budgets, exploration, a standing random control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from features.cutoffs import day_of
from models.actions.decision_log import NONE
from models.actions.keyed_draws import keyed_uniform
from models.actions.phase_policy import PhasePolicy
from models.policies.candidate_scores import CandidateScores, candidate_scores
from models.policies.constraints import Constraints, policy_version
from models.policies.decided import Decided
from models.policies.drawable import drawable
from models.policies.exploration import Draws, Served, serve
from models.policies.hard_masks import HardMasks, hard_masks
from models.policies.resources import Resources, resources
from models.policies.rule import Batch, BoolArray, IntArray
from models.policies.settings import PolicySettings

FloatArray = NDArray[np.float64]

#: Without constraints: the best action, nothing drawn.
_GREEDY = PolicySettings(exploration="off")


@dataclass(frozen=True)
class Actions:
    """One row per customer: the action and what is expected of it.

    Attributes
    ----------
    action : array of str
    action_value : array
        Money after costs over doing nothing, within the horizon of the outcome. 0 for ``none``, and where nothing
        is known. Where one action is for all it is the average gain: no personal figure is claimed that the log
        does not carry.
    action_effect, effect_low, effect_high : array
        On the probability of success against doing nothing, with its interval. Measured on everybody where
        one action is for all, else among the customers with the nearest predicted effect. An action that was drawn
        and on which nothing was measured: 0, between -1 and 1.
    action_cost : array
        Money.
    blocked : array of list of str
        ``action:rule`` for every action that could not be chosen.
    is_control : bool array
        Held back at random, so that the policy's effect stays measurable.
    eligible_actions : array of list of str
        Actions with a propensity above 0.
    propensity : array
        Chance of the action that was chosen.
    explore : bool array
        Whether the action was drawn.
    action_valid_until : array of str
        Last day on which to act on the decision (YYYY-MM-DD); None where no moment was given.
    policy_version : array of str
        With the customer and the moment the key of every draw.
    """

    action: NDArray[np.object_]
    action_value: FloatArray
    action_effect: FloatArray
    effect_low: FloatArray
    effect_high: FloatArray
    action_cost: FloatArray
    blocked: NDArray[np.object_]
    is_control: BoolArray
    eligible_actions: NDArray[np.object_]
    propensity: FloatArray
    explore: BoolArray
    action_valid_until: NDArray[np.object_]
    policy_version: NDArray[np.object_]

    @classmethod
    def of(cls, decided: Decided) -> Actions:
        """Read the actions off what was decided."""
        scores, action = decided.scores, decided.action
        seen = ~np.isnan(scores.chosen("effect", action))
        return cls(
            action=decided.names(),
            action_value=np.nan_to_num(scores.chosen("gain", action), nan=0.0),
            action_effect=np.where(seen, scores.chosen("effect", action), 0.0),
            effect_low=np.where(seen, scores.chosen("low", action), -1.0),
            effect_high=np.where(seen, scores.chosen("high", action), 1.0),
            action_cost=decided.cost(),
            blocked=decided.masks.lists(),
            is_control=decided.is_control,
            eligible_actions=decided.possible(),
            propensity=decided.taken_propensity(),
            explore=decided.explore,
            action_valid_until=_valid_until(decided),
            policy_version=np.full(len(action), decided.version, dtype=object),
        )


#: Names of the columns that a score file takes from `Actions`.
ACTION_COLUMNS = tuple(field.name for field in fields(Actions))


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
    constraints: Constraints | None = None,
) -> Actions:
    """Choose one action per customer; as `decide_all`, which also keeps why.

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
    decided = decide_all(
        policies, x, columns, phase, customers, control_seed, control_share, allowed, consent, channels,
        constraints,
    )  # fmt: skip
    return Actions.of(decided)


def decide_all(
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
    constraints: Constraints | None = None,
) -> Decided:
    """Choose one action per customer, and keep what every action was worth, its propensity and what forbade it.

    Parameters
    ----------
    policies : mapping of phase to PhasePolicy
    x : float32 array, one row per customer
        Features at the moment of scoring, named by ``columns``.
    columns : sequence of str
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
    constraints : Constraints, optional
        Exploration, contact caps, budgets, stock, validity. Without them the best action, nothing drawn.

    Raises
    ------
    InputError
        A feature that a policy was learnt with is missing.
    """
    settings = constraints.settings if constraints else _GREEDY
    batch = Batch(
        customers=customers, phase=phase, policies=policies, settings=settings,
        decided_us=constraints.decided_us if constraints else None, allowed=allowed or {},
        consent=consent or {}, channels=channels or {}, contacts=constraints.contacts if constraints else (),
    )  # fmt: skip
    masks = hard_masks(batch)
    scores = candidate_scores(batch, x, columns, masks.arms)
    could = np.isin(phase.astype(str), list(policies))
    control = could & (keyed_uniform(customers, "control", control_seed) < control_share)
    version = policy_version(policies, constraints.settings if constraints else None)
    given = resources(settings, masks.arms, scores.cost, constraints.spent if constraints else {})
    free = masks.free.copy()
    free[control, 1:] = False
    served = serve(
        np.where(free, scores.priority, -np.inf),
        scores.place,
        free & drawable(batch, masks.arms),
        given,
        Draws.of(customers, batch.decided_us, version),
        settings.epsilon,
    )
    return Decided(
        batch=batch, masks=_with_resources(masks, scores, served, given, free, settings.epsilon), scores=scores,
        action=served.action, explore=served.explore, propensity=served.propensity, is_control=control,
        version=version,
    )  # fmt: skip


def _with_resources(
    masks: HardMasks,
    scores: CandidateScores,
    served: Served,
    given: Resources,
    free: BoolArray,
    epsilon: float,
) -> HardMasks:
    """Name the budget or stock that kept a better action from a customer, or that had run out."""
    if not given.names:
        return masks
    rows = np.arange(len(served.action))
    planned = scores.priority[rows, served.planned]
    outbid: BoolArray = free & (scores.priority > planned[:, None])
    # Where no price tells, the first that the action takes anything of.
    share = given.uses * served.prices + 1e-300 * (given.uses > 0)
    dearest = (np.argmax(share, axis=2) + 1).astype(np.int16)
    takes: BoolArray = np.asarray((given.uses > 0).any(axis=2))[scores.place]
    by = np.where(served.gone_by > 0, served.gone_by, dearest[scores.place])
    # What is gone could not even be drawn; who draws nothing did not miss it.
    gone = (served.gone_by > 0) & (epsilon > 0)
    blocked: BoolArray = free & takes & (outbid | gone)
    blocked[rows, served.action] = False
    blocked[rows, served.planned] = False
    return masks.also(np.where(blocked, by, 0).astype(np.int16), given.names)


def _valid_until(decided: Decided) -> NDArray[np.object_]:
    moment, settings = decided.batch.decided_us, decided.batch.settings
    if moment is None:
        return np.full(len(decided.action), None, dtype=object)
    last = day_of(moment) + timedelta(days=settings.validity_days - 1)
    until = [settings.of(arm).until if arm != NONE else None for arm in decided.arms]
    return np.array([min(last, one or last).isoformat() for one in until], dtype=object)[decided.action]
