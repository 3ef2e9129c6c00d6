r"""Draws that let the log learn, with the propensity of every action that was possible.

A customer is drawn with chance eps; who is drawn gets each action of the own eligible set with the same chance, all
others the plan's. The propensity of action a for customer i is therefore ``(1 - eps) [a = plan] + eps / |set|`` for
a in the set. That it is *true* where customers compete for a budget or stock takes some care, for what one customer
draws changes what is left for the others:

1. The plan (`models.policies.knapsack`) is made for everybody before anything is drawn, so nobody's plan hangs on
   the own draw. Its limit is what is left after the *expected* need of exploration, divided by the share of
   customers who are expected to follow it.
2. Customers are then served in an order drawn by key. The set of a customer holds the actions that still fit when it
   is their turn, and the planned action is replaced by the next best that fits if it does not. Both are known before
   the customer's own draw and hang on nothing but the draws of those who went before: given those, the propensities
   are exact (a sequential design), and weights 1 / propensity are unbiased.
3. What is taken never passes a limit: nobody is served what does not fit.
4. Exploration may take a share eps of a limit, or what the plan leaves if that is more; after that the sets of those
   who are still to come hold only what takes nothing of it. Who comes early is drawn by key, so the others are a
   fair sample. Whose set holds ``none`` only is not drawn, and follows the plan for sure.

Without budgets and stock nothing competes, and a decision depends on the customer alone.

References
----------
Hadad, Hirshberg, Zhan, Wager & Athey (2021), Confidence intervals for policy evaluation in adaptive experiments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.actions.keyed_draws import keyed_uniform
from models.policies.knapsack import Demand, Plan, plan
from models.policies.resources import Resources
from models.policies.rule import BoolArray, IntArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Draws:
    """What chance says of each customer: a function of the customer, the moment and the version alone.

    Attributes
    ----------
    explore : array
        Below eps: the action is drawn.
    which : array
        Which one: ``floor(which x size of the set)``, actions in the order none, then by name.
    turn : array
        Who is served first where there is not enough for all.
    """

    explore: FloatArray
    which: FloatArray
    turn: FloatArray

    @classmethod
    def of(cls, customers: IntArray, decided_us: int | None, version: str) -> Draws:
        """Draw for customers at a moment under a version of the policy.

        Examples
        --------
        >>> one, both = Draws.of(np.array([7]), 5, "v1"), Draws.of(np.array([8, 7]), 5, "v1")
        >>> bool(one.which[0] == both.which[1])
        True
        """
        parts = ("explore", "which", "turn")
        return cls(*(keyed_uniform(customers, part, decided_us, version) for part in parts))


@dataclass(frozen=True)
class Served:
    """One action per customer, and the chance of every one it might have been.

    Attributes
    ----------
    action, planned : int array, one per customer
        What was done, and what would have been without a draw.
    explore : bool array, one per customer
        Whether it was drawn.
    propensity : array (customers, arms)
        Sums to 1; above 0 exactly where the action was possible.
    gone_by : int16 array (customers, arms)
        Resource (from 1) of which too little was left; 0: it fitted.
    prices : array (resources,)
        Priority per millionth.
    """

    action: IntArray
    planned: IntArray
    explore: BoolArray
    propensity: FloatArray
    gone_by: NDArray[np.int16]
    prices: FloatArray


def drawn(eligible: BoolArray, which: FloatArray) -> IntArray:
    """Pick one of each customer's eligible actions, all with the same chance.

    Parameters
    ----------
    eligible : bool array (customers, arms)
        At least one in each row.
    which : array in [0, 1), one per customer

    Examples
    --------
    >>> drawn(np.array([[True, False, True]] * 2), np.array([0.4, 0.6])).tolist()
    [0, 2]
    """
    size = eligible.sum(axis=1)
    wanted = np.minimum((which * size).astype(np.int64), size - 1) + 1
    picked: IntArray = np.argmax(np.cumsum(eligible, axis=1) >= wanted[:, None], axis=1)
    return picked


def propensities(planned: IntArray, eligible: BoolArray, epsilon: float) -> FloatArray:
    """Chance of every action: (1 - eps) for the planned one, eps shared by the eligible ones, if there are two.

    Examples
    --------
    >>> propensities(np.array([2]), np.array([[True, False, True]]), 0.1).round(3).tolist()
    [[0.05, 0.0, 0.95]]
    """
    size = eligible.sum(axis=1)
    by_draw = np.where(size > 1, epsilon, 0.0)
    chance: FloatArray = eligible * (by_draw / size)[:, None]
    chance[np.arange(len(planned)), planned] += 1.0 - by_draw
    return chance


def serve(
    priority: FloatArray, place: IntArray, eligible: BoolArray, given: Resources, draws: Draws, epsilon: float
) -> Served:
    """Plan, draw, and serve everybody within the limits.

    Parameters
    ----------
    priority : array (customers, arms)
        0 for ``none``, -inf where the plan may not choose.
    place : int array, one per customer
        Row of ``given.uses``.
    eligible : bool array (customers, arms)
        What may be drawn before anything runs out; ``none`` always.
    given : Resources
    draws : Draws
    epsilon : float
    """
    order = np.lexsort((place, draws.which, draws.turn))
    turn = np.empty(len(order), dtype=np.int64)
    turn[order] = np.arange(len(order))
    demand = Demand(priority, place, given, turn)
    found, explore_limits = _planned(demand, eligible, epsilon)
    line = _Line(demand, found, eligible[order], draws, epsilon, order)
    line.serve(explore_limits)
    return line.served()


def _planned(demand: Demand, eligible: BoolArray, epsilon: float) -> tuple[Plan, IntArray]:
    """Make the plan, and say what exploration may take: known before anything is drawn."""
    limits = demand.resources.limits
    if not epsilon or not len(limits):
        return plan(demand, limits), limits
    need = _need(eligible, demand.place, demand.resources, epsilon)
    share = np.floor(epsilon * limits).astype(np.int64)
    left = limits - np.minimum(need, share)
    first = plan(demand, left)
    spare = np.maximum(share, limits - _use(demand, first))
    chance = epsilon * _part_drawn(demand, eligible, need, spare)
    followed = _followed(demand, first, chance) / np.maximum(_use(demand, first), 1)
    found = plan(demand, np.floor(left / np.where(followed > 0, followed, 1.0)).astype(np.int64))
    expected = np.ceil(_followed(demand, found, chance)).astype(np.int64)
    return found, np.maximum(share, limits - expected)


def _part_drawn(demand: Demand, eligible: BoolArray, need: IntArray, spare: IntArray) -> FloatArray:
    """Tell how much of the line can be drawn: all of it where something stays open that takes nothing scarce."""
    short = need > spare
    part = float(np.min(spare / np.maximum(need, 1), where=short, initial=1.0))
    scarce: BoolArray = np.asarray((demand.resources.uses[:, :, short] > 0).any(axis=2))
    stays = (eligible & ~scarce[demand.place]).sum(axis=1) > 1
    return np.where(stays, 1.0, part)


def _followed(demand: Demand, found: Plan, chance: FloatArray) -> FloatArray:
    """Sum what the plan is expected to take, less that of customers who will be drawn instead."""
    taken = np.zeros(len(demand.resources.names))
    for one in np.unique(chance):
        rows = chance == one
        taken += (1.0 - one) * demand.resources.used(demand.place[rows], found.action[rows])
    return taken


def _use(demand: Demand, found: Plan) -> IntArray:
    return demand.resources.used(demand.place, found.action)


def _need(eligible: BoolArray, place: IntArray, given: Resources, epsilon: float) -> IntArray:
    """Sum what exploration is expected to need, known before anything is drawn."""
    need = np.zeros(len(given.names), dtype=np.int64)
    size = eligible.sum(axis=1)
    for number in range(len(given.names)):
        uses = given.uses[:, :, number][place]
        # Whole numbers, so that the sum is the same in any order.
        need[number] = np.ceil(epsilon * ((uses * eligible).sum(axis=1) // size).sum())
    return need


class _Line:
    """Customers in their order, served up to the next moment at which an action stops fitting."""

    def __init__(
        self, demand: Demand, found: Plan, eligible: BoolArray, draws: Draws, epsilon: float, order: IntArray
    ) -> None:
        self._order, self._epsilon, self._prices = order, epsilon, found.prices
        self._uses = demand.resources.uses
        self._limits = demand.resources.limits
        self._place = demand.place[order]
        self._reduced = demand.reduced(found.prices)[order]
        self._planned = found.action[order]
        self._eligible = eligible
        self._which = draws.which[order]
        self._called = draws.explore[order] < epsilon
        self._explore = self._called.copy()
        self._action = self._planned.copy()
        self._gone_by = np.zeros(eligible.shape, dtype=np.int16)

    def serve(self, explore_limits: IntArray) -> None:
        """Serve everybody; ``explore_limits``: what those who are drawn may take together."""
        total = np.zeros(len(self._limits), dtype=np.int64)
        by_draw = total.copy()
        start = 0
        while start < len(self._order):
            gone = self._gone(total, self._limits)
            gone_draw = np.where(gone > 0, gone, self._gone(by_draw, explore_limits))
            self._decide(slice(start, None), gone, gone_draw)
            taken = self._uses[self._place[start:], self._action[start:]]
            drawn_taken = taken * self._explore[start:, None]
            before, before_draw = (_before(one) for one in (taken, drawn_taken))
            stop = min(
                self._until(total + before, self._limits, gone),
                self._until(by_draw + before_draw, explore_limits, gone_draw),
            )
            if stop < len(taken):
                total = total + before[stop]
                by_draw = by_draw + before_draw[stop]
            start += stop

    def served(self) -> Served:
        """Put everybody back in the order in which they came."""
        back = np.empty(len(self._order), dtype=np.int64)
        back[self._order] = np.arange(len(self._order))
        chance = propensities(self._planned, self._eligible, self._epsilon)
        return Served(
            self._action[back], self._planned[back], self._explore[back], chance[back],
            self._gone_by[back], self._prices,
        )  # fmt: skip

    def _gone(self, used: IntArray, limits: IntArray) -> NDArray[np.int16]:
        """Give per phase and arm the resource (from 1) of which too little is left; 0: it fits."""
        if not len(limits):
            return np.zeros(self._uses.shape[:2], dtype=np.int16)
        over = (self._uses > 0) & (self._uses > limits - used)
        return np.where(over.any(axis=2), over.argmax(axis=2) + 1, 0).astype(np.int16)

    def _decide(self, rows: slice, gone: NDArray[np.int16], gone_draw: NDArray[np.int16]) -> None:
        """Decide on everybody from here on as if nothing more ran out."""
        place = self._place[rows]
        self._gone_by[rows] = gone[place]
        lacking = gone[place, self._planned[rows]] > 0
        if lacking.any():
            fits = np.where(gone[place] > 0, -np.inf, self._reduced[rows])
            self._planned[rows] = np.where(lacking, np.argmax(fits, axis=1), self._planned[rows])
        self._eligible[rows] &= gone_draw[place] == 0
        self._explore[rows] = self._called[rows] & (self._eligible[rows].sum(axis=1) > 1)
        picked = drawn(self._eligible[rows], self._which[rows])
        self._action[rows] = np.where(self._explore[rows], picked, self._planned[rows])

    def _until(self, used: IntArray, limits: IntArray, gone: NDArray[np.int16]) -> int:
        """Count who is served before one of the actions that still fit stops fitting."""
        stop = len(used)
        for number, limit in enumerate(limits):
            fitting = self._uses[:, :, number][gone == 0]
            largest = int(fitting.max()) if len(fitting) else 0
            if largest:
                stop = min(stop, int(np.searchsorted(used[:, number], limit - largest, side="right")))
        return stop


def _before(taken: IntArray) -> IntArray:
    """Give what those before each customer took together."""
    before: IntArray = np.cumsum(taken, axis=0) - taken
    return before
