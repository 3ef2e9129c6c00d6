"""The decision log as arrays: who was given which action, out of which, with what result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from features.contract import DAY_US
from features.errors import InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: The action of doing nothing. A customer held back on purpose is a decision like any other.
NONE = "none"
#: Propensities of all that was eligible add up to one, but for rounding.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class DecisionLog:
    """One row per decision; a customer may appear many times.

    Attributes
    ----------
    columns : tuple of str
        Names of the columns of ``x``.
    x : float32 array (rows, columns)
        The pipeline's own features at the midnight before the decision.
    day : float32 array
        Day of the decision, in days since 1970.
    phase : array of str
    customers : int64 array
    actions : tuple of str
        Every action, ``none`` first, then by name.
    action : int64 array
        Position in ``actions`` of what was done.
    eligible : bool array (rows, actions)
    propensity : float64 array
        Probability of what was done; NaN if unknown.
    outcome : float64 array
        1 = success, 0 = not, NaN = not matured.
    value : float64 array
        Money within the horizon, before costs; NaN = not matured.
    cost : float64 array
        Money spent on the action itself.
    left_out : dict of str to int
        Decisions of the source that are not among the rows, by reason.
    until_us : int or None
        The log holds decisions before this moment; None: all there are.
    """

    columns: tuple[str, ...]
    x: NDArray[np.float32]
    day: NDArray[np.float32]
    phase: NDArray[np.object_]
    customers: IntArray
    actions: tuple[str, ...]
    action: IntArray
    eligible: BoolArray
    propensity: FloatArray
    outcome: FloatArray
    value: FloatArray
    cost: FloatArray
    left_out: dict[str, int] = field(default_factory=dict)
    until_us: int | None = None

    def __len__(self) -> int:
        return len(self.action)

    def take(self, rows: BoolArray | IntArray) -> DecisionLog:
        """Keep only the given rows (mask or positions)."""
        per_row = (
            "x",
            "day",
            "phase",
            "customers",
            "action",
            "eligible",
            "propensity",
            "outcome",
            "value",
            "cost",
        )
        return replace(self, **{name: getattr(self, name)[rows] for name in per_row})


def decision_log(
    columns: Sequence[str],
    x: NDArray[np.float32],
    phase: Sequence[str] | NDArray[np.object_],
    customers: IntArray,
    action: Sequence[str],
    eligible: Sequence[Sequence[str]],
    propensity: FloatArray,
    outcome: FloatArray,
    value: FloatArray,
    cost: FloatArray,
    decided_us: IntArray | None = None,
    left_out: dict[str, int] | None = None,
    until_us: int | None = None,
) -> DecisionLog:
    """Build a checked `DecisionLog` from action names.

    Raises
    ------
    InputError
        A column of another length, a propensity outside (0, 1], an action that was not eligible, one that was alone
        eligible with a propensity other than 1, or an outcome other than 0 and 1.

    Examples
    --------
    >>> log = decision_log(["recency"], np.zeros((2, 1), np.float32), ["decision"] * 2, np.array([1, 2]),
    ...     ["email", "none"], [["none", "email"]] * 2, np.array([0.5, 0.5]), np.array([1.0, 0.0]),
    ...     np.array([9.0, 0.0]), np.array([0.1, 0.0]))
    >>> log.actions, log.action.tolist(), log.eligible.all()
    (('none', 'email'), [1, 0], np.True_)
    """
    chosen = np.asarray(action, dtype=object)
    sizes = np.fromiter(map(len, eligible), dtype=np.int64, count=len(eligible))
    flat = np.array([name for names in eligible for name in names], dtype=object)
    named = {str(name) for name in np.unique(flat)} | {str(name) for name in np.unique(chosen)} | {NONE}
    actions = (NONE, *sorted(named - {NONE}))
    position = {name: code for code, name in enumerate(actions)}
    lengths = {len(x), len(phase), len(customers), len(chosen), len(sizes), len(propensity)}
    if lengths | {len(outcome), len(value), len(cost)} != {len(x)}:
        raise InputError("decision log: columns of different length; give one entry per decision in each")
    mask = np.zeros((len(chosen), len(actions)), dtype=np.bool_)
    mask[np.repeat(np.arange(len(sizes)), sizes), [position[name] for name in flat]] = True
    code = np.fromiter((position[name] for name in chosen), dtype=np.int64, count=len(chosen))
    day = np.zeros(len(chosen)) if decided_us is None else decided_us // DAY_US
    log = DecisionLog(
        columns=tuple(columns),
        x=np.ascontiguousarray(x, dtype=np.float32),
        day=np.asarray(day, dtype=np.float32),
        phase=np.asarray(phase, dtype=object),
        customers=np.asarray(customers, dtype=np.int64),
        actions=actions,
        action=code,
        eligible=mask,
        propensity=np.asarray(propensity, dtype=np.float64),
        outcome=np.asarray(outcome, dtype=np.float64),
        value=np.asarray(value, dtype=np.float64),
        cost=np.asarray(cost, dtype=np.float64),
        left_out=dict(left_out or {}),
        until_us=until_us,
    )
    _check(log)
    return log


def _check(log: DecisionLog) -> None:
    outside = np.flatnonzero(~log.eligible[np.arange(len(log)), log.action])
    if len(outside):
        name = log.actions[log.action[outside[0]]]
        raise InputError(
            f"decision log: {len(outside)} decisions took an action that was not eligible (first: row "
            f"{outside[0] + 1}, {name!r}); `eligible` must list every action that could have been taken"
        )
    known = log.propensity[~np.isnan(log.propensity)]
    wrong = known[(known <= 0) | (known > 1)]
    if len(wrong):
        raise InputError(
            f"decision log: {len(wrong)} of {len(log)} propensities outside (0, 1], for example {wrong[0]:g}; a "
            "propensity is the probability of the action that was taken; leave it empty where it is unknown "
            "(then see next_action.propensities)"
        )
    alone = (log.eligible.sum(axis=1) == 1) & (np.abs(log.propensity - 1) > TOLERANCE)
    if alone.any():
        raise InputError(
            f"decision log: in {alone.sum()} of {len(log)} decisions only one action was eligible, yet its propensity "
            f"is not 1 (first: row {np.flatnonzero(alone)[0] + 1}, {log.propensity[alone][0]:g}); those of all "
            "that was eligible add up to 1: list every action that could have been taken in `eligible`"
        )
    seen = log.outcome[~np.isnan(log.outcome)]
    if len(seen) and not np.isin(seen, (0.0, 1.0)).all():
        odd = seen[~np.isin(seen, (0.0, 1.0))][0]
        raise InputError(
            f"decision log: outcome {odd:g} found; allowed: 1 (success), 0 (not), empty (not matured)"
        )
